"""What a file is, told by its ending and proved by its first bytes, and which reader takes it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from landgis.readers import archive, boundary_txt, delimited, drawing, parquet, vector, workbook
from landgis.readers.refusals import not_what_it_says
from landgis.readers.sheets import Sheet
from landgis.terms.errors import InputError, Words

HEAD_BYTES: Final = 65_536
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")

#: A reader takes the file, what it is called, the encoding the user gives, and an empty folder of its own.
Reader = Callable[[Path, str, str | None, Path], Iterator[Sheet]]


def _read_zip(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    yield from archive.read_members(path, file, encoding, room, sheets_of)


_BY_ENDING: Final[dict[str, Reader]] = {
    ".shp": vector.read_shapefile,
    ".gpkg": vector.read_geopackage,
    ".gdb": vector.read_geodatabase,
    ".geojson": vector.read_json,
    ".json": vector.read_json,
    ".topojson": vector.read_json,
    ".geojsonl": vector.read_json_lines,
    ".geojsons": vector.read_json_lines,
    ".ndjson": vector.read_json_lines,
    ".jsonl": vector.read_json_lines,
    ".fgb": vector.read_flatgeobuf,
    ".kml": vector.read_kml,
    ".kmz": archive.read_kmz,
    ".gml": vector.read_gml,
    ".tab": vector.read_mapinfo,
    ".mif": vector.read_mapinfo,
    ".dxf": drawing.read_drawing,
    ".parquet": parquet.read_parquet,
    ".geoparquet": parquet.read_parquet,
    ".csv": delimited.read_delimited,
    ".tsv": delimited.read_delimited,
    ".txt": delimited.read_delimited,
    ".xlsx": workbook.read_workbook,
    ".xlsm": workbook.read_workbook,
    ".xls": workbook.read_workbook,
    ".zip": _read_zip,
}
ENDINGS: Final = tuple(_BY_ENDING)
FORMATS: Final = Words(
    "Shapefile、文件地理数据库（.gdb）、GeoPackage、GeoJSON、TopoJSON、FlatGeobuf、GeoParquet、KML/KMZ、GML、MapInfo TAB/MIF、DXF、"
    "CSV、XLSX/XLS、界址点 TXT，以及装有这些文件的 zip 或文件夹",
    "shapefile, file geodatabase, GeoPackage, GeoJSON, TopoJSON, FlatGeobuf, GeoParquet, KML/KMZ, GML, MapInfo TAB/MIF, DXF, "
    "CSV, XLSX/XLS, boundary-point TXT, and a zip or folder of these",
)

_AS_XLSX: Final = Words(
    "用 WPS 或 Excel 打开，另存为 .xlsx 再导入。", "Open it in WPS or Excel, save it as .xlsx and take that in."
)
_AS_ZIP: Final = Words(
    "解压后把其中的文件一起选入，或重新压缩为 .zip。",
    "Unpack it and choose its files, or pack them as .zip.",
)
_TABLE_OUT: Final = Words(
    "把其中的表格复制到 Excel，另存为 .xlsx 再导入。",
    "Copy the table in it into Excel, save it as .xlsx and take that in.",
)
#: What to do with the files that parks hold and that are not read.
_MENDS: Final[dict[str, Words]] = {
    **dict.fromkeys((".et", ".ett", ".xlsb", ".ods", ".numbers"), _AS_XLSX),
    **dict.fromkeys((".rar", ".7z", ".tar", ".gz"), _AS_ZIP),
    **dict.fromkeys((".doc", ".docx", ".wps", ".pdf"), _TABLE_OUT),
    ".dwg": Words("在 CAD 中另存为 .dxf 再导入。", "Save it as .dxf in the CAD program and take that in."),
    ".mdb": Words(
        "在 ArcGIS 中导出为文件地理数据库（.gdb）或 Shapefile 再导入。",
        "Export it as a file geodatabase (.gdb) or shapefile in ArcGIS.",
    ),
    **dict.fromkeys(
        (".dbf", ".shx", ".prj", ".cpg"),
        Words(
            "它是 Shapefile 的一部分，请与同名的 .shp 一起选入。",
            "It is a part of a shapefile: choose it together with its .shp.",
        ),
    ),
}

_BINARY: Final[dict[str, tuple[bytes, ...]]] = {
    ".gpkg": (b"SQLite format 3\x00",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".fgb": (b"fgb\x03",),
    ".parquet": (b"PAR1",),
    ".geoparquet": (b"PAR1",),
    ".zip": _ZIP,
    ".kmz": _ZIP,
    ".xlsx": _ZIP,
    ".xlsm": _ZIP,
    ".xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",),
}
_JSON: Final = (".geojson", ".json", ".topojson")


def sheets_of(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read a file, a geodatabase's folder, or a folder of files.

    Parameters
    ----------
    path, file
        Where it lies and what it is called.
    encoding
        As the user says, or None.
    room
        An empty folder in which the reader may write.

    Raises
    ------
    InputError
        Not what its name says, unreadable, unsafe.
    """
    reader = reader_of(path, file)
    if reader is None:
        yield from archive.read_folder(path, file, encoding, room, sheets_of)
    else:
        yield from reader(path, file, encoding, room)


