"""Boundary points 界址点 as surveyors hand them in: rings of numbered points, X to the north, several parcels in one text.

The common form (报部坐标) has a head ``[属性描述]`` with the system of coordinates, then ``[地块坐标]``: a line that ends in ``@`` opens a
parcel, each line after it is a point: its number, its ring, X, Y. Bare lists of points are read too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

import numpy as np
import pyarrow as pa
import shapely

from landgis.readers.corners import POINTS_RING, few_enough_between
from landgis.readers.encodings import text_of
from landgis.readers.refusals import CORNERS_MOST, too_many_corners
from landgis.readers.sheets import Note, Sheet
from landgis.terms.crs import ZONES, Datum, zone_epsg
from landgis.terms.errors import InputError, Words

#: What stands before the @ of a parcel's line, in this order.
_PARCEL_FIELDS: Final = (
    "界址点数",
    "地块面积(公顷)",
    "地块编号",
    "地块名称",
    "图形属性",
    "图幅号",
    "地块用途",
    "地类编码",
)
_DATUMS: Final[dict[str, Datum]] = {"2000": "CGCS2000", "80": "Xian 1980", "54": "Beijing 1954"}
_POINT: Final = re.compile(
    r"(?:(?P<point>[A-Za-z]{0,3}-?\d+(?:-\d+)?)[,，\s]+)?(?:(?P<ring>-?\d{1,3})[,，\s]+)?"
    r"(?P<x>-?\d+\.?\d*(?:[eE][-+]?\d+)?)[,，\s]+(?P<y>-?\d+\.?\d*(?:[eE][-+]?\d+)?)[,，\s]*(?:[,，\s]-?[\d.]*)?"
)
_SIGNS: Final = re.compile(
    rb"\s*(J|j)?\d+\s*[,\t ]\s*(-?\d{1,3}\s*[,\t ]\s*)?\d{6,8}(\.\d+)?\s*[,\t ]\s*\d{6,8}(\.\d+)?\s*"
)
_SECTION: Final = "[地块坐标]"


@dataclass
class _Parcel:
    row: int
    fields: list[str]
    rings: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    corners: int = 0


def is_boundary_text(head: bytes) -> bool:
    """Tell whether a text is a list of boundary points and no table."""
    for encoding in ("utf-8", "gb18030"):
        if _SECTION in head.decode(encoding, errors="replace"):
            return True
    lines = [line for line in head.splitlines()[:50] if line.strip()]
    if any(line.rstrip().endswith(b"@") for line in lines):
        return True
    return len(lines) >= 3 and sum(_SIGNS.fullmatch(line) is not None for line in lines) * 10 >= len(lines) * 7


def read_boundary_text(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read the parcels of a text of boundary points: one row each, its row number the line that opens it."""
    few_enough_between(path, file, POINTS_RING)
    text, used = text_of(path.read_bytes(), encoding, file)
    told, parcels = _parsed(text, file)
    shapes = _shapes(parcels)
    miscounted = tuple(
        parcel.row
        for parcel in parcels
        if parcel.fields and parcel.fields[0].isdigit() and int(parcel.fields[0]) not in (parcel.corners, _open(parcel))
    )
    columns: list[pa.Array] = [pa.array([parcel.row for parcel in parcels], pa.int64())]
    names = ["row"]
    for place, name in enumerate(_PARCEL_FIELDS):
        values = [parcel.fields[place].strip() or None if place < len(parcel.fields) else None for parcel in parcels]
        if any(values):
            names.append(name)
            columns.append(pa.array(values, pa.string()))
    if "地块编号" not in names:
        stem = Path(file).stem
        names.append("地块编号")
        numbers = [stem] if len(parcels) == 1 else [f"{stem}-{number + 1}" for number in range(len(parcels))]
        columns.append(pa.array(numbers, pa.string()))
    columns.append(pa.array(shapely.to_wkb(shapes), pa.binary()))
    batch = pa.RecordBatch.from_arrays(columns, names=[*names, "wkb"])
    notes = [Note("118-points-miscounted", {}, miscounted)] if miscounted else []
    yield Sheet(
        file,
        Path(file).stem,
        batch.schema,
        [batch],
        crs=_stated(told, shapes),
        encoding=used,
        has_numbers=True,
        has_shapes=True,
        notes=notes,
    )


def _open(parcel: _Parcel) -> int:
    """Count the corners without those that close a ring again."""
    return sum(len(ring) - (len(ring) > 1 and ring[0] == ring[-1]) for ring in parcel.rings.values())


