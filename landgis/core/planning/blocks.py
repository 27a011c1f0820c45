"""Which parcels make one piece of land together 连片: whatever borders on each other, added up."""

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

#: One row per block: its parcels (labels, in the order of the index), how much land, and west, south, east, north in degrees.
BLOCK_COLUMNS = ("parcels", "area_m2", "west", "south", "east", "north")


def blocks(parcels: gpd.GeoDataFrame, borders: pd.DataFrame, *, area_min_m2: float) -> pd.DataFrame:
    """Join parcels that share a border to blocks, and keep the large ones.

    Parameters
    ----------
    parcels
        One row per parcel, each label of the index once: ``area_m2`` (m²), and its shape (EPSG:4490) as active geometry.
    borders
        Pairs of labels as `landgis.core.planning.adjacency.neighbours` gives them: ``parcel_a``, ``parcel_b``.
    area_min_m2
        A block has at least so much land, m²; a parcel alone is a block too.

    Returns
    -------
    DataFrame
        `BLOCK_COLUMNS`, the largest first, of equal ones that with the first parcel.

    Notes
    -----
    Parcels that meet in a corner share no border and make no block.
    """
    a, b = (parcels.index.get_indexer(borders[name]) for name in ("parcel_a", "parcel_b"))
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(parcels), len(parcels)))
    _, block = connected_components(graph, directed=False)
    area_m2 = np.bincount(block, parcels["area_m2"].to_numpy(dtype=float), minlength=block.max(initial=-1) + 1)
    kept = np.flatnonzero(area_m2 >= area_min_m2)
    bounds = parcels.geometry.bounds.to_numpy()
    order = np.argsort(block, kind="stable")
    begins = np.searchsorted(block[order], kept)
    ends = np.searchsorted(block[order], kept, side="right")
    rows = []
    for number, begin, end in zip(kept, begins, ends, strict=True):
        members = order[begin:end]
        low, high = bounds[members, :2].min(axis=0), bounds[members, 2:].max(axis=0)
        rows.append((parcels.index[members].tolist(), float(area_m2[number]), *low.tolist(), *high.tolist()))
    found = pd.DataFrame(rows, columns=list(BLOCK_COLUMNS))
    return found.sort_values("area_m2", ascending=False, kind="stable", ignore_index=True)
