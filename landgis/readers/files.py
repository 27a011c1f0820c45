"""Open a shapefile, GeoPackage or workbook: encoding, CRS, header row.

What a file is, is told by its first bytes and not by its name, because GDAL opens by content: a file called ``parcels.geojson``
may be a list of other files to open, here or on another host. So the drivers we do not need are switched off before GDAL starts,
the first bytes must be those of the format that the name promises, and the driver that took the file must be the one expected.
"""

import csv
import hashlib
import io
import os
import re
import sqlite3
import stat
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np
import numpy.typing as npt
import openpyxl
import pandas as pd
import pyarrow as pa
import pyogrio
import pyogrio.errors
import pyproj
import shapely
from openpyxl.utils.exceptions import InvalidFileException

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
    """

    file: str
    name: str
    rows: pd.DataFrame
    shapes: Shapes | None
    crs: pyproj.CRS | None

    @property
    def first_row(self) -> int:
        """The row of the first record as the user sees it; 1 where there is no record."""
        return int(self.rows.index[0]) if len(self.rows) else 1


_ENDINGS: Final = (".gpkg", ".geojson", ".json", ".topojson", ".shp", ".zip", ".csv", ".txt", ".xlsx", ".xlsm")
_SIDECARS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_HEAD_BYTES: Final = 65_536
_ROWS_AT_ONCE: Final = 10_000
_NO_SHAPES: Final = np.empty(0, dtype=object)
_LAYERS_MOST: Final = 200
_COLUMNS_MOST: Final = 2_000
_HEADER_WITHIN: Final = 30

_MEMBERS_MOST: Final = 1_000
_INFLATED_MOST: Final = 2 * 1024**3
# Deflate reaches 1030:1; a DBF with wide empty columns reaches about 150:1. Below the free size a ratio harms nobody.
_RATIO_MOST: Final = 200
_RATIO_FREE: Final = 10 * 1024**2


def read_layers(path: Path, *, crs: str | None = None, encoding: str | None = None) -> list[Layer]:
    """Read every layer or sheet of a file.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, TopoJSON, shapefile (also zipped, one or several), CSV or XLSX.
    crs
        The coordinate reference system, where the file states none (``"EPSG:4549"``).
    encoding
        The text encoding of a CSV or shapefile, where it is neither stated nor to be told from the bytes.

    Returns
    -------
    list of Layer
        In the order of the file; at least one, and at least one of them with a row.

    Raises
    ------
    InputError
        No such file, no permission, not what its name says, unreadable, unsafe, empty, a CRS that contradicts the stated one,
        coordinates that fit two zones.
    """
    given = _crs(crs) if crs else None
    reader = _reader(path)
    layers = [_with_crs(layer, given) for layer in reader(path, path.name, encoding)]
    if not any(len(layer.rows) for layer in layers):
        raise InputError(
            Words("文件中没有可读的数据行。", "The file holds no row that could be read."),
            at=f"{path.name}: {', '.join(layer.name for layer in layers) or '-'}",
            why=Words("空图层导入后会被当作“没有变化”。", "An empty layer would pass for “nothing has changed”."),
            mend=Words(
                "检查导出时是否选中了要素或正确的图层。", "Check that the export held the features and the right layer."
            ),
        )
    return layers


def content_hash(path: Path) -> str:
    """Give the SHA-256 of a file's bytes, in hexadecimal; for a shapefile of its sidecars too, in a fixed order.

    Raises
    ------
    InputError
        There is no such file or it may not be read.
    """
    _head(path)
    files = [path]
    if path.suffix.lower() == ".shp":
        sidecars = _sidecars(path)
        files = [sidecars[ending] for ending in _SIDECARS if ending in sidecars]
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


# --- what the file is ---------------------------------------------------------------------------------------------------------


def _head(path: Path) -> bytes:
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
            raise InputError(
                Words("这是一个文件夹，不是文件。", "This is a folder, not a file."),
                at=text,
                mend=Words(
                    "给出其中的文件；文件地理数据库请先导出为 GeoPackage。",
                    "Name a file in it; export a geodatabase as GeoPackage.",
                ),
            )
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
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
            Words("文件无法打开。", "The file cannot be opened."), at=text, why=Words(str(error), str(error))
        ) from error
    if not head:
        raise InputError(
            Words("文件是空的。", "The file is empty."),
            at=text,
            mend=Words("重新导出或重新传输。", "Export or transfer it again."),
        )
    return head


_Reader = Callable[[Path, str, str | None], list[Layer]]


def _reader(path: Path) -> _Reader:
    head = _head(path)
    ending = path.suffix.lower()
    if ending not in _ENDINGS:
        raise InputError(
            Words(
                f"不支持的文件类型“{ending or path.name}”。", f"Files of the type {ending or path.name!r} are not read."
            ),
            at=path.name,
            mend=Words(
                "可用：GeoPackage、GeoJSON、TopoJSON、shapefile（可压缩为 zip）、CSV、XLSX。",
                "Use GeoPackage, GeoJSON, TopoJSON, shapefile (also zipped), CSV or XLSX.",
            ),
        )
    if path.name.startswith("~$"):
        _not_what_it_says(path, Words("这是 Excel 打开文件时的锁文件。", "It is the lock file of an open workbook."))
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if ending == ".gpkg" and head.startswith(b"SQLite format 3\x00"):
        return _read_geopackage
    if ending in (".geojson", ".json", ".topojson") and text.startswith(b"{") and not _names_other_files(head):
        return _read_json
    if ending == ".shp" and head.startswith(b"\x00\x00\x27\x0a"):
        return _read_shapefile
    if ending == ".zip" and head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _read_archive
    if ending in (".xlsx", ".xlsm"):
        if head.startswith(b"PK\x03\x04"):
            return _read_workbook
        if head.startswith(b"\xd0\xcf\x11\xe0"):
            raise InputError(
                Words(
                    "工作簿有密码保护，或是旧的 .xls 格式。", "The workbook is locked by a password, or is an old .xls."
                ),
                at=path.name,
                mend=Words("去掉密码，另存为 .xlsx。", "Take the password off and save it as .xlsx."),
            )
    utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if ending in (".csv", ".txt") and (utf16 or b"\x00" not in head) and not _names_other_files(head):
        return _read_csv
    _not_what_it_says(path, Words(f"内容不是 {ending} 文件。", f"Its content is not that of a {ending} file."))


def _names_other_files(head: bytes) -> bool:
    return re.search(rb"<(OGR|GDAL)?(VRT)?(DataSource|Dataset|VRTLayer|WarpedLayer|UnionLayer)\b", head) is not None


def _not_what_it_says(path: Path, why: Words) -> NoReturn:
    raise InputError(
        Words("文件内容与文件类型不符。", "The file is not what its name says."),
        at=path.name,
        why=why,
        mend=Words("用原软件重新导出，或改正扩展名。", "Export it again, or give it the right ending."),
    )


def _unreadable(at: str, error: BaseException) -> InputError:
    return InputError(
        Words("文件损坏或无法读取。", "The file is damaged or cannot be read."),
        at=at,
        why=Words(f"读取时出错：{error}", f"While reading: {error}"),
        mend=Words("用原软件打开检查，再重新导出。", "Open it in the program it comes from and export it again."),
    )


# --- vector files through GDAL ------------------------------------------------------------------------------------------------


@contextmanager
def _reading(at: str) -> Iterator[None]:
    """Turn what GDAL and its neighbours throw into our refusal, and its chatter off: what matters is checked row by row."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FieldError,
        pyogrio.errors.GeometryError,
        pyogrio.errors.FeatureError,
        pyogrio.errors.CRSError,
        UnicodeDecodeError,
        sqlite3.DatabaseError,
        pa.ArrowException,
        pyproj.exceptions.CRSError,
        shapely.errors.GEOSException,
    ) as error:
        raise _unreadable(at, error) from error