def _parsed(text: str, file: str) -> tuple[dict[str, str], list[_Parcel]]:
    told: dict[str, str] = {}
    parcels: list[_Parcel] = []
    parcel: _Parcel | None = None
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("["):
            # A blank line ends a parcel in lists that open none.
            parcel = parcel if line or (parcel is not None and parcel.fields) else None
            continue
        if line.endswith("@"):
            parcel = _Parcel(number, [one.strip() for one in re.split("[,，]", line[:-1].rstrip(",，"))])
            parcels.append(parcel)
            continue
        if "=" in line or "＝" in line:
            name, _, value = line.replace("＝", "=").partition("=")
            told[name.strip()] = value.strip()
            continue
        point = _point(line)
        if point is None:
            if not parcels:
                continue  # a title
            _unread(file, number, line)
        if parcel is None:
            parcel = _Parcel(number, [])
            parcels.append(parcel)
        ring, north, east = point
        parcel.rings.setdefault(ring, []).append((east, north))
        parcel.corners += 1
        if parcel.corners > CORNERS_MOST:
            too_many_corners(file, parcel.row)
    if not any(parcel.rings for parcel in parcels):
        raise InputError(
            Words("没有读到界址点。", "There are no boundary points in it."),
            at=file,
            mend=Words("每行应为：点号,圈号,X,Y。", "Each line is to be: point, ring, X, Y."),
        )
    return told, parcels


def _point(line: str) -> tuple[int, float, float] | None:
    """Read a line as a ring's number, X (north) and Y (east); None where it is no point.

    >>> _point("J1,1,3466677.12,40568533.45"), _point("J1 3466677 568533"), _point("图斑")
    ((1, 3466677.12, 40568533.45), (1, 3466677.0, 568533.0), None)
    """
    parts = line.split(",")
    if len(parts) == 4:  # nearly every line, and ten times as fast
        try:
            return int(parts[1]), float(parts[2]), float(parts[3])
        except ValueError:
            pass
    found = _POINT.fullmatch(line)
    return None if found is None else (int(found["ring"] or 1), float(found["x"]), float(found["y"]))


def _unread(file: str, number: int, line: str) -> NoReturn:
    raise InputError(
        Words("有一行不是界址点。", "A line is no boundary point."),
        at=f"{file}; {number}: {line[:60]}",
        why=Words("少一个点，宗地的形状就变了。", "Without one point the parcel has another shape."),
        mend=Words("改为：点号,圈号,X,Y。", "Write it as: point, ring, X, Y."),
    )


def _shapes(parcels: list[_Parcel]) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    """Make the shapes of parcels, at once of all that have one ring."""
    shapes = np.full(len(parcels), None, dtype=object)
    single = [
        (place, ring)
        for place, parcel in enumerate(parcels)
        if len(parcel.rings) == 1
        for ring in parcel.rings.values()
        if len(ring) >= 3
    ]
    if single:
        corners = np.array([corner for _, ring in single for corner in ring])
        lines = shapely.linearrings(
            corners, indices=np.repeat(np.arange(len(single)), [len(ring) for _, ring in single])
        )
        shapes[[place for place, _ in single]] = shapely.polygons(lines)
    for place, parcel in enumerate(parcels):
        if len(parcel.rings) > 1:
            shapes[place] = _shape(parcel)
    return shapes


def _shape(parcel: _Parcel) -> shapely.Geometry | None:
    """Put rings together: one within another is a hole in it, one beside another is a part."""
    rings = [ring for ring in parcel.rings.values() if len(ring) >= 3]
    if not rings:
        return None
    polygons = sorted((shapely.Polygon(ring) for ring in rings), key=lambda one: -one.area)
    if not all(one.is_valid for one in polygons):
        # What is wrong with it is told, and mended, where all shapes are checked.
        return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
    shape = polygons[0]
    for one in polygons[1:]:
        shape = shape.difference(one) if shape.covers(one) else shape.union(one)
    return shape


def _stated(told: dict[str, str], shapes: "np.ndarray[tuple[int], np.dtype[np.object_]]") -> str | None:
    """Tell the system from the head: which datum, zones of 3 or 6 degrees, which zone, its number before Y or not."""
    system, zone, width = told.get("坐标系", ""), told.get("带号", ""), told.get("几度分带", "")
    datum = next((name for sign, name in _DATUMS.items() if sign in system), None)
    zones = ZONES.get(int(width)) if width.isdigit() else None
    if datum is None or zones is None or not zone.isdigit() or int(zone) not in zones:
        return None
    east = float(np.nanmax(shapely.bounds(shapes)[:, 0]))
    return f"EPSG:{zone_epsg(datum, int(width), int(zone), prefixed=east >= 1_000_000)}"
