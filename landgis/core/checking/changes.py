"""What one batch did to a table: rows added, gone and changed, field by field, and which parcels came from which."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from landgis.terms import crs
from landgis.terms.frames import CHANGE_COLUMNS, LINEAGE_COLUMNS, Table
from landgis.terms.issues import shown

Shapes = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: Two parcels are kin when their common ground is at least this share of the smaller one. Less is a border that a new survey moved:
#: where 界址 are re-measured, strips of some metres change hands along a side, which is a few percent of a parcel and no division.
KIN_SHARE: Final = 0.1


def changes(table: Table, began: pd.DataFrame, ended: pd.DataFrame) -> pd.DataFrame:
    """Hold the versions that began with a batch against those that ended with it.

    Parameters
    ----------
    table
        The table they belong to.
    began, ended
        Columns of the table, shapes in EPSG:4490 (degrees); each key at most once.

    Returns
    -------
    DataFrame
        Columns ``terms.frames.CHANGE_COLUMNS``: a row per added or gone row (``what`` "added", "gone"; ``field`` empty), and a row per
        field that changed (``what`` "changed"; ``before`` and ``after`` as text in our unit, None where unknown). Of a changed shape
        ``moved_m2`` is the ground that one of the two covers and the other does not, ``before`` and ``after`` are areas in m².
        In the order of the keys.
    """
    key = list(table.key)
    one, two = _by_key(ended, key), _by_key(began, key)
    both = one.index.intersection(two.index, sort=False)
    parts = [
        _whole(table, two.index.difference(both), "added"),
        _whole(table, one.index.difference(both), "gone"),
    ]
    before, after = one.loc[both], two.loc[both]
    for column in table.columns:
        if column.name in key or column.name not in before:
            continue
        if column.kind == "geometry":
            parts.append(_moved(table, before[column.name], after[column.name]))
            continue
        differs = _differ(before[column.name], after[column.name])
        if differs.any():
            part = _whole(table, both[differs], "changed")
            part["field"] = column.name
            part["before"] = [shown(value) for value in before.loc[differs, column.name]]
            part["after"] = [shown(value) for value in after.loc[differs, column.name]]
            parts.append(part)
    found = pd.concat([part for part in parts if len(part)] or [_whole(table, both[:0], "added")], ignore_index=True)
    return found.sort_values(["park_code", "key"], kind="stable", ignore_index=True)[list(CHANGE_COLUMNS)]


def lineage(began: pd.DataFrame, ended: pd.DataFrame) -> pd.DataFrame:
    """Tell which parcels came from which: divided, merged, renumbered or cut anew.

    Parameters
    ----------
    began, ended
        The parcel versions that began and ended with a batch: ``park_code``, ``parcel_no``, ``geom`` (EPSG:4490, degrees).

    Returns
    -------
    DataFrame
        Columns ``terms.frames.LINEAGE_COLUMNS``, a row per pair of kin: ``common_m2``, its share of either, and ``kind``: "split" (one
        into several), "merged" (several into one), "renumbered" (one into one of another number), "rearranged" (several into
        several). A parcel that merely changed is not told.

    Notes
    -----
    Kin are parcels whose common ground is at least `KIN_SHARE` of the smaller. Nothing of this is stored: no version of a parcel is ever
    deleted, so that the same answer comes out at any later time, and by the rule of that time.
    """
    old, new = (rows["geom"].to_numpy(dtype=object) for rows in (ended, began))
    if not len(old) or not len(new):
        return _family(
            began, ended, np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0)
        )
    flat_old, flat_new = crs.in_plane(old), crs.in_plane(new)
    parent, child = shapely.STRtree(flat_new).query(flat_old, predicate="intersects")
    same_park = ended["park_code"].to_numpy()[parent] == began["park_code"].to_numpy()[child]
    parent, child = parent[same_park], child[same_park]
    common = shapely.area(shapely.intersection(flat_old[parent], flat_new[child]))
    of_old, of_new = common / shapely.area(flat_old)[parent], common / shapely.area(flat_new)[child]
    kin = np.maximum(of_old, of_new) >= KIN_SHARE
    return _family(began, ended, parent[kin], child[kin], common[kin], of_old[kin], of_new[kin])


def _family(
    began: pd.DataFrame,
    ended: pd.DataFrame,
    parent: npt.NDArray[np.int64],
    child: npt.NDArray[np.int64],
    common: Numbers,
    of_old: Numbers,
    of_new: Numbers,
) -> pd.DataFrame:
    # A family is whoever hangs together by common ground: old parcels first, new ones behind them.
    size = len(ended) + len(began)
    ties = coo_array((np.ones(len(parent)), (parent, len(ended) + child)), shape=(size, size))
    family = connected_components(ties, directed=False)[1]
    parents = np.bincount(family[np.unique(parent)], minlength=size)[family[parent]]
    children = np.bincount(family[len(ended) + np.unique(child)], minlength=size)[family[parent]]
    kind = np.select(
        [(children > 1) & (parents > 1), children > 1, parents > 1], ["rearranged", "split", "merged"], "renumbered"
    )
    frame = pd.DataFrame(
        {
            "park_code": ended["park_code"].to_numpy()[parent],
            "from_no": ended["parcel_no"].to_numpy()[parent],
            "to_no": began["parcel_no"].to_numpy()[child],
            "kind": kind,
            "common_m2": common,
            "share_of_from": of_old,
            "share_of_to": of_new,
        }
    )
    told = (frame["kind"] != "renumbered") | (frame["from_no"] != frame["to_no"])
    return frame[told].sort_values(["park_code", "from_no", "to_no"], ignore_index=True)[list(LINEAGE_COLUMNS)]


def moved_m2(before: Shapes, after: Shapes) -> Numbers:
    """Measure the ground (m²) that one of two shapes covers and the other does not, pair by pair; an absent shape covers nothing."""
    one, two = (
        crs.in_plane(np.where(shapely.is_missing(shapes), shapely.MultiPolygon(), shapes)) for shapes in (before, after)
    )
    return np.asarray(shapely.area(shapely.symmetric_difference(one, two)), dtype=np.float64)


def _by_key(rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    index = pd.MultiIndex.from_frame(rows[key].astype("str")) if len(key) > 1 else pd.Index(rows[key[0]].astype("str"))
    return rows.set_axis(index, axis=0)


def _whole(table: Table, index: "pd.Index[Any]", what: str) -> pd.DataFrame:
    """Name rows by their keys: the park, and the rest of the key with spaces between."""
    parts = index.to_frame(index=False) if len(index) else pd.DataFrame(columns=range(len(table.key)), dtype="str")
    rest = parts.iloc[:, 1:] if len(table.key) > 1 else parts
    words: list[str] = [" ".join(one) for one in rest.itertuples(index=False, name=None)]
    columns: Mapping[str, Any] = {
        "table_name": table.name, "park_code": parts.iloc[:, 0].to_numpy(), "key": words, "what": what, "field": None, "before": None,
        "after": None, "moved_m2": np.nan,
    }  # fmt: skip
    return pd.DataFrame(columns, index=range(len(parts)), columns=list(CHANGE_COLUMNS)).astype(
        dict.fromkeys(("field", "before", "after"), object)
    )


def _moved(table: Table, before: "pd.Series[Any]", after: "pd.Series[Any]") -> pd.DataFrame:
    one, two = before.to_numpy(dtype=object), after.to_numpy(dtype=object)
    differs = ~(shapely.equals_identical(one, two) | (shapely.is_missing(one) & shapely.is_missing(two)))
    part = _whole(table, before.index[differs], "changed")
    if differs.any():
        part["field"] = str(before.name)
        for name, shapes in (("before", one[differs]), ("after", two[differs])):
            areas = crs.ellipsoid_area_m2(shapes)
            part[name] = [None if np.isnan(area) else format(area, ".1f") for area in areas]
        part["moved_m2"] = moved_m2(one[differs], two[differs])
    return part


def _differ(before: "pd.Series[Any]", after: "pd.Series[Any]") -> Flags:
    one, two = before.to_numpy(dtype=object), after.to_numpy(dtype=object)
    return np.array([shown(a) != shown(b) for a, b in zip(one, two, strict=True)], dtype=bool)