def _read_vector(path: Path, file: str, layer: str | None, driver: str, **options: str) -> Layer:
    with _reading(f"{file}: {layer}" if layer else file):
        info = pyogrio.read_info(path, layer=layer, **options)
        if info["driver"] != driver:
            _not_what_it_says(path, Words(f"被识别为 {info['driver']}。", f"It was taken for {info['driver']}."))
        if len(info["fields"]) > _COLUMNS_MOST:
            _too_wide(file, len(info["fields"]))
        with pyogrio.raw.open_arrow(
            path, layer=layer, use_pyarrow=True, batch_size=_ROWS_AT_ONCE, datetime_as_string=False, **options
        ) as (meta, reader):
            geometry = meta["geometry_name"] or "wkb_geometry"
            has_shapes = geometry in reader.schema.names
            batches, shapes = [], []
            # GDAL reads the next rows in a thread of its own while the shapes of these are made.
            for batch in reader:
                if has_shapes:
                    wkb = batch.column(geometry).to_numpy(zero_copy_only=False)
                    shapes.append(_flat(shapely.from_wkb(wkb, on_invalid="ignore")))
                    batch = batch.drop_columns([geometry])
                batches.append(batch)
            schema = batches[0].schema if batches else reader.schema
    table = pa.Table.from_batches(batches, schema).combine_chunks()
    return Layer(
        file,
        layer or info["layer_name"],
        _frame(table, meta["fields"]),
        np.concatenate([_NO_SHAPES, *shapes]) if has_shapes else None,
        _stated(meta["crs"]) if has_shapes else None,
    )


