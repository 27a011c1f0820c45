"""Files as offices and attackers make them, written by the tests."""

import struct
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import xlsxwriter

#: A square of some 95 x 111 m in an industrial park of Suzhou; and that place in CGCS2000, CM 120°E, with the zone's number and without.
SQUARE = shapely.box(120.72, 31.32, 120.721, 31.321)
ZONE_40 = shapely.box(40_568_533, 3_466_677, 40_568_633, 3_466_777)
SIX_DIGITS = shapely.box(568_533, 3_466_677, 568_633, 3_466_777)


def plots(shape: shapely.Geometry = SQUARE, crs: str | int | None = 4490, **columns: list[Any]) -> gpd.GeoDataFrame:
    """Plots that stand side by side, all of one shape; two of them where no columns are given."""
    given = columns or {"parcel_no": ["A-1", "A-2"], "owner_name": ["示例企业一", "示例企业二"]}
    count = len(next(iter(given.values())))
    west, _, east, _ = shape.bounds if not shape.is_empty else (0, 0, 0, 0)
    step = (east - west) * 1.5
    shapes = [shapely.transform(shape, lambda xy, place=place: np.add(xy, (place * step, 0))) for place in range(count)]
    return gpd.GeoDataFrame(given, geometry=shapes, crs=crs)


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    """Pack members by name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def folder_zipped(path: Path, folder: Path, prefix: str = "") -> Path:
    """Pack the files of a folder."""
    return zipped(
        path,
        {f"{prefix}{one.relative_to(folder)}": one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()},
    )


def shapefile(path: Path, frame: gpd.GeoDataFrame, encoding: str = "UTF-8", *, without: tuple[str, ...] = ()) -> Path:
    """Write a shapefile, and take away what offices lose."""
    if frame.crs is None:
        frame, without = frame.set_crs(4528), (*without, ".prj")
    frame.to_file(path, encoding=encoding)
    for ending in without:
        path.with_suffix(ending).unlink()
    return path


def call_fields(shp: Path, *names: bytes) -> None:
    """Write other names into the head of a shapefile's DBF, as bytes."""
    content = bytearray(shp.with_suffix(".dbf").read_bytes())
    for place, name in enumerate(names):
        content[32 + 32 * place : 43 + 32 * place] = name.ljust(11, b"\x00")
    shp.with_suffix(".dbf").write_bytes(content)


def workbook(
    path: Path, rows: list[list[Any]], merged: tuple[tuple[int, int, int, int], ...] = (), sheet: str = "宗地"
) -> Path:
    """Write a workbook of one sheet; `merged` are first row, first column, last row, last column from 0, their text the first cell's."""
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet(sheet)
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            if cell is not None:
                page.write(number, place, cell)
    for top, left, bottom, right in merged:
        page.merge_range(top, left, bottom, right, rows[top][left])
    book.close()
    return path


