"""The tables people send on 台账: workbook, GeoPackage, GeoJSON, CSV, shapefile."""

import io
import os
import re
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import geopandas as gpd
import pandas as pd
import pyogrio
import xlsxwriter

from landgis.exports.files import write_whole
from landgis.terms.crs import STORED
from landgis.terms.errors import InputError, SetupError, Words
from landgis.terms.frames import ANSWER, SEVERITY, STOCK, TRACK, Column, Table
from landgis.terms.issues import LIST_WORDS
from landgis.terms.units import M2_PER_MU

Language = Literal["zh", "en"]

#: The ledger's columns in their order: our name, and what the sheet's head says.
COLUMNS: Final[Mapping[str, Words]] = {
    "park_code": Words("园区代码", "Park"),
    "parcel_no": Words("地块编号", "Parcel"),
    "location": Words("坐落", "Location"),
    "owner_name": Words("土地使用权人", "Holder of the right"),
    "enterprises": Words("用地企业", "Enterprises"),
    "area_m2": Words("图形面积（㎡）", "Drawn area (m²)"),
    "area_mu": Words("图形面积（亩）", "Drawn area (mu)"),
    "cert_area_m2": Words("登记面积（㎡）", "Registered area (m²)"),
    "landuse_code": Words("现状用途", "Land use"),
    "landuse_scheme": Words("用途分类标准", "Land-use scheme"),
    "answer": Words("处置建议", "Answer"),
    "gate": Words("判定关口", "Gate"),
    "reason": Words("理由", "Reason"),
    "track": Words("法定路径", "Statutory track"),
    "suspected": Words("疑似项数", "Tests that suspect it"),
    "tests": Words("疑似项", "Suspected by"),
    "grade": Words("评价等级", "Grade"),
    "possible": Words("可能等级", "Grades still possible"),
    "total": Words("总分", "Total"),
    "total_low": Words("总分下限", "Total, least"),
    "total_high": Words("总分上限", "Total, most"),
    "reliability": Words("可信度", "Reliability"),
    "freeable_m2": Words("可腾出面积（㎡）", "Area that could be freed (m²)"),
    "upgrade_m2": Words("提容潜力（㎡）", "Area that could be won by building up (m²)"),
}
#: A shapefile's names have ten signs at most.
_SHORT: Final = {
    "park_code": "park", "parcel_no": "parcel_no", "location": "location", "owner_name": "owner", "enterprises": "firms",
    "area_m2": "area_m2", "area_mu": "area_mu", "cert_area_m2": "cert_m2", "landuse_code": "landuse", "landuse_scheme": "lu_scheme",
    "answer": "answer", "gate": "gate", "reason": "reason", "track": "track", "suspected": "suspected", "tests": "tests",
    "grade": "grade", "possible": "possible", "total": "total", "total_low": "total_low", "total_high": "total_high",
    "reliability": "reliable", "freeable_m2": "free_m2", "upgrade_m2": "upgrade_m2",
}  # fmt: skip
_WIDTHS: Final = {"owner_name": 26, "enterprises": 30, "location": 24, "reason": 60, "tests": 40}
#: What comes from files is text and stays text: no formula, no link.
TEXT_STAYS_TEXT: Final = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_CAUTION: Final = Words(
    "本表为疑似线索与初筛建议，须经核实、认定后方可作为处置依据。",
    "These are suspicions and first proposals; they bind nobody before they are verified and recognised.",
)


@dataclass(frozen=True)
class LedgerHead:
    """What stands on the ledger's second sheet: label and value, one below the other."""

    title: Words
    lines: Sequence[tuple[Words, str]]