def _flat(shapes: Any) -> Shapes:  # noqa: ANN401 - shapely tells no types
    """Drop heights and measures."""
    return np.asarray(shapely.force_2d(shapes) if shapely.has_z(shapes).any() else shapes, dtype=object)


def _frame(table: pa.Table, names: npt.NDArray[np.object_]) -> pd.DataFrame:
    """Take columns over without loss: whole numbers with holes must not become floats, or codes lose their last digits."""
    kept = [index for index, name in enumerate(table.column_names) if name in set(names)]
    table = table.select(kept)
    table = table.rename_columns(_distinct(table.column_names))
    nullable: dict[pa.DataType, Any] = {
        pa.bool_(): pd.BooleanDtype(),
        pa.int16(): pd.Int64Dtype(),
        pa.int32(): pd.Int64Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.string(): pd.StringDtype("pyarrow", na_value=np.nan),
        pa.large_string(): pd.StringDtype("pyarrow", na_value=np.nan),
    }
    rows: pd.DataFrame = table.to_pandas(types_mapper=nullable.get, date_as_object=False)
    rows.index = pd.RangeIndex(1, len(rows) + 1, name="row")
    return rows


def _distinct(names: list[str]) -> list[str]:
    """Give each column a name of its own: ten bytes of DBF make 土地使用权人 and 土地使用权类型 the same name.

    >>> _distinct(["土地使用权", "面积", "土地使用权"])
    ['土地使用权', '面积', '土地使用权_2']
    """
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return distinct


def _too_wide(at: str, count: int) -> NoReturn:
    raise InputError(
        Words(
            f"共有 {count} 列，超过 {_COLUMNS_MOST} 列。", f"There are {count} columns; {_COLUMNS_MOST} are the most."
        ),
        at=at,
        mend=Words("只导出需要的列。", "Export only the columns that are needed."),
    )


def _read_geopackage(path: Path, file: str, encoding: str | None) -> list[Layer]:
    journal = path.with_name(path.name + "-wal")
    if journal.exists() and journal.stat().st_size:
        raise InputError(
            Words("该 GeoPackage 正被其他程序打开。", "Another program has this GeoPackage open."),
            at=file,
            why=Words(
                "部分改动还在旁边的 -wal 文件里，没有写入。", "Some changes still stand in the -wal file beside it."
            ),
            mend=Words("在 QGIS 中关闭该文件后再导入。", "Close it in QGIS, then try again."),
        )
    # A view may hide a query without end, and a virtual table code: only plain tables that the contents name are opened.
    query = """
        SELECT c.table_name FROM gpkg_contents AS c JOIN sqlite_master AS m ON m.name = c.table_name
        WHERE c.data_type IN ('features', 'attributes') AND m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'
        ORDER BY m.rowid LIMIT ?
    """
    with _reading(file), closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
        names = [name for (name,) in base.execute(query, (_LAYERS_MOST + 1,))]
    _few_enough(file, names)
    return [_read_vector(path, file, name, "GPKG") for name in names]


