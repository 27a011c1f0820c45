"""A drawn or pasted area is told on a run: the parcels in it, what they come to, and which demands their land could serve."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from shapely.errors import GEOSException

from landgis.core.planning.adjacency import neighbours
from landgis.core.planning.blocks import blocks
from landgis.exports.ledger import Language, write_list
from landgis.store import overview, runs
from landgis.store.database import Connection
from landgis.store.stock import read_demands
from landgis.terms.crs import ellipsoid_area_m2
from landgis.terms.errors import InputError, Words
from landgis.terms.frames import ANSWER
from landgis.workflows.cockpit import FREED_BY

#: A shape of more corners is no drawing; and one larger than a county (degrees each way) no question about a park.
_CORNERS_MOST: Final = 20_000
_DEGREES_MOST: Final = 3.0
#: A parcel counts as lying in the area when more than half of it does.
_HALF: Final = 0.5
_MOVED_TITLE: Final = Words("结论变化", "What moved")
_MOVED_HEADS: Final = {
    "park_code": Words("园区代码", "park"), "before": Words("原为", "then"), "after": Words("现为", "now"),
    "parcels": Words("宗数", "parcels"), "area_m2": Words("面积(㎡)", "area (m²)"),
    "parcel_nos": Words("地块（最多列 200 宗）", "parcels by number (200 at most)"),
}  # fmt: skip
_NOT_JUDGED: Final = Words("未评", "not judged")


def tell_area(conn: Connection, run: int | None, text: str) -> dict[str, Any]:
    """Tell what a run says of an area.

    Parameters
    ----------
    text
        The area as GeoJSON (a geometry, a feature, or a collection of them) or WKT; polygons in longitude and latitude.

    Returns
    -------
    dict
        ``run``; ``area_m2`` (of the area itself); ``shape`` (it as GeoJSON); ``touched`` (parcels that meet it) and ``inside_m2`` (their
        land in it); ``parcels`` and ``land_m2`` (those of which more than half lies in it, and all their land), ``suspected, freeable_m2,
        upgrade_m2``; ``scored`` and ``mean_total`` (area-weighted over those with a total; None where none has); ``answers`` (by answer
        ``parcels, land_m2, inside_m2``); ``parcel_ids``; ``block_m2`` (the largest piece that those to be freed make together) and
        ``demands``: ``park_code, demand_no, name, area_min_m2, area_max_m2, could_serve``.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    InputError
        The text is no polygon, or one that no ground has.
    """
    shape = read_area(text)
    head = runs.read_head(conn, run)
    rows = pd.DataFrame(overview.list_inside(conn, head["run"], shapely.to_wkb(shape)), columns=_COLUMNS)
    rows = rows[rows["inside_m2"] > 0]
    within = rows[rows["inside_m2"] > _HALF * rows["area_m2"]]
    scored = within[within["total"].notna()]
    freed = within[within["answer"].isin(FREED_BY)]
    block_m2 = _largest(conn, int(head["run"]), freed)
    return {
        "run": head["run"],
        "area_m2": float(ellipsoid_area_m2([shape])[0]),
        "shape": json.loads(shapely.to_geojson(shape)),
        "touched": len(rows),
        "inside_m2": float(rows["inside_m2"].sum()),
        "parcels": len(within),
        "land_m2": float(within["area_m2"].sum()),
        "suspected": int((within["suspected"] > 0).sum()),
        "freeable_m2": float(within["freeable_m2"].sum()),
        "upgrade_m2": float(within["upgrade_m2"].sum()),
        "scored": len(scored),
        "mean_total": float(np.average(scored["total"], weights=scored["area_m2"])) if len(scored) else None,
        "answers": [
            {
                "answer": answer,
                "parcels": int((within["answer"] == answer).sum()),
                "land_m2": float(within.loc[within["answer"] == answer, "area_m2"].sum()),
                "inside_m2": float(rows.loc[rows["answer"] == answer, "inside_m2"].sum()),
            }
            for answer in ANSWER
        ],
        "parcel_ids": within["parcel_id"].tolist(),
        "block_m2": block_m2,
        "demands": _demands(conn, sorted(set(rows["park_code"])), block_m2),
    }


_COLUMNS: Final = [
    "parcel_id", "park_code", "parcel_no", "answer", "suspected", "grade", "total", "area_m2", "freeable_m2", "upgrade_m2",
    "inside_m2",
]  # fmt: skip


def read_area(text: str) -> shapely.Geometry:
    """Read an area from GeoJSON or WKT: polygons in longitude and latitude, joined to one.

    Raises
    ------
    InputError
        It is neither, holds no polygon, crosses itself beyond mending, or lies on no ground.
    """
    try:
        shape = _from_geojson(json.loads(text)) if text.lstrip().startswith("{") else shapely.from_wkt(text)
    except (ValueError, TypeError, KeyError, AttributeError, GEOSException, RecursionError) as error:
        raise _refused(text, Words("读不懂这段文字。", "The text cannot be read.")) from error
    if shape is None or shapely.get_num_coordinates(shape) > _CORNERS_MOST:
        raise _refused(
            text,
            Words(f"范围为空，或拐点超过 {_CORNERS_MOST} 个。", f"It is empty, or has over {_CORNERS_MOST} corners."),
        )
    parts = shapely.get_parts(shapely.make_valid(shapely.force_2d(shape)))
    polygons = [one for one in parts if one.geom_type in ("Polygon", "MultiPolygon")]
    bounds = shapely.bounds(shape)
    if not polygons or not np.isfinite(bounds).all():
        raise _refused(text, Words("里面没有面。", "There is no polygon in it."))
    west, south, east, north = bounds
    if not (-180 <= west and east <= 180 and -90 <= south and north <= 90):
        raise _refused(text, Words("坐标要用经纬度（度）。", "Coordinates must be longitude and latitude in degrees."))
    if east - west > _DEGREES_MOST or north - south > _DEGREES_MOST:
        raise _refused(text, Words("范围比一个县还大。", "It is larger than a county."))
    return shapely.union_all(polygons)


def moved(conn: Connection, before: int, after: int) -> dict[str, Any]:
    """Tell what became of the parcels of one run in another, park by park and answer by answer.

    Returns
    -------
    dict
        ``before`` and ``after`` (``run, as_of``), and ``moves``: ``park_code, before, after`` (answers; None where the run did not
        judge the parcel), ``parcels, area_m2, parcel_nos`` (the first 200).

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    """
    heads = [runs.read_head(conn, run) for run in (before, after)]
    return {
        "before": {"run": heads[0]["run"], "as_of": heads[0]["as_of"]},
        "after": {"run": heads[1]["run"], "as_of": heads[1]["as_of"]},
        "moves": overview.list_moved(conn, before, after),
    }


def write_moved(conn: Connection, before: int, after: int, path: Path, *, language: Language) -> None:
    """Write as ``.csv`` or ``.xlsx`` what `moved` tells: what moved first, the most land first; then, park by park, what stayed.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    """
    found = moved(conn, before, after)
    rows = sorted(found["moves"], key=lambda one: (one["before"] == one["after"], -one["area_m2"]))
    table = pd.DataFrame(
        [
            {
                **one,
                **{side: getattr(ANSWER.get(one[side], _NOT_JUDGED), language) for side in ("before", "after")},
                "parcel_nos": ", ".join(one["parcel_nos"]),
            }
            for one in rows
        ],
        columns=list(_MOVED_HEADS),
        dtype=object,
    )
    heads = {
        **_MOVED_HEADS,
        "before": _on(_MOVED_HEADS["before"], found["before"]),
        "after": _on(_MOVED_HEADS["after"], found["after"]),
    }
    named = table.rename(columns={name: getattr(words, language) for name, words in heads.items()})
    write_list(named, path, getattr(_MOVED_TITLE, language))


def _on(words: Words, run: Mapping[str, Any]) -> Words:
    """Name a column after the run it tells of."""
    return Words(f"{words.zh}（{run['as_of']} #{run['run']}）", f"{words.en} ({run['as_of']} #{run['run']})")


def _from_geojson(given: Mapping[str, Any]) -> shapely.Geometry:
    if given["type"] == "FeatureCollection":
        return shapely.union_all([_from_geojson(one) for one in given["features"]])
    if given["type"] == "Feature":
        return _from_geojson(given["geometry"])
    return shapely.from_geojson(json.dumps(given))


def _largest(conn: Connection, run: int, freed: pd.DataFrame) -> float:
    """Give the land of the largest piece that the parcels to be freed make together, m²; 0 where there are none."""
    if freed.empty:
        return 0.0
    shapes = overview.read_shapes(conn, run, FREED_BY, None).loc[freed["parcel_id"]]
    return float(blocks(shapes, neighbours(shapes), area_min_m2=0)["area_m2"].iloc[0])


def _demands(conn: Connection, parks: Sequence[str], block_m2: float) -> list[dict[str, Any]]:
    """Hold the demands of the parks against the largest piece: by size alone, which a plan then looks into."""
    if not parks:
        return []
    found, _ = read_demands(conn, parks)
    columns = ["park_code", "demand_no", "name", "area_min_m2", "area_max_m2"]
    rows = found[columns].astype(object).where(found[columns].notna(), None)
    return [
        {**dict(zip(columns, row, strict=True)), "could_serve": None if row[3] is None else block_m2 >= row[3]}
        for row in rows.to_numpy().tolist()
    ]


def _refused(text: str, why: Words) -> InputError:
    return InputError(
        Words("这个范围不能用。", "This area cannot be used."),
        at=text[:120],
        why=why,
        mend=Words(
            "粘贴一个面：GeoJSON 或 WKT，经纬度（CGCS2000 或 WGS84）。",
            "Paste a polygon as GeoJSON or WKT in longitude and latitude (CGCS2000 or WGS84).",
        ),
    )