def reader_of(path: Path, file: str) -> Reader | None:
    """Choose the reader of a file; None for a plain folder.

    Raises
    ------
    InputError
        A type that is not read, or a content that is not of the type.
    """
    ending = Path(file).suffix.lower()
    if path.is_dir():
        return vector.read_geodatabase if ending == ".gdb" else None
    if ending not in _BY_ENDING or ending == ".gdb":
        raise InputError(
            Words(f"不支持的文件类型“{ending or file}”。", f"Files of the type {ending or file!r} are not read."),
            at=file,
            mend=_MENDS.get(ending, Words(f"可用：{FORMATS.zh}。", f"Use {FORMATS.en}.")),
        )
    if Path(file).name.startswith("~$"):
        not_what_it_says(file, Words("这是 Excel 打开文件时的锁文件。", "It is the lock file of an open workbook."))
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    _prove(head, ending, file)
    reader = _BY_ENDING[ending]
    if ending == ".txt" and boundary_txt.is_boundary_text(head):
        return boundary_txt.read_boundary_text
    if ending in _JSON and vector.is_json_lines(head):
        return vector.read_json_lines
    return reader


def _prove(head: bytes, ending: str, file: str) -> None:
    """Hold the first bytes against the ending: GDAL would open by content whatever it finds."""
    text = head.lstrip(b"\xef\xbb\xbf\x1e \t\r\n")
    if ending in (".xls", ".xlsx") and re.match(rb"(?:<!doctype|<html|<meta|<table|<\?xml)", text[:16].lower()):
        raise InputError(
            Words(
                "这是网页表格，只是扩展名写成了 Excel。", "It is a table of a web page under the name of a workbook."
            ),
            at=file,
            mend=_AS_XLSX,
        )
    if ending in _BINARY:
        fits = head.startswith(_BINARY[ending])
        if not fits and ending in (".xlsx", ".xlsm") and head.startswith(_BINARY[".xls"]):
            raise InputError(
                Words("工作簿有密码保护。", "The workbook is locked by a password."),
                at=file,
                mend=Words(
                    "去掉密码，另存为 .xlsx；旧格式请改扩展名为 .xls。",
                    "Take the password off and save it as .xlsx; an old one is to end in .xls.",
                ),
            )
    elif ending in (*_JSON, ".geojsonl", ".geojsons", ".ndjson", ".jsonl"):
        fits = text.startswith(b"{") and not names_other_files(head)
    elif ending in (".kml", ".gml"):
        fits = text.startswith(b"<") and not names_other_files(head)
    else:
        utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
        fits = (utf16 or b"\x00" not in head) and not names_other_files(head)
        if ending == ".tab":
            fits = fits and text.lower().startswith(b"!table")
        elif ending == ".mif":
            fits = fits and text.lower().startswith(b"version")
        elif ending == ".dxf":
            fits = fits and re.match(rb"(999\s[^\n]*\n\s*)*0\s*\n\s*SECTION", text) is not None
    if not fits:
        not_what_it_says(file, Words(f"内容不是 {ending} 文件。", f"Its content is not that of a {ending} file."))


def names_other_files(head: bytes) -> bool:
    """Tell whether it is one of GDAL's own lists of other files to open, here or elsewhere."""
    return re.search(rb"<(OGR|GDAL)?(VRT)?(DataSource|Dataset|VRTLayer|WarpedLayer|UnionLayer)\b", head) is not None