def _few_enough(file: str, names: list[str]) -> None:
    if len(names) > _LAYERS_MOST:
        raise InputError(
            Words(f"图层多于 {_LAYERS_MOST} 个。", f"There are more than {_LAYERS_MOST} layers."),
            at=file,
            mend=Words("只导出需要的图层。", "Export only the layers that are needed."),
        )


def _read_json(path: Path, file: str, encoding: str | None) -> list[Layer]:
    text = path.read_bytes()
    topology = re.search(rb'"type"\s*:\s*"Topology"', text[:_HEAD_BYTES]) is not None
    driver = "TopoJSON" if topology else "GeoJSON"
    # The options are GDAL's: dates stay texts, so that one rule reads them in every format.
    options: dict[str, str] = {} if topology else {"DATE_AS_STRING": "YES"}
    with _reading(file):
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
    _few_enough(file, names)
    layers = [_read_vector(path, file, name, driver, **options) for name in names]
    # RFC 7946 makes a GeoJSON without "crs" WGS 84, but many are written with plain metres: then nothing is stated.
    if not topology and re.search(rb'"crs"\s*:', text) is None:
        layers = [layer if _looks_lonlat(layer.shapes) else replace(layer, crs=None) for layer in layers]
    return layers


def _read_shapefile(path: Path, file: str, encoding: str | None) -> list[Layer]:
    sidecars = _sidecars(path)
    missing = [ending for ending in (".shx", ".dbf") if ending not in sidecars]
    if missing:
        raise InputError(
            Words(
                f"shapefile 不完整，缺少 {'、'.join(missing)}。",
                f"The shapefile is not complete: {', '.join(missing)} missing.",
            ),
            at=file,
            why=Words(".dbf 里是属性，.shx 是索引。", "The .dbf holds the attributes, the .shx the index."),
            mend=Words(
                "把同名的 .shp、.shx、.dbf、.prj 放在一起。", "Put the .shp, .shx, .dbf and .prj of one name together."
            ),
        )
    used = encoding or _dbf_encoding(sidecars[".dbf"], sidecars.get(".cpg"), file)
    _known_encoding(used, file)
    layer = _read_vector(path, file, path.stem, "ESRI Shapefile", encoding=used)
    return [replace(layer, name=Path(file).stem)]


def _sidecars(path: Path) -> dict[str, Path]:
    """Find the files of one shapefile by ending; on a careful file system ``A.SHP`` may stand beside ``A.dbf``."""
    try:
        beside = [one for one in path.parent.iterdir() if one.stem == path.stem]
    except OSError:
        beside = [path]
    return {one.suffix.lower(): one for one in beside if one.suffix.lower() in _SIDECARS}


def _dbf_encoding(dbf: Path, cpg: Path | None, file: str) -> str:
    """Tell the encoding of a DBF: as its .cpg says, else UTF-8 where all bytes are, else GB18030, which holds GBK and GB 2312."""
    stated = cpg.read_text(encoding="ascii", errors="ignore").strip() if cpg else ""
    if stated:
        stated = {"936": "GB18030", "CP936": "GB18030", "GBK": "GB18030", "GB2312": "GB18030", "65001": "UTF-8"}.get(
            stated.upper(), stated
        )
        return f"CP{stated}" if stated.isdigit() else stated
    return _guess_encoding(dbf.read_bytes()[32:], file)


def _guess_encoding(content: bytes, at: str) -> str:
    """UTF-8 where (nearly) all of it is; a value cut at 254 bytes may end within a sign, so a few broken ones prove nothing."""
    beyond_ascii = int((np.frombuffer(content, np.uint8) > 127).sum())
    if not beyond_ascii:
        return "UTF-8"
    broken = {name: content.decode(name, errors="replace").count("\ufffd") for name in ("UTF-8", "GB18030")}
    if broken["UTF-8"] * 100 <= beyond_ascii:
        return "UTF-8"
    if broken["GB18030"] * 100 <= beyond_ascii:
        return "GB18030"
    raise InputError(
        Words("文字编码无法判断。", "The text encoding cannot be told."),
        at=at,
        why=Words(
            "既不是 UTF-8，也不是 GB18030；猜错会使地名和企业名成为乱码。",
            "It is neither UTF-8 nor GB18030; a guess would garble the names.",
        ),
        mend=Words("用 --encoding 说明，例如 --encoding BIG5。", "Say which it is, e.g. --encoding BIG5."),
    )


