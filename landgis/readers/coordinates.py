"""In which system the coordinates are: as the file states, the user says, or the numbers prove; where several fit, who reads is asked.

Nothing is guessed in silence: what is taken without having been stated, turned or doubted is a note, and what cannot be told is an error
that names every system that fits and where it would put the shapes.
"""

from collections.abc import Iterable
from typing import Final, NoReturn

import numpy as np
import numpy.typing as npt
import pyproj
import pyproj.database
import shapely
from pyproj.enums import PJType

from landgis.readers.sheets import Note
from landgis.terms import crs as terms
from landgis.terms.errors import Candidate, CoordinatesError, InputError, Words

Shapes = npt.NDArray[np.object_]
#: West, south, east, north in degrees.
Extent = tuple[float, float, float, float]

_NORTHING: Final = (1_500_000.0, 6_500_000.0)
_EASTING: Final = (100_000.0, 1_000_000.0)
_NUMBERED: Final = (13_000_000.0, 46_000_000.0)
_MERCATOR: Final = 20_037_509.0
_FOOT_M: Final = 1200 / 3937
#: So far (degrees) a park's parcels may lie from its extent, and shapes from the area that a system is made for.
_NEAR_PARK: Final = 0.1
_NEAR_AREA: Final = 3.0
_CANDIDATES_MOST: Final = 40
_LOCAL_DATUMS: Final = ("Xian 1980", "Beijing 1954", "New Beijing")


def system_of(text: str) -> pyproj.CRS:
    """Understand a system as a person writes it.

    Raises
    ------
    InputError
        Nobody knows it.
    """
    try:
        return pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError:
        raise InputError(
            Words(f"不认识的坐标系“{text}”。", f"The coordinate reference system {text!r} is not known."),
            mend=Words("写成 EPSG:4549 或 OGC:CRS84 这样的形式。", "Write it like EPSG:4549 or OGC:CRS84."),
        ) from None


