"""A plan as GeoJSON: what others draw."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

_LEFT = ("geom", "plan")


def plan_features(
    sites: Sequence[Mapping[str, Any]], members: gpd.GeoDataFrame, moves: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Lay a plan out as a FeatureCollection in EPSG:4490.

    Parameters
    ----------
    sites
        Rows of ``land.plan_site`` with the project's ``name``.
    members
        Rows of ``land.plan_member`` with their shapes.
    moves
        Rows of ``land.plan_move`` with ``from_point`` and ``to_point``; an exit has no second and is a point.

    Returns
    -------
    dict
        Features whose ``kind`` is site (the parcels as one shape), member or move; the other properties are the rows' own.
    """
    found = []
    for row in sites:
        own = np.asarray(members.geometry[members["site"] == row["site"]], dtype=object)
        found.append(_feature("site", row, shapely.union_all(own)))
    rows = members.drop(columns="geom").astype(object).to_dict("records")
    for member, shape in zip(rows, members.geometry, strict=True):
        found.append(_feature("member", {str(name): value for name, value in member.items()}, shape))
    for row in moves:
        to = row["to_point"]
        line = row["from_point"] if to is None else shapely.LineString([row["from_point"], to])
        told = {name: value for name, value in row.items() if not name.endswith("_point")}
        found.append(_feature("move", told, line))
    return {"type": "FeatureCollection", "features": found}


def _feature(kind: str, row: Mapping[str, Any], shape: Any) -> dict[str, Any]:  # noqa: ANN401  shapely geometries
    told = {name: _plain(value) for name, value in row.items() if name not in _LEFT}
    return {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": {"kind": kind, **told}}


def _plain(value: Any) -> Any:  # noqa: ANN401  a cell of any kind
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