def lay_out(
    judged: pd.DataFrame, reasons: "pd.Series[str]", tests: "pd.Series[str]", language: Language
) -> gpd.GeoDataFrame:
    """Bring a run's parcels to the ledger's columns, codes put into words.

    Parameters
    ----------
    judged
        Columns as `landgis.store.runs.read_ledger` gives them.
    reasons, tests
        The reason and the tests of each row in words, same index.
    language
        Of the words for answers and tracks.

    Returns
    -------
    GeoDataFrame
        The columns of `COLUMNS` and ``geom``, EPSG:4490.
    """
    say = {code: getattr(words, language) for code, words in {**ANSWER, **TRACK}.items()}
    table = judged.assign(
        area_mu=judged["area_m2"] / float(M2_PER_MU),
        answer=judged["answer"].map(say),
        track=judged["track"].map(say),
        reason=reasons,
        tests=tests,
    )
    return gpd.GeoDataFrame(table[[*COLUMNS, "geom"]], geometry="geom", crs=STORED)


def write_ledger(table: gpd.GeoDataFrame, head: LedgerHead, path: Path, language: Language) -> None:
    """Write a ledger, whole or not at all.

    The ending says as what: ``.xlsx``, ``.gpkg``, ``.geojson``, ``.csv``, ``.gdb.zip`` (a file geodatabase), ``.zip`` (a shapefile).

    Raises
    ------
    InputError
        The file's ending is none of these.
    SetupError
        The folder cannot be written to, or the disk is full.
    """
    writers = {
        ".xlsx": _write_workbook,
        ".gpkg": _write_geopackage,
        ".geojson": _write_geojson,
        ".csv": _write_csv,
        ".gdb.zip": _write_geodatabase,
        ".zip": _write_shapefile,
    }
    writer = next((one for ending, one in writers.items() if path.name.lower().endswith(ending)), None)
    if writer is None:
        raise InputError(
            Words("不支持这种台账格式。", "A ledger cannot be written in this format."),
            at=path.name,
            mend=Words(
                "文件名以 .xlsx、.gpkg、.geojson、.csv、.gdb.zip（文件地理数据库）或 .zip（shapefile）结尾。",
                "End the name in .xlsx, .gpkg, .geojson, .csv, .gdb.zip (a file geodatabase) or .zip (a shapefile).",
            ),
        )
    try:
        with tempfile.TemporaryDirectory(prefix=".ledger-", dir=path.parent) as folder:
            made = Path(folder) / path.name
            writer(table, head, made, language)
            os.replace(made, path)
    except (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError) as error:
        raise SetupError(
            Words("台账写不出来。", "The ledger cannot be written."),
            at=str(path),
            why=Words(str(error), str(error)),
            mend=Words(
                "换一个可写的文件夹，或腾出磁盘空间。", "Choose a folder that can be written to, or free some space."
            ),
        ) from error


def write_issues(
    issues: pd.DataFrame, path: Path, language: Language, rows: Mapping[tuple[str, str], pd.DataFrame] | None = None
) -> None:
    """Write a batch's issues to ``.xlsx`` or ``.csv``, a row each: whole or not at all.

    Parameters
    ----------
    issues
        Columns as `landgis.terms.frames.ISSUE_COLUMNS`, and those of `landgis.terms.issues.MENDING_COLUMNS` where they are to be filled in.
    rows
        The file's own rows behind them, by file and layer, indexed by the row's number: a sheet each in a workbook, those cells marked of
        which an issue speaks of.

    Raises
    ------
    InputError
        The file's ending is neither.
    SetupError
        The file cannot be written.
    """
    table = issues.assign(
        severity=issues["severity"].map({code: getattr(one, language) for code, one in SEVERITY.items()})
    )
    table = table.drop(columns="en" if language == "zh" else "zh")
    title = "问题清单" if language == "zh" else "Issues"
    if path.suffix.lower() != ".xlsx":
        write_list(table, path, title)
        return
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {**TEXT_STAYS_TEXT, "in_memory": True}) as book:
        to_fill = book.add_format({"bg_color": "#FFF7D6", "border": 1, "border_color": "#D9D9D9"})
        names = {name: getattr(LIST_WORDS[name], language) for name in table.columns}
        sheet = _plain_sheet(book, title, _said(table, language).rename(columns=names))
        for place, name in enumerate(table.columns):
            if name in ("zh", "en"):
                sheet.set_column(place, place, 60)
            if name in ("corrected", "mend_reason", "mend_evidence"):
                sheet.set_column(place, place, 22)
                for line in range(1, len(table) + 1):
                    sheet.write_blank(line, place, None, to_fill)
        sheet.autofilter(0, 0, max(len(table), 1), len(table.columns) - 1)
        for number, ((file, layer), given) in enumerate((rows or {}).items(), start=1):
            _plain_sheet(book, _sheet_name(number, layer), given.rename_axis("row").reset_index().assign(file=file))
    write_whole(path, held.getvalue())