def same_crs(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    """Tell whether two systems mean the same coordinates with x first, whoever wrote them down."""
    if one.equals(other, ignore_axis_order=True):
        return True
    code = one.to_epsg(min_confidence=60)
    return code is not None and code == other.to_epsg(min_confidence=60)


def looks_lonlat(shapes: Shapes | None) -> bool:
    """Tell whether all coordinates could be degrees; nothing could."""
    if shapes is None or not len(shapes):
        return True
    west, south, east, north = shapely.total_bounds(shapes)
    return bool(np.isnan(west) or (west >= -180 and east <= 180 and south >= -90 and north <= 90))


def settled(
    shapes: Shapes,
    stated: pyproj.CRS | None,
    at: str,
    *,
    given: pyproj.CRS | None = None,
    assumed: pyproj.CRS | None = None,
    park: Extent | None = None,
    is_asking: bool = True,
) -> tuple[Shapes, pyproj.CRS | None, list[Note]]:
    """Settle in which system shapes are, and which of their numbers goes east.

    Parameters
    ----------
    shapes
        Geometries as the file has them, x first.
    stated, given, assumed
        What the file, the user and the profile say; the user goes before the profile, and may not contradict the file.
    at
        File and layer, for messages.
    park
        Extent of the park the shapes belong to.
    is_asking
        False: an undecided layer is given back without a system.

    Returns
    -------
    tuple
        The shapes, turned where their axes were swapped; the system, None where degrees of no stated datum or unknown metres; notes.

    Raises
    ------
    InputError
        Two statements contradict each other; the numbers are impossible in the stated system.
    CoordinatesError
        Several systems fit.
    """
    middle = _middles(shapes)
    if not len(middle):
        return shapes, stated or given or assumed, []
    if stated is not None and given is not None and not same_crs(stated, given):
        if _fits(middle, stated) or not _fits(middle, given):
            _contradiction(stated, given, at)
        return shapes, given, [Note("119-crs-overruled", {"stated": called(stated), "given": called(given)})]
    system = stated or given or assumed
    if system is None:
        return _proven(shapes, middle, at, park, is_asking)
    if not _fits(middle, system):
        turned = middle[:, ::-1]
        if _fits(turned, system):
            return _turned(shapes), system, [Note("114-axes-swapped", {"crs": called(system)})]
        if is_asking:
            _impossible(shapes, middle, system, at, park)
    notes = []
    datum = system.geodetic_crs.datum.name if system.geodetic_crs and system.geodetic_crs.datum else ""
    if any(name.lower() in (datum + system.name).lower().replace("xi'an", "xian") for name in _LOCAL_DATUMS):
        notes.append(Note("116-local-datum", {"crs": called(system)}))
    return shapes, system, notes


def candidates(shapes: Shapes, park: Extent | None = None) -> list[Candidate]:
    """Name every system in which coordinates without one would lie in China (or on the park), and where.

    Returns
    -------
    list of Candidate
        The most likely first: those on the park, then narrow zones before wide ones. Empty where nothing fits.
    """
    middle = _middles(shapes)
    if not len(middle):
        return []
    if _degrees(middle):
        codes: Iterable[int] = (4490, 4610, 4214)
    elif _axes_swapped(middle):
        codes, shapes, middle = terms.plausible_zones(*_centre(middle[:, ::-1])), _turned(shapes), middle[:, ::-1]
    else:
        codes = [*terms.plausible_zones(*_centre(middle)), *_mercator(middle)]
    box = _box(shapes)
    found = [_candidate(code, box) for code in codes]
    if park is not None:
        if not found:
            found = [_candidate(code, box) for code in _on_park(middle, park)]
        found.sort(key=lambda one: not _near(one.extent, park))
    return found[:_CANDIDATES_MOST]


def called(crs: pyproj.CRS) -> str:
    """Give the short name of a system."""
    code = crs.to_epsg(min_confidence=60)
    return f"EPSG:{code}" if code else str(crs.name)


# --- what the numbers prove ---------------------------------------------------------------------------------------------------


def _proven(
    shapes: Shapes, middle: npt.NDArray[np.float64], at: str, park: Extent | None, is_asking: bool
) -> tuple[Shapes, pyproj.CRS | None, list[Note]]:
    notes: list[Note] = []
    if _degrees(middle):
        return shapes, None, notes
    if _degrees(middle[:, ::-1]) or _axes_swapped(middle):
        shapes, middle = _turned(shapes), middle[:, ::-1]
        notes.append(Note("114-axes-swapped", {"crs": "-"}))
        if _degrees(middle):
            return shapes, None, notes
    _one_zone(middle, at)
    found = candidates(shapes, park)
    if park is not None and len(found) > 1:
        found = [one for one in found if _near(one.extent, park)] or found
    if len(found) == 1:
        notes.append(Note("115-crs-inferred", {"crs": f"EPSG:{found[0].epsg} {found[0].title.en}"}))
        return shapes, pyproj.CRS.from_epsg(found[0].epsg), notes
    if len(found) > 1 and is_asking:
        _several(at, shapes, found)
    return shapes, None, notes


def _middles(shapes: Shapes) -> npt.NDArray[np.float64]:
    """Give the middle of each shape's box; of those that are there and finite."""
    bounds = shapely.bounds(shapes)
    with np.errstate(all="ignore"):
        middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    return np.asarray(middle[np.isfinite(bounds).all(axis=1) & (np.abs(bounds) < 1e9).all(axis=1)], dtype=np.float64)


def _centre(middle: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Give the middle of most: the few far from the rest do not tell where a layer lies."""
    x, y = np.median(middle, axis=0)
    return float(x), float(y)


def _degrees(middle: npt.NDArray[np.float64]) -> bool:
    """Tell whether most are degrees with the longitude first; in the numbers of China the two cannot be confused."""
    x, y = middle.T
    lonlat = (np.abs(x) <= 180) & (np.abs(y) <= 90)
    swapped_in_china = (x > 3) & (x < 54) & (y > 73) & (y < 90)
    return bool((lonlat & ~swapped_in_china).mean() > 0.5)


def _axes_swapped(middle: npt.NDArray[np.float64]) -> bool:
    """Tell whether most have the northing first, as surveyors write: only one of the two numbers can be one."""
    x, y = middle.T
    x_north = (x > _NORTHING[0]) & (x < _NORTHING[1])
    y_east = _is_easting(y)
    return bool((x_north & y_east).mean() > 0.5)


def _is_easting(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    plain = (numbers >= _EASTING[0]) & (numbers < _EASTING[1])
    return np.asarray(plain | ((numbers >= _NUMBERED[0]) & (numbers < _NUMBERED[1])))


def _mercator(middle: npt.NDArray[np.float64]) -> list[int]:
    """Tell whether they could be metres of a web map, in China."""
    x, y = _centre(middle)
    if abs(x) > _MERCATOR or abs(y) > _MERCATOR or x < 1_000_000:
        return []
    longitude = x / 6_378_137 * 180 / np.pi
    latitude = float(np.degrees(2 * np.arctan(np.exp(y / 6_378_137)) - np.pi / 2))
    return [terms.DRAWN] if terms.in_china(longitude, latitude) else []


def _one_zone(middle: npt.NDArray[np.float64], at: str) -> None:
    x, y = middle.T
    numbered = (x >= _NUMBERED[0]) & (x < _NUMBERED[1]) & (y > _NORTHING[0]) & (y < _NORTHING[1])
    if numbered.mean() <= 0.5:
        return
    zones = np.unique((x[numbered] // 1_000_000).astype(int))
    if len(zones) > 1:
        raise InputError(
            Words("一个图层里有两个带的坐标。", "One layer holds coordinates of two zones."),
            at=f"{at}; {', '.join(map(str, zones))}",
            why=Words("同一图层只能有一个坐标系。", "A layer can have only one coordinate reference system."),
            mend=Words("先统一到一个带，或换为经纬度（EPSG:4490）。", "Bring it to one zone or to EPSG:4490 first."),
        )


def _on_park(middle: npt.NDArray[np.float64], park: Extent) -> list[int]:
    """Try every plane system that is made for where the park lies: feet and metres of one place put it elsewhere."""
    area = pyproj.aoi.AreaOfInterest(*park)
    found = []
    for info in pyproj.database.query_crs_info("EPSG", PJType.PROJECTED_CRS, area, contains=True):
        try:  # the projection alone: which datum moves a place by less than a park is wide
            x, y = pyproj.Proj(int(info.code))(*_centre(middle), inverse=True)
        except pyproj.exceptions.ProjError:
            continue
        if np.isfinite([x, y]).all() and _near((x, y, x, y), park):
            found.append(int(info.code))
    return found


# --- whether a system fits ----------------------------------------------------------------------------------------------------


def _fits(middle: npt.NDArray[np.float64], system: pyproj.CRS) -> bool:
    """Tell whether the middle of the shapes lies where the system is made for, or near."""
    x, y = _centre(middle)
    if system.is_geographic:
        return _degrees(middle) and abs(y) <= 90
    if abs(x) <= 180 and abs(y) <= 90:
        return False
    place = _lonlat(system, x, y)
    if place is None:
        return False
    area = system.area_of_use
    if area is None:
        return True
    return _near((*place, *place), (area.west, area.south, area.east, area.north), _NEAR_AREA)


def _lonlat(system: pyproj.CRS, x: float, y: float) -> tuple[float, float] | None:
    move = pyproj.Transformer.from_crs(system, system.geodetic_crs or terms.STORED, always_xy=True)
    longitude, latitude = move.transform(x, y)
    return (longitude, latitude) if np.isfinite([longitude, latitude]).all() else None


def _near(box: Extent, park: Extent, apart_deg: float = _NEAR_PARK) -> bool:
    west, south, east, north = park
    inside_x = box[0] <= east + apart_deg and box[2] >= west - apart_deg
    # An area may cross the date line: then it is as wide as the Earth.
    return (inside_x or west > east) and box[1] <= north + apart_deg and box[3] >= south - apart_deg


def _box(shapes: Shapes) -> Extent:
    """Give the box of those that are not far from the rest."""
    bounds = shapely.bounds(shapes)
    bounds = bounds[np.isfinite(bounds).all(axis=1) & (np.abs(bounds) < 1e9).all(axis=1)]
    low, high = np.percentile(bounds, 2, axis=0), np.percentile(bounds, 98, axis=0)
    return float(low[0]), float(low[1]), float(high[2]), float(high[3])


def _candidate(code: int, box: Extent) -> Candidate:
    system = pyproj.CRS.from_epsg(code)
    move = pyproj.Transformer.from_crs(system, terms.STORED, always_xy=True)
    west, south, east, north = move.transform_bounds(*box)
    return Candidate(code, _title(system), (west, south, east, north))


def _title(system: pyproj.CRS) -> Words:
    """Give a system's name; Chinese where it is one of China's.

    >>> _title(pyproj.CRS.from_epsg(4549)).zh, _title(pyproj.CRS.from_epsg(4499)).zh
    ('CGCS2000 / 高斯-克吕格 3 度带 中央经线 120°E', 'CGCS2000 / 高斯-克吕格 6 度带 21 带')
    """
    name = str(system.name)
    datum, _, plane = name.partition(" / ")
    zh = {"Xian 1980": "西安 80", "Beijing 1954": "北京 54", "China Geodetic Coordinate System 2000": "CGCS2000"}.get(
        datum, datum
    )
    if "Gauss-Kruger" not in plane:
        plane_zh = "经纬度" if system.is_geographic else {"Pseudo-Mercator": "网络墨卡托"}.get(plane, plane)
    else:
        width = 3 if "3-degree" in plane else 6
        kind, _, number = plane.rpartition(" ")
        which = f"中央经线 {number.removesuffix('E')}°E" if kind.endswith("CM") else f"{number} 带"
        plane_zh = f"高斯-克吕格 {width} 度带 {which}"
    return Words(f"{zh} / {plane_zh}" if plane_zh else zh, name)


def _turned(shapes: Shapes) -> Shapes:
    return np.asarray(shapely.transform(shapes, lambda xy: xy[:, ::-1]), dtype=object)


# --- refusals -----------------------------------------------------------------------------------------------------------------


def _contradiction(stated: pyproj.CRS, given: pyproj.CRS, at: str) -> NoReturn:
    raise InputError(
        Words(
            f"文件写明坐标系为 {called(stated)}，与 --crs {called(given)} 不同。",
            f"The file states {called(stated)}, --crs says {called(given)}.",
        ),
        at=at,
        why=Words("两者只能有一个是对的。", "Only one of them can be right."),
        mend=Words(
            "去掉 --crs；若文件写错了，先改正 .prj。", "Leave --crs away; if the file is wrong, mend its .prj first."
        ),
    )


def _several(at: str, shapes: Shapes, found: list[Candidate]) -> NoReturn:
    west, _, east, _ = _box(shapes)
    latitude = (found[0].extent[1] + found[0].extent[3]) / 2
    apart_km = 3 * 111.32 * float(np.cos(np.radians(latitude)))
    named_zh = "；".join(f"EPSG:{one.epsg}（{one.title.zh}）在 {_place(one.extent)}" for one in found)
    named_en = "; ".join(f"EPSG:{one.epsg} ({one.title.en}) at {_place(one.extent)}" for one in found)
    example = found[-1].epsg
    raise CoordinatesError(
        Words("坐标可能属于两个带。", "The coordinates fit two zones."),
        at=f"{at}; {west:,.0f} … {east:,.0f}",
        why=Words(
            f"坐标没有写明所在的带，下列都有可能：{named_zh}；猜错一带会偏移约 {apart_km:,.0f} 公里。",
            f"Nothing says of which zone they are, and these fit: {named_en}. A guess would move {len(shapes):,} shapes by "
            f"{apart_km:,.0f} km a zone.",
        ),
        mend=Words(
            f"补上 .prj，或用 --crs EPSG:{example} 这样的形式说明；先用 --dry-run 预览。",
            f"Add the .prj, or say which it is, e.g. --crs EPSG:{example}; try it with --dry-run first.",
        ),
        candidates=found,
    )


def no_system(shapes: Shapes, at: str, park: Extent | None = None) -> CoordinatesError:
    """Say that nobody states the system, and name those that fit."""
    west, south, east, north = shapely.total_bounds(shapes)
    found = candidates(shapes, park)
    named_zh = "；".join(f"EPSG:{one.epsg}（{one.title.zh}）" for one in found)
    named_en = "; ".join(f"EPSG:{one.epsg} ({one.title.en})" for one in found)
    example = found[0].epsg if found else terms.STORED
    return CoordinatesError(
        Words("没有坐标系。", "There is no coordinate reference system."),
        at=f"{at}; x {west:.10g} … {east:.10g}, y {south:.10g} … {north:.10g}",
        why=Words(
            "同样的数字在不同坐标系中是不同的地方。" + (f"可能是：{named_zh}。" if found else ""),
            "The same numbers are different places in different systems."
            + (f" They fit: {named_en}." if found else ""),
        ),
        mend=Words(
            f"补上 .prj，或用 --crs 说明，例如 --crs EPSG:{example}。",
            f"Add the .prj, or say which it is by --crs, e.g. --crs EPSG:{example}.",
        ),
        candidates=found,
    )


def _place(extent: Extent) -> str:
    return f"{(extent[0] + extent[2]) / 2:.2f}°E {(extent[1] + extent[3]) / 2:.2f}°N"


def _impossible(
    shapes: Shapes, middle: npt.NDArray[np.float64], system: pyproj.CRS, at: str, park: Extent | None
) -> None:
    """Refuse numbers that are of another unit than the stated system: degrees, metres, feet."""
    x, y = _centre(middle)
    what = Words(f"坐标与坐标系“{system.name}”不符。", f"The coordinates do not fit the system {system.name}.")
    where = f"{at}; x {x:.10g}, y {y:.10g}"
    if not system.is_geographic and _degrees(middle):
        why = Words("坐标系以米为单位，数字却是度。", "The system is in metres, the numbers are degrees.")
    elif system.is_geographic:
        why = Words("坐标系以度为单位，数字却是米或英尺。", "The system is in degrees, the numbers are metres or feet.")
    elif (unit := _other_unit(middle, system)) is not None:
        why = unit
    else:
        return  # far off, but of the right unit: said row by row, where the park is known
    found = candidates(shapes, park)
    named = "、".join(f"EPSG:{one.epsg}" for one in found)
    raise CoordinatesError(
        what,
        at=where,
        why=why,
        mend=Words(
            f"改正 .prj，或用 --crs 说明{f'（可能是 {named}）' if named else ''}。",
            f"Mend the .prj, or say the system by --crs{f' (perhaps {named})' if named else ''}.",
        ),
        candidates=found,
    )


def _other_unit(middle: npt.NDArray[np.float64], system: pyproj.CRS) -> Words | None:
    """Tell whether the numbers would fit if they were feet where the system has metres, or metres where it has feet."""
    is_metre = abs(system.axis_info[0].unit_conversion_factor - 1) < 1e-9
    if _fits(middle * (_FOOT_M if is_metre else 1 / _FOOT_M), system):
        if is_metre:
            return Words(
                "坐标系以米为单位，数字却像是美制英尺。", "The system is in metres, the numbers seem to be US feet."
            )
        return Words("坐标系以英尺为单位，数字却像是米。", "The system is in feet, the numbers seem to be metres.")
    return None