def _known_encoding(name: str, at: str) -> None:
    try:
        "".encode(name)
    except LookupError:
        raise InputError(
            Words(f"不认识的编码“{name}”。", f"The encoding {name!r} is not known."),
            at=at,
            mend=Words("常用：UTF-8、GB18030、BIG5。", "Common ones: UTF-8, GB18030, BIG5."),
        ) from None


# --- archives -----------------------------------------------------------------------------------------------------------------


def _read_archive(path: Path, file: str, encoding: str | None) -> list[Layer]:
    with _unzipping(file), zipfile.ZipFile(path) as archive:
        members = _safe_members(archive, file)
        shapefiles = _by_shapefile(members, file)
        if not shapefiles:
            raise InputError(
                Words("压缩包里没有 shapefile。", "There is no shapefile in the archive."),
                at=f"{file}: {', '.join(sorted(members)[:10]) or '-'}",
                mend=Words("其他格式请解压后直接导入。", "Unpack other formats and take them in directly."),
            )
        layers: list[Layer] = []
        left = _INFLATED_MOST
        for member, parts in shapefiles.items():
            with tempfile.TemporaryDirectory(prefix="landgis-") as folder:
                # Never by the member's name: what stands in an archive must not choose where it is written.
                for ending, info in parts.items():
                    left -= _inflate(archive, info, Path(folder, f"layer{ending}"), left, file)
                layers += _read_shapefile(Path(folder, "layer.shp"), f"{file}/{member}", encoding)
    return layers


