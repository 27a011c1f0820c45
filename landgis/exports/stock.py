"""The stock as it stands, under our own names: a GeoPackage or workbook that an import takes in again."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyogrio
import xlsxwriter

from landgis.exports.files import write_whole
from landgis.terms.crs import STORED
from landgis.terms.errors import InputError, SetupError, Words
from landgis.terms.frames import STOCK, Table

#: A cell of Excel holds so many characters; a shape as text may need more.
CELL_MOST: Final = 32_767


def write_stock(frames: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write tables of the stock to ``.gpkg`` (a layer a table) or ``.xlsx`` (a sheet a table, shapes as text): whole or not at all.

    Parameters
    ----------
    frames
        By table, in the columns of ``terms.frames``; empty ones are left out.

    Raises
    ------
    InputError
        The file's ending is neither, or a shape is too large for a cell.
    SetupError
        The file cannot be written.

    Notes
    -----
    What such a file cannot hold: lists of texts are written with ``;`` between their parts, and a cell of a workbook holds shapes of up to
    about 800 corners.
    """
    tables = [(table, frames[table.name]) for table in STOCK if table.name in frames and len(frames[table.name])]
    writers = {".gpkg": _geopackage, ".xlsx": _workbook}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise InputError(
            Words("不支持这种格式。", "The stock cannot be written in this format."),
            at=path.name,
            mend=Words("文件名以 .gpkg 或 .xlsx 结尾。", "End the name in .gpkg or .xlsx."),
        )
    handle, name = tempfile.mkstemp(suffix=path.suffix.lower())
    os.close(handle)
    made = Path(name)
    try:
        made.unlink()
        writer(tables, made)
        write_whole(path, made.read_bytes())
    except pyogrio.errors.DataSourceError as error:
        raise SetupError(
            Words("文件写不出来。", "The file cannot be written."), at=str(path), why=Words(str(error), str(error))
        ) from error
    finally:
        made.unlink(missing_ok=True)


def _geopackage(tables: list[tuple[Table, pd.DataFrame]], path: Path) -> None:
    for table, frame in tables:
        plain = _plain(table, frame)
        shape = next((column.name for column in table.columns if column.kind == "geometry"), None)
        if shape is None:
            pyogrio.write_dataframe(plain, path, layer=table.name, driver="GPKG")
            continue
        drawn = gpd.GeoDataFrame(plain.assign(**{shape: frame[shape].to_numpy()}), geometry=shape, crs=STORED)
        pyogrio.write_dataframe(
            drawn, path, layer=table.name, driver="GPKG", geometry_type="MultiPolygon", layer_options={"GEOMETRY_NAME": shape}
        )  # fmt: skip


def _workbook(tables: list[tuple[Table, pd.DataFrame]], path: Path) -> None:
    stays = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, stays) as book:
        for table, frame in tables:
            sheet = book.add_worksheet(table.name)
            sheet.freeze_panes(1, 0)
            plain = _plain(table, frame)
            for column in table.columns:
                if column.kind == "geometry":
                    plain["WKT"] = [None if one is None else one.wkt for one in frame[column.name]]
            for place, name in enumerate(plain.columns):
                sheet.write_string(0, place, name)
                for line, value in enumerate(plain[name], start=1):
                    _cell(sheet, line, place, value, f"{table.name}.{name}")


def _cell(sheet: Any, line: int, place: int, value: object, at: str) -> None:  # noqa: ANN401 - xlsxwriter tells no types
    if value is None or value is pd.NA or value != value:
        return
    if isinstance(value, float | int) and not isinstance(value, bool):
        # As text: Excel's own numbers lose what is beyond 15 digits.
        value = repr(float(value)) if isinstance(value, float) else str(value)
    text = str(value)
    if len(text) > CELL_MOST:
        raise InputError(
            Words("图形太复杂，一个单元格放不下。", "A shape is too large for a cell."),
            at=f"{at}, row {line + 1}",
            mend=Words("改用 .gpkg。", "Write .gpkg."),
        )
    sheet.write_string(line, place, text)


def _plain(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Give the columns but the shapes as values a file can hold; the drawn area is measured again by every import."""
    columns: dict[str, Any] = {}
    for column in table.columns:
        if column.kind == "geometry" or column.name == "geom_area_m2":
            continue
        values = frame[column.name]
        if column.kind == "texts":
            columns[column.name] = pd.Series(
                [None if one is None else ";".join(one) for one in values], index=frame.index, dtype="str"
            )
        elif column.kind == "date":
            columns[column.name] = values.dt.strftime("%Y-%m-%d").astype("str")
        elif column.kind == "boolean":
            columns[column.name] = values.map({True: "true", False: "false"}).astype("str")
        else:
            columns[column.name] = values
    return pd.DataFrame(columns, index=frame.index)