def _said(issues: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Put a table's and a field's words before their codes, 登记面积（cert_area_m2）: a list that comes back is read by the codes."""
    tables = {table.name: table for table in STOCK}

    def said(code: Any, words: Table | Column | None) -> Any:  # noqa: ANN401 - a text, or unknown
        left, right = ("（", "）") if language == "zh" else (" (", ")")
        return f"{getattr(words, language)}{left}{code}{right}" if words is not None else code

    fields = [
        said(field, tables[table].by_name.get(field) if table in tables else None)
        for table, field in zip(issues["table_name"], issues["field"], strict=True)
    ]
    return issues.assign(table_name=[said(one, tables.get(one)) for one in issues["table_name"]], field=fields)


def _sheet_name(number: int, layer: str) -> str:
    """Name a sheet after a layer, as Excel allows it: 31 characters, and no brackets, colons, stars, marks or strokes."""
    return f"{number} " + re.sub(r"[\[\]:*?/\\']", "_", layer)[:26]


def _plain_sheet(book: Any, title: str, table: pd.DataFrame) -> Any:  # noqa: ANN401 - xlsxwriter tells no types
    """Add a sheet with a frozen head; unknown is empty, text stays text, and so does a day: bare, it would be a number."""
    sheet = book.add_worksheet(title)
    sheet.freeze_panes(1, 0)
    for place, name in enumerate(table.columns):
        values = table[name].astype(object)
        sheet.write_string(0, place, str(name))
        for line, value in enumerate(values.where(values.notna(), None), start=1):
            if isinstance(value, bool | int | float) and abs(value) < 1e15:
                sheet.write(line, place, value)
            elif value is not None:
                sheet.write_string(line, place, str(value)[:32_767])
    return sheet


def write_list(table: pd.DataFrame, path: Path, title: str) -> None:
    """Write a plain table to ``.xlsx`` (one sheet of this title) or ``.csv``: whole or not at all; unknown is empty.

    Raises
    ------
    InputError
        The file's ending is neither.
    SetupError
        The file cannot be written.
    """
    if path.suffix.lower() == ".csv":
        content = _csv(table.astype(object).where(table.notna(), ""))
    elif path.suffix.lower() == ".xlsx":
        held = io.BytesIO()
        with xlsxwriter.Workbook(held, {**TEXT_STAYS_TEXT, "in_memory": True}) as book:
            _plain_sheet(book, title, table)
        content = held.getvalue()
    else:
        raise InputError(
            Words("不支持这种清单格式。", "A list cannot be written in this format."),
            at=path.name,
            mend=Words("文件名以 .xlsx 或 .csv 结尾。", "End the name in .xlsx or .csv."),
        )
    write_whole(path, content)


def _csv(table: pd.DataFrame) -> bytes:
    """Write a table as CSV that Excel takes for UTF-8 (the mark at the beginning) and no cell of it for a formula (the stroke)."""
    signs = ("=", "+", "-", "@", "\t", "\r")
    safe = table.map(lambda value: f"'{value}" if isinstance(value, str) and value.startswith(signs) else value)
    return safe.to_csv(index=False).encode("utf-8-sig")


def _write_csv(table: gpd.GeoDataFrame, head: LedgerHead, path: Path, language: Language) -> None:
    said = pd.DataFrame(table[list(COLUMNS)]).astype(object)
    said = said.where(said.notna(), "").rename(
        columns={name: getattr(words, language) for name, words in COLUMNS.items()}
    )
    path.write_bytes(_csv(said))


def _write_shapefile(table: gpd.GeoDataFrame, head: LedgerHead, path: Path, language: Language) -> None:
    """Write a zip of a shapefile in UTF-8: names of ten signs, their meaning beside them in fields.txt."""
    short = {name: words for name, words in _SHORT.items() if name in table}
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        shape = Path(folder) / "ledger.shp"
        pyogrio.write_dataframe(
            table[[*short, "geom"]].rename(columns=short), shape, driver="ESRI Shapefile", encoding="UTF-8"
        )
        _pack(Path(folder), path, short, head, language)


def _write_geodatabase(table: gpd.GeoDataFrame, head: LedgerHead, path: Path, language: Language) -> None:
    """Write a zip of a file geodatabase, and what its fields mean in fields.txt."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        pyogrio.write_dataframe(
            table, Path(folder) / "ledger.gdb", layer="ledger", driver="OpenFileGDB", promote_to_multi=True
        )
        _pack(Path(folder), path, {name: name for name in COLUMNS}, head, language)