@contextmanager
def _unzipping(file: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise _unreadable(file, error) from error


def _unsafe(file: str, member: str, why: Words) -> InputError:
    return InputError(
        Words("压缩包不安全，未解压。", "The archive is not safe and was not unpacked."),
        at=f"{file}: {member}",
        why=why,
        mend=Words("重新压缩，只放需要的文件。", "Pack it again with only the files that are needed."),
    )


def _safe_members(archive: zipfile.ZipFile, file: str) -> dict[str, zipfile.ZipInfo]:
    """Judge an archive by its central directory before a byte of it is inflated."""
    infos = archive.infolist()
    if len(infos) > _MEMBERS_MOST:
        raise _unsafe(
            file, f"{len(infos)}", Words(f"成员多于 {_MEMBERS_MOST} 个。", f"More than {_MEMBERS_MOST} members.")
        )
    if sum(info.file_size for info in infos) > _INFLATED_MOST:
        raise _unsafe(file, "*", Words("解压后超过 2 GB。", "More than 2 GB when unpacked."))
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = _member_name(info)
        if info.file_size > _RATIO_FREE and info.file_size > _RATIO_MOST * max(info.compress_size, 1):
            raise _unsafe(file, name, Words("压缩比过大（压缩炸弹）。", "It is packed too tightly (a zip bomb)."))
        if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or re.match(r"[A-Za-z]:", name):
            raise _unsafe(file, name, Words("成员名指向压缩包之外。", "A member's name points out of the archive."))
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _unsafe(file, name, Words("成员是链接。", "A member is a link."))
        if info.flag_bits & 1:
            raise _unsafe(file, name, Words("成员有密码。", "A member is locked by a password."))
        if info.is_dir() or name.startswith("__MACOSX/"):
            continue
        if name.casefold() in {one.casefold() for one in members}:
            raise _unsafe(file, name, Words("有两个同名成员。", "Two members have one name."))
        members[name] = info
    return members


def _member_name(info: zipfile.ZipInfo) -> str:
    """Give a member's name; without the UTF-8 flag Chinese Windows writes GBK, which Python reads as code page 437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def _by_shapefile(members: dict[str, zipfile.ZipInfo], file: str) -> dict[str, dict[str, zipfile.ZipInfo]]:
    groups: dict[str, dict[str, zipfile.ZipInfo]] = {}
    names: dict[str, str] = {}
    for name, info in members.items():
        stem, ending = os.path.splitext(name)
        if ending.lower() in _SIDECARS:
            groups.setdefault(stem.casefold(), {})[ending.lower()] = info
            if ending.lower() == ".shp":
                names[stem.casefold()] = name
    return {names[stem]: groups[stem] for stem in names}


def _inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, most: int, file: str) -> int:
    """Write one member, counting what really comes out: the directory may lie about it."""
    written = 0
    with archive.open(info) as source, target.open("wb") as sink:
        while block := source.read(1 << 20):
            written += len(block)
            if written > min(most, info.file_size):
                raise _unsafe(
                    file, _member_name(info), Words("解压后比目录所说的大。", "It is larger than its entry says.")
                )
            sink.write(block)
    return written


# --- tables -------------------------------------------------------------------------------------------------------------------


def _read_csv(path: Path, file: str, encoding: str | None) -> list[Layer]:
    content = path.read_bytes()
    if encoding:
        _known_encoding(encoding, file)
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "UTF-16"
    else:
        encoding = _guess_encoding(content, file)
    if encoding.upper().replace("-", "").replace("_", "") == "UTF8":
        encoding = "utf-8-sig"
    text = content.decode(encoding, errors="replace")
    header = next(iter(csv.reader(io.StringIO(text[:_HEAD_BYTES]))), [])
    first_line = text[:_HEAD_BYTES].split("\n", 1)[0]
    delimiter = max(",;\t|", key=first_line.count)
    if len(header) > _COLUMNS_MOST:
        _too_wide(file, len(header))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            rows = pd.read_csv(
                io.StringIO(text),
                sep=delimiter,
                header=None,
                dtype="str",
                keep_default_na=False,
                na_values=[""],
                skip_blank_lines=False,
                index_col=False,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        raise InputError(
            Words("CSV 的列数前后不一致。", "The CSV does not have the same number of columns throughout."),
            at=file,
            why=Words(
                f"{error}（多为字段内有未加引号的逗号）", f"{error} (often a comma without quotes inside a field)"
            ),
            mend=Words("改正该行，或导出为 XLSX。", "Mend that line, or export it as XLSX."),
        ) from error
    rows.index = pd.RangeIndex(1, len(rows) + 1, name="row")
    return [_table_layer(file, path.stem, _headed(rows, 1))]


def _headed(rows: pd.DataFrame, header: int) -> pd.DataFrame:
    """Take the column names from the row `header`, drop what stands above it and rows and nameless columns without a value."""
    names = [" ".join(str(name).split()) for name in rows.loc[[header]].fillna("").iloc[0]]
    rows = rows.loc[header + 1 :].dropna(how="all")
    empty = rows.isna().all().to_numpy()
    kept = [index for index, name in enumerate(names) if name or not empty[index]]
    rows = rows.iloc[:, kept]
    rows.columns = pd.Index(_distinct([names[index] or f"column_{index + 1}" for index in kept]))
    return rows


def _read_workbook(path: Path, file: str, encoding: str | None) -> list[Layer]:
    with _unzipping(file):
        with zipfile.ZipFile(path) as archive:
            _safe_members(archive, file)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        except (
            KeyError,
            ValueError,
            TypeError,
            OSError,
            SyntaxError,
            InvalidFileException,
        ) as error:
            raise _unreadable(file, error) from error
    with closing(book):
        _few_enough(file, book.sheetnames)
        sheets = [(sheet.title, _sheet_rows(sheet, f"{file}: {sheet.title}")) for sheet in book.worksheets]
    return [_table_layer(file, title, rows) for title, rows in sheets if rows is not None]


def _sheet_rows(sheet: Any, at: str) -> pd.DataFrame | None:  # noqa: ANN401 - openpyxl's types know no read-only sheet
    numbers: list[int] = []
    cells: list[list[str | None]] = []
    # The stated size of a sheet is often wrong; the cells themselves are not.
    sheet.reset_dimensions()
    with _unzipping(at):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                    texts = [_cell(value) for value in row]
                    while texts and texts[-1] is None:
                        texts.pop()
                    if len(texts) > _COLUMNS_MOST:
                        _too_wide(at, len(texts))
                    if texts:
                        numbers.append(number)
                        cells.append(texts)
        except (KeyError, ValueError, TypeError, SyntaxError) as error:
            raise _unreadable(at, error) from error
    if not cells:
        return None
    width = max(map(len, cells))
    padded = [row + [None] * (width - len(row)) for row in cells]
    rows = pd.DataFrame(padded, index=pd.Index(numbers, name="row"), dtype="str")
    return _headed(rows, _header_row(rows))


def _header_row(rows: pd.DataFrame) -> int:
    """Find the header: the first row that fills most of the width with different words, none of them a number.

    Above it stand a title, a note on the unit, the date of the export.
    """
    top = rows.head(_HEADER_WITHIN)
    filled = top.notna().sum(axis=1)
    for number, row in top.iterrows():
        words = row.dropna()
        numeric = words.str.fullmatch(r"[-+]?[\d,]*\.?\d+%?").sum()
        if len(words) * 10 >= filled.max() * 6 and words.is_unique and numeric * 2 < len(words):
            return int(str(number))
    return int(rows.index[0])


def _cell(value: object) -> str | None:
    """Give a cell as text. A number of more than 15 digits has lost the rest in the workbook: it is shown as the float it is.

    >>> _cell(2021), _cell(2.5), _cell(3.0), _cell(914403001922038216), _cell(datetime(2021, 5, 1)), _cell(True)
    ('2021', '2.5', '3', '9.144030019220383e+17', '2021-05-01', 'true')
    """
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        if abs(value) >= 1e15:
            return repr(float(value))
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    return str(value)


_WKT_NAMES: Final = ("wkt", "geom", "geometry", "the_geom", "geom_wkt", "wkt_geom", "图形")
_LONLAT_NAMES: Final = (("lon", "lat"), ("lng", "lat"), ("longitude", "latitude"), ("经度", "纬度"), ("x", "y"))


def _table_layer(file: str, name: str, rows: pd.DataFrame) -> Layer:
    return Layer(file, name, rows, _table_shapes(rows), None)


def _table_shapes(rows: pd.DataFrame) -> Shapes | None:
    """Take shapes from a column of well-known text, or points from longitude and latitude; None where there are neither."""
    by_name = {str(name).lower(): name for name in rows.columns}
    wkt = next((by_name[name] for name in _WKT_NAMES if name in by_name), None)
    if wkt is not None:
        texts = rows[wkt].astype(object).where(rows[wkt].notna(), None).to_numpy()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _flat(shapely.from_wkt(texts, on_invalid="ignore"))
    for longitude, latitude in _LONLAT_NAMES:
        if longitude in by_name and latitude in by_name:
            x, y = (
                pd.to_numeric(rows[by_name[one]], errors="coerce").to_numpy(dtype=float)
                for one in (longitude, latitude)
            )
            points = np.full(len(rows), None, dtype=object)
            known = np.isfinite(x) & np.isfinite(y)
            points[known] = shapely.points(x[known], y[known])
            return points
    return None


# --- coordinate reference systems ---------------------------------------------------------------------------------------------


def _crs(text: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError:
        raise InputError(
            Words(f"不认识的坐标系“{text}”。", f"The coordinate reference system {text!r} is not known."),
            mend=Words("写成 EPSG:4549 或 OGC:CRS84 这样的形式。", "Write it like EPSG:4549 or OGC:CRS84."),
        ) from None


def _stated(text: str | None) -> pyproj.CRS | None:
    if not text:
        return None
    try:
        crs = pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError:
        return None
    # A GeoPackage says "undefined" by two numbers, which GDAL gives as an engineering or nameless system.
    return None if crs.is_engineering or "undefined" in crs.name.lower() else crs


def same_crs(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    """Tell whether two systems mean the same coordinates with x first, whoever wrote them down."""
    if one.equals(other, ignore_axis_order=True):
        return True
    code = one.to_epsg(min_confidence=60)
    return code is not None and code == other.to_epsg(min_confidence=60)


def _with_crs(layer: Layer, given: pyproj.CRS | None) -> Layer:
    if layer.shapes is None:
        return layer
    if layer.crs is not None:
        if given is not None and not same_crs(layer.crs, given):
            raise InputError(
                Words(
                    f"文件写明坐标系为 {_called(layer.crs)}，与 --crs {_called(given)} 不同。",
                    f"The file states {_called(layer.crs)}, --crs says {_called(given)}.",
                ),
                at=f"{layer.file}: {layer.name}",
                why=Words("两者只能有一个是对的。", "Only one of them can be right."),
                mend=Words(
                    "去掉 --crs；若文件写错了，先改正 .prj。",
                    "Leave --crs away; if the file is wrong, mend its .prj first.",
                ),
            )
        return layer
    return replace(layer, crs=given or proven_crs(layer))


def _called(crs: pyproj.CRS) -> str:
    code = crs.to_epsg(min_confidence=60)
    return f"EPSG:{code}" if code else crs.name


def _looks_lonlat(shapes: Shapes | None) -> bool:
    if shapes is None or not len(shapes):
        return True
    west, south, east, north = shapely.total_bounds(shapes)
    return bool(np.isnan(west) or (west >= -180 and east <= 180 and south >= -90 and north <= 90))


def proven_crs(layer: Layer) -> pyproj.CRS | None:
    """Tell the system from the coordinates where they prove it: CGCS2000 zones with the zone's number before the easting.

    Returns
    -------
    pyproj.CRS or None
        None where they prove nothing: degrees, or metres of some other system.

    Raises
    ------
    InputError
        Six-digit eastings of a Gauss-Krüger zone, or the numbers of two zones in one layer.
    """
    if layer.shapes is None:
        return None
    bounds = shapely.bounds(layer.shapes)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return None
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    northing = (y > 1_000_000) & (y < 6_500_000)
    prefixed = northing & (x >= 13_000_000) & (x < 46_000_000)
    plain = northing & (x >= 100_000) & (x < 1_000_000)
    at = f"{layer.file}: {layer.name}"
    if prefixed.mean() > 0.5:
        zones = np.unique((x[prefixed] // 1_000_000).astype(int))
        if len(zones) > 1:
            raise InputError(
                Words("一个图层里有两个带的坐标。", "One layer holds coordinates of two zones."),
                at=f"{at}; {', '.join(map(str, zones))}",
                why=Words("同一图层只能有一个坐标系。", "A layer can have only one coordinate reference system."),
                mend=Words(
                    "先统一到一个带，或换为经纬度（EPSG:4490）。", "Bring it to one zone or to EPSG:4490 first."
                ),
            )
        zone = int(zones[0])
        return pyproj.CRS.from_epsg((4488 if zone >= 25 else 4478) + zone)
    if plain.mean() > 0.5:
        _two_zones(at, bounds[plain])
    return None


def _two_zones(at: str, bounds: npt.NDArray[np.float64]) -> NoReturn:
    west, south, east, north = bounds[:, 0].min(), bounds[:, 1].min(), bounds[:, 2].max(), bounds[:, 3].max()
    latitude = (south + north) / 2 / 110_900
    apart_km = 3 * 111.32 * float(np.cos(np.radians(latitude)))
    raise InputError(
        Words("坐标可能属于两个带。", "The coordinates fit two zones."),
        at=f"{at}; {west:,.0f} … {east:,.0f}",
        why=Words(
            f"横坐标只有六位、没有带号，中央经线 117°E（EPSG:4548）和 120°E（EPSG:4549）等都有可能；猜错会偏移约 {apart_km:,.0f} 公里。",
            "Six-digit eastings lack the zone's number: CM 117°E (EPSG:4548) and CM 120°E (EPSG:4549), like every other zone, are both "
            f"possible; a guess would move {len(bounds):,} shapes by {apart_km:,.0f} km.",
        ),
        mend=Words(
            "补上 .prj，或用 --crs EPSG:4549 这样的形式说明；先用 --dry-run 预览。",
            "Add the .prj, or say which it is, e.g. --crs EPSG:4549; try it with --dry-run first.",
        ),
    )
