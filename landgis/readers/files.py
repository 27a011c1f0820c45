"""Open a file, folder or archive of any format: its layers as frames, with encoding, CRS and what was noticed on the way.

The file itself is read by another process (`landgis.readers.jail`): what a file is, is told by its first bytes and not by its name,
because GDAL opens by content, and whatever it is, it was written by somebody else.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyproj
import shapely

from landgis.readers.coordinates import Extent, looks_lonlat, settled, system_of
from landgis.readers.formats import reader_of
from landgis.readers.jail import read_in_jail
from landgis.readers.sheets import Note, Sheet
from landgis.readers.vector import SIDECARS, sidecars
from landgis.terms.errors import InputError, Words

Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer or sheet as the file has it.

    Parameters
    ----------
    file
        Name of the file without folders; for a member of an archive ``archive.zip/member``.
    name
        Name of the layer or sheet; a CSV's is the file's without its ending.
    rows
        The columns as given. Texts stay texts, and every value of a CSV or workbook is a text. The index is the row as the user sees
        it: from 1 in a layer, the row of the sheet in a workbook or CSV (where the header is a row too).
    shapes
        Shapely geometries in the order of `rows`, two-dimensional, x first; None where the layer has none.
    crs
        What the file states, the user gave, or the coordinates prove; None where nobody knows.
    encoding
        Of its texts, as the file states or its bytes tell.
    notes
        What was joined, renamed, turned or left out while it was read; each becomes an issue.
    above
        What stands above the header of a sheet: its title, the unit of its figures, who filled it in.
    """

    file: str
    name: str
    rows: pd.DataFrame
    shapes: Shapes | None
    crs: pyproj.CRS | None
    encoding: str | None = None
    notes: tuple[Note, ...] = ()
    above: str = ""

    @property
    def first_row(self) -> int:
        """The row of the first record as the user sees it; 1 where there is no record."""
        return int(self.rows.index[0]) if len(self.rows) else 1


_NO_SHAPES: Final = np.empty(0, dtype=object)


def read_layers(
    path: Path,
    *,
    crs: str | None = None,
    encoding: str | None = None,
    assumed_crs: str | None = None,
    park: Extent | None = None,
    is_asking: bool = True,
) -> list[Layer]:
    """Read every layer or sheet of a file.

    Parameters
    ----------
    path
        A file of one of `landgis.readers.formats.FORMATS`, or a folder of such.
    crs
        The coordinate reference system, where the file states none (``"EPSG:4549"``).
    encoding
        The text encoding of a CSV or shapefile, where it is neither stated nor to be told from the bytes.
    assumed_crs
        That of the profile, for files that state none and where the user gives none.
    park
        The extent of the park that the shapes belong to (degrees), which may tell which of several systems is meant.
    is_asking
        False: where coordinates fit several systems, the layer's is None, and nothing is refused for it.

    Returns
    -------
    list of Layer
        In the order of the file; at least one, and at least one of them with a row.

    Raises
    ------
    InputError
        No such file, no permission, not what its name says, unreadable, unsafe, empty, a CRS that contradicts the stated one.
    CoordinatesError
        The coordinates fit several systems; it names them.
    """
    given = system_of(crs) if crs else None
    assumed = system_of(assumed_crs) if assumed_crs else None
    _openable(path)
    reader_of(path, path.name)
    layers = []
    for sheet in read_in_jail(path, path.name, encoding, _size(path)):
        layers.append((_layer(sheet), sheet))
    found = [replace(layer, notes=tuple(sheet.notes)) for layer, sheet in layers]
    if not any(len(layer.rows) for layer in found):
        raise InputError(
            Words("文件中没有可读的数据行。", "The file holds no row that could be read."),
            at=f"{path.name}: {', '.join(layer.name for layer in found) or '-'}",
            why=Words("空图层导入后会被当作“没有变化”。", "An empty layer would pass for “nothing has changed”."),
            mend=Words(
                "检查导出时是否选中了要素或正确的图层。", "Check that the export held the features and the right layer."
            ),
        )
    return [_settled(layer, given, assumed, park, is_asking) for layer in found]


def _settled(
    layer: Layer, given: pyproj.CRS | None, assumed: pyproj.CRS | None, park: Extent | None, is_asking: bool
) -> Layer:
    if layer.shapes is None:
        return layer
    at = f"{layer.file}: {layer.name}"
    shapes, crs, notes = settled(
        layer.shapes, layer.crs, at, given=given, assumed=assumed, park=park, is_asking=is_asking
    )
    return replace(layer, shapes=shapes, crs=crs, notes=(*layer.notes, *notes))


def content_hash(path: Path) -> str:
    """Give the SHA-256 of a file's bytes, in hexadecimal; for a shapefile of its sidecars too, in a fixed order, for a folder of all in it.

    Raises
    ------
    InputError
        There is no such file or it may not be read.
    """
    _openable(path)
    digest = hashlib.sha256()
    files = [path]
    if path.is_dir():
        files = _files_of(path)
    elif path.suffix.lower() == ".shp":
        parts = sidecars(path)
        files = [parts[ending] for ending in SIDECARS if ending in parts]
    for file in files:
        if path.is_dir():
            digest.update(str(file.relative_to(path)).encode() + b"\x00")
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _files_of(folder: Path) -> list[Path]:
    """List the files that a folder's reader may open: its own, and those of geodatabases in it."""
    own = [one for one in folder.iterdir() if one.is_file()]
    bases = [one for one in folder.iterdir() if one.is_dir() and one.suffix.lower() == ".gdb"]
    return sorted([*own, *(part for base in bases for part in base.iterdir() if part.is_file())])


