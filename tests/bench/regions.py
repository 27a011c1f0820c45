"""The same demands from regions that cover the whole map, as spopt draws them; needs `uv pip install spopt`."""

import os
import warnings
from importlib.util import find_spec
from time import perf_counter, process_time
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from landgis.core.planning.assembly import lay_ground
from landgis.core.planning.plan import _wants, make_plan
from landgis.core.planning.sites import answers, cost_of
from tests.bench.planning import instance


def beside_spopt(parcels: str, demands: str, supply: str) -> dict[str, Any] | None:
    """Give what the regions serve of what a plan does: ``ward`` and ``max_p``, shares of our objective, and the seconds of each.

    None where spopt is not installed.
    """
    if find_spec("spopt") is None:
        return None
    from spopt.region import MaxPHeuristic, WardSpatial

    warnings.filterwarnings("ignore")  # islands, and what its libraries are told of later versions
    land, wanted, found, across = instance(int(parcels), int(demands), float(supply))
    begun, spent = perf_counter(), process_time()
    made = make_plan(land, wanted, found, across, border_min_m=10, rules=("park", "date"))
    told: dict[str, Any] = {
        "seconds": perf_counter() - begun, "cpu": process_time() - spent, "proved": made.is_proved
    }  # fmt: skip
    centre = gpd.GeoSeries(land.geometry.to_crs(3857)).centroid
    facts = land.assign(x=centre.x, y=centre.y, price=land["cost_wan"] / land["geom_area_m2"])
    near = _near(land, found, across)
    least = float(wanted["area_min_m2"].median())
    regions = round(float(land["geom_area_m2"].sum() / wanted["area_min_m2"].mean() / 1.2))
    ways = {
        "ward": lambda: WardSpatial(facts, near, ["x", "y", "price"], n_clusters=regions),
        # Its own 99 constructions and 10 annealings do not end on such a map: one of each.
        "max_p": lambda: MaxPHeuristic(
            facts, near, ["price"], "geom_area_m2", least, max_iterations_construction=1, max_iterations_sa=1
        ),
    }
    for name, way in ways.items():
        begun = perf_counter()
        drawn = way()
        drawn.solve()
        told[f"{name}_seconds"] = perf_counter() - begun
        told[name] = _served_wan(land, wanted, found, across, np.asarray(drawn.labels_)) / made.objective_wan
    return told | {"load": os.getloadavg()[0]}


def _near(land: gpd.GeoDataFrame, found: pd.DataFrame, across: pd.DataFrame) -> object:
    """Say who touches whom as the planner sees it: borders of 10 m and links."""
    from libpysal.weights import W

    near: dict[int, list[int]] = {int(one): [] for one in land.index}
    for pairs in (found[found["border_m"] >= 10], across):
        for one, other in pairs[["parcel_a", "parcel_b"]].itertuples(index=False):
            near[one].append(other)
            near[other].append(one)
    return W(near, silence_warnings=True)


def _served_wan(
    land: gpd.GeoDataFrame, wanted: pd.DataFrame, found: pd.DataFrame, across: pd.DataFrame, region: np.ndarray
) -> float:
    """Give the regions to the demands as well as can be: who gets which is an assignment, and one that does not fit is worth nothing."""
    fabric = lay_ground(land, found, across, 10)
    ground, wants = fabric.ground, _wants(fabric, wanted, ("park", "date"), (), ())
    value = wanted["value_wan"].to_numpy()
    gain = np.zeros((len(wanted), int(region.max()) + 1))
    for number in range(gain.shape[1]):
        chosen = np.flatnonzero(region == number)
        if not len(chosen):
            continue
        cost = cost_of(ground, chosen)
        for d in np.flatnonzero((value > cost) & wants.eligible[:, chosen].all(axis=1)).tolist():
            if answers(ground, wants, d, chosen, cost):
                gain[d, number] = value[d] - cost
    who, which = linear_sum_assignment(gain, maximize=True)
    return float(gain[who, which].sum())