def _pack(folder: Path, path: Path, fields: Mapping[str, str], head: LedgerHead, language: Language) -> None:
    """Put the files of a folder into a zip, and beside them what the fields mean and what the ledger is of."""
    lines = [f"{fields[name]}\t{getattr(words, language)}" for name, words in COLUMNS.items()]
    about = [f"{getattr(label, language)}: {text}" for label, text in head.lines]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in sorted(one for one in folder.rglob("*") if one.is_file()):
            packed.write(part, part.relative_to(folder))
        packed.writestr("fields.txt", "\n".join([*lines, "", getattr(_CAUTION, language), *about]) + "\n")


def fit_to_paper(sheet: Any) -> None:  # noqa: ANN401 - xlsxwriter tells no types
    """Have a sheet printed lying on A4, all its columns on one page, with its head on each."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.freeze_panes(1, 0)


def _write_workbook(table: gpd.GeoDataFrame, head: LedgerHead, path: Path, language: Language) -> None:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {**TEXT_STAYS_TEXT, "in_memory": True}) as book:
        bold = book.add_format(
            {"bold": True, "bg_color": "#E8EEF4", "border": 1, "text_wrap": True, "valign": "vcenter"}
        )
        area = book.add_format({"num_format": "#,##0.00"})
        sheet = book.add_worksheet("台账" if language == "zh" else "Ledger")
        fit_to_paper(sheet)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, len(table), len(COLUMNS) - 1)
        for place, (name, words) in enumerate(COLUMNS.items()):
            sheet.set_column(place, place, _WIDTHS.get(name, 14), area if name.endswith(("_m2", "_mu")) else None)
            sheet.write_string(0, place, getattr(words, language), bold)
        for line, values in enumerate(table[list(COLUMNS)].astype(object).itertuples(index=False), start=1):
            for place, value in enumerate(values):
                if isinstance(value, str):
                    sheet.write_string(line, place, value)
                elif not pd.isna(value):
                    sheet.write_number(line, place, float(value))
        notes = book.add_worksheet("说明" if language == "zh" else "About")
        notes.set_column(0, 0, 22)
        notes.set_column(1, 1, 90)
        notes.write_string(0, 0, getattr(head.title, language), book.add_format({"bold": True, "font_size": 14}))
        notes.write_string(1, 0, getattr(_CAUTION, language))
        for line, (label, text) in enumerate(head.lines, start=3):
            notes.write_string(line, 0, getattr(label, language))
            notes.write_string(line, 1, text)
    path.write_bytes(held.getbuffer())


def _write_geopackage(table: gpd.GeoDataFrame, head: LedgerHead, path: Path, language: Language) -> None:
    about = {getattr(label, language): text for label, text in head.lines}
    pyogrio.write_dataframe(
        table, path, layer="ledger", driver="GPKG", layer_metadata=about | {"caution": getattr(_CAUTION, language)}
    )


def _write_geojson(table: gpd.GeoDataFrame, head: LedgerHead, path: Path, language: Language) -> None:
    # RFC 7946 knows longitude and latitude only; CGCS2000 and WGS 84 agree to less than the drawing's own accuracy.
    pyogrio.write_dataframe(table.set_crs(4326, allow_override=True), path, driver="GeoJSON", RFC7946="YES")