def _size(path: Path) -> int:
    """Give the bytes that are read, sidecars and all in a folder too."""
    if path.is_dir():
        return sum(one.stat().st_size for one in _files_of(path))
    parts = {path, *sidecars(path).values()} if path.suffix.lower() in (".shp", ".tab", ".mif") else {path}
    return sum(one.stat().st_size for one in parts)


def _openable(path: Path) -> None:
    """Refuse what is no file of this machine, is not there, may not be read, or is empty."""
    text = str(path)
    if "://" in text or re.match(r"/vsi[a-z0-9_]+[/?]", text) or re.match(r"(https?|ftp|s3|gs):", text):
        raise InputError(
            Words("只读取本机上的文件。", "Only files on this machine are read."),
            at=text,
            why=Words("地址会让服务去访问别的主机。", "An address would make the service call another host."),
            mend=Words("先下载，再导入本地文件。", "Fetch it first, then take in the local file."),
        )
    try:
        if path.is_dir():
            if not _files_of(path):
                raise InputError(
                    Words("文件夹里没有文件。", "There is no file in this folder."),
                    at=text,
                    mend=Words("给出文件，或放有文件的文件夹。", "Name a file, or the folder in which the files are."),
                )
            return
        if path.exists() and not path.is_file():
            raise InputError(
                Words("这不是普通文件。", "This is no regular file."),
                at=text,
                mend=Words("给出磁盘上的文件。", "Name a file on a disk."),
            )
        with path.open("rb") as stream:
            head = stream.read(1)
    except FileNotFoundError:
        raise InputError(
            Words("找不到文件。", "There is no such file."),
            at=text,
            mend=Words("检查路径和文件名。", "Check the path and the name."),
        ) from None
    except PermissionError:
        raise InputError(
            Words("没有读取该文件的权限。", "This file may not be read."),
            at=text,
            mend=Words(
                "给当前用户读取权限，或复制到可读的位置。",
                "Give the current user the right to read it, or copy it elsewhere.",
            ),
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(
            Words("文件无法打开。", "The file cannot be opened."),
            at=text,
            why=Words(str(error), str(error)),
            mend=Words("检查路径和文件名。", "Check the path and the name."),
        ) from error
    if not head:
        raise InputError(
            Words("文件是空的。", "The file is empty."),
            at=text,
            mend=Words("重新导出或重新传输。", "Export or transfer it again."),
        )


# --- frames out of the jail ---------------------------------------------------------------------------------------------------


def _layer(sheet: Sheet) -> Layer:
    """Take a sheet over: shapes are made of the first rows while the jail reads the next."""
    batches, shapes = [], []
    for batch in sheet.batches:
        if sheet.has_shapes:
            place = batch.num_columns - 1
            wkb = batch.column(place).to_numpy(zero_copy_only=False)
            with np.errstate(invalid="ignore"):  # a corner that is no number is told with its row
                shapes.append(_flat(shapely.from_wkb(wkb, on_invalid="ignore")))
            batch = batch.remove_column(place)
        batches.append(batch)
    schema = sheet.schema.remove(len(sheet.schema) - 1) if sheet.has_shapes else sheet.schema
    table = pa.Table.from_batches(batches, schema).combine_chunks()
    all_shapes = np.concatenate([_NO_SHAPES, *shapes]) if sheet.has_shapes else None
    return Layer(
        sheet.file,
        sheet.name,
        _frame(table, sheet.has_numbers),
        all_shapes,
        _stated(sheet.crs, all_shapes),
        sheet.encoding,
        above=sheet.above,
    )


def _flat(shapes: Any) -> Shapes:  # noqa: ANN401 - shapely tells no types
    """Drop heights and measures."""
    return np.asarray(shapely.force_2d(shapes) if shapely.has_z(shapes).any() else shapes, dtype=object)


def _frame(table: pa.Table, has_numbers: bool) -> pd.DataFrame:
    """Take columns over without loss: whole numbers with holes must not become floats, or codes lose their last digits."""
    nullable: dict[pa.DataType, Any] = {
        pa.bool_(): pd.BooleanDtype(),
        pa.int8(): pd.Int64Dtype(),
        pa.int16(): pd.Int64Dtype(),
        pa.int32(): pd.Int64Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.string(): pd.StringDtype("pyarrow", na_value=np.nan),
        pa.large_string(): pd.StringDtype("pyarrow", na_value=np.nan),
    }
    numbers = table.column(0).to_numpy() if has_numbers else None
    table = table.remove_column(0) if has_numbers else table
    rows: pd.DataFrame = table.to_pandas(types_mapper=nullable.get, date_as_object=False)
    rows.index = (
        pd.RangeIndex(1, len(rows) + 1, name="row") if numbers is None else pd.Index(numbers, dtype="int64", name="row")
    )
    return rows


def _stated(text: str | None, shapes: Shapes | None) -> pyproj.CRS | None:
    if not text:
        return None
    if text == "lonlat":
        return pyproj.CRS.from_epsg(4326) if looks_lonlat(shapes) else None
    try:
        crs = pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError:
        return None
    # A GeoPackage says "undefined" by two numbers, which GDAL gives as an engineering or nameless system.
    return None if crs.is_engineering or "undefined" in crs.name.lower() else crs