def old_workbook(path: Path, rows: list[list[Any]], merged: tuple[tuple[int, int, int, int], ...] = ()) -> Path:
    """Write an .xls as Excel 97 did: records of BIFF 8 in one stream of a compound file ([MS-XLS], [MS-CFB])."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def label(row: int, column: int, text: str) -> bytes:
        return record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))

    def number(row: int, column: int, value: float) -> bytes:
        return record(0x0203, struct.pack("<HHHd", row, column, 0, value))

    cells = [
        label(row, column, cell) if isinstance(cell, str) else number(row, column, float(cell))
        for row, line in enumerate(rows)
        for column, cell in enumerate(line)
        if cell is not None
    ]
    spans = b"".join(struct.pack("<HHHH", top, bottom, left, right) for top, left, bottom, right in merged)
    beginning = struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6)
    sheet = record(0x0809, beginning) + record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    sheet += b"".join(cells)
    if merged:
        sheet += record(0x00E5, struct.pack("<H", len(merged)) + spans)
    sheet += record(0x000A, b"")
    title = "宗地".encode("utf-16-le")
    opening = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)) + record(0x0042, b"\xb0\x04")
    format_record = record(0x00E0, struct.pack("<HHHBBBBIIH", 0, 0, 0xFFF5, 0x20, 0, 0, 0, 0, 0, 0x20C0))
    bound = 4 + 8 + len(title)
    offset = len(opening) + len(format_record) + bound + 4
    book = opening + format_record
    book += record(0x0085, struct.pack("<IHBB", offset, 0, len(title) // 2, 1) + title) + record(0x000A, b"") + sheet
    path.write_bytes(_compound(book))
    return path


def _compound(stream: bytes) -> bytes:
    """Put one stream called Workbook into a compound file of 512-byte sectors: the table of sectors, the directory, the stream."""
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    stream = stream.ljust(4096, b"\x00")  # shorter ones would live in a stream of their own
    sectors = -(-len(stream) // 512)
    chain = [table, end, *(number + 3 for number in range(sectors - 1)), end]
    assert len(chain) <= 128

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        raw = name.encode("utf-16-le") + b"\x00\x00"
        head = raw.ljust(64, b"\x00") + struct.pack("<HBBIII", len(raw) if name else 0, kind, 1, free, free, child)
        return head.ljust(116, b"\x00") + struct.pack("<IQ", first, size)

    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<I", 0) + b"\xff" * (4 * 108)
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")
    directory = entry("Root Entry", 5, 1, end, 0) + entry("Workbook", 2, free, 2, len(stream))
    directory += entry("", 0, free, 0, 0) * 2
    return head + fat + directory + stream.ljust(sectors * 512, b"\x00")


def drawing(path: Path, *entities: tuple[Any, ...], encoding: str = "ascii") -> Path:
    """Write a DXF: ``("line", layer, [(x, y), …], closed)`` and ``("text", layer, (x, y), text)``."""
    pairs: list[tuple[int, Any]] = [(0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1015")]
    if encoding != "ascii":
        pairs += [(9, "$DWGCODEPAGE"), (3, "ANSI_936")]
    pairs += [(0, "ENDSEC"), (0, "SECTION"), (2, "ENTITIES")]
    for number, (kind, layer, place, what) in enumerate(entities, start=0x30):
        common = [(5, f"{number:X}"), (100, "AcDbEntity"), (8, layer)]
        if kind == "line":
            pairs += [(0, "LWPOLYLINE"), *common, (100, "AcDbPolyline"), (90, len(place)), (70, int(what))]
            pairs += [pair for x, y in place for pair in ((10, x), (20, y))]
        else:
            pairs += [(0, "TEXT"), *common, (100, "AcDbText"), (10, place[0]), (20, place[1]), (40, 2.5), (1, what)]
    pairs += [(0, "ENDSEC"), (0, "EOF")]
    path.write_bytes("".join(f"{code}\n{value}\n" for code, value in pairs).encode(encoding))
    return path


def boundary_text(
    path: Path,
    *parcels: tuple[str, list[list[tuple[float, float]]]],
    zone: int = 40,
    encoding: str = "gbk",
    stated: int | None = None,
) -> Path:
    """Write boundary points in the common form; rings as (X north, Y east), each ring closed by its first point."""
    lines = [
        "[属性描述]",
        "坐标系=2000国家大地坐标系",
        "几度分带=3",
        "投影类型=高斯克吕格",
        "计量单位=米",
        f"带号={zone}",
        "精度=0.001",
    ]
    lines += ["转换参数=,,,,,,", "[地块坐标]"]
    for name, rings in parcels:
        count = stated or sum(len(ring) + 1 for ring in rings)
        lines.append(f"{count},1.0000,{name},示例地块,面,I51G001001,工业,,@")
        number = 0
        for place, ring in enumerate(rings, start=1):
            first = number + 1
            for corner, (x, y) in enumerate([*ring, ring[0]]):
                number += corner < len(ring)
                lines.append(f"J{first if corner == len(ring) else number},{place},{x:.3f},{y:.3f}")
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


def ring(x: float, y: float, side: float = 100) -> list[tuple[float, float]]:
    """Give a square of boundary points from its south-west corner, X north."""
    return [(x, y), (x, y + side), (x + side, y + side), (x + side, y)]
