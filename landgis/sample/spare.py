"""A demand that only land a firm can do without serves: a planted answer of the planner.

A firm has built on the far half of its parcel; beside the near half lies land that nobody holds, and a project needs the half and that
land as one piece. The firm is fair and its land could carry much more, so it is told to build up in place; it stays and keeps its half.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from landgis.sample.chains import ask_for, give_back, neighbours_of_a_block
from landgis.sample.planting import FAIR, Garden, Plot
from landgis.terms.crs import ellipsoid_area_m2
from landgis.terms.errors import Words
from landgis.terms.rulereader import load_ruleset

#: The project's number and the place of its park among the parks: both behind those of the chains.
_NUMBER, _PARK = 3, 2
#: How much of the parcel's stretch the workshop takes, how much of its breadth, and how far from the far side it begins (metres).
_STRETCH, _BREADTH, _OFF_M = 0.44, 0.8, 4.0

#: The answer: park, demand, the parcels of its site, and the one of them of which only a part is had, with the part's area.
SPARE_COLUMNS: Final = ("park_code", "demand_no", "site", "divided", "part_m2")


def plant_spare_part(garden: Garden) -> pd.DataFrame:
    """Plant the firm, the land beside it and the project; give the planner's answer, no row in a city of two parks."""
    area = garden.frames["parcel"]["geom_area_m2"].to_numpy()
    fit = garden.ordinary & (garden.fabric.pieces.notch < 0) & (area > 20_000) & (area < 70_000)
    fit &= (garden.fabric.park_of == _PARK) & ~garden.is_small_firm[garden.holdings.owner]
    fit[list(garden.taken)] = False
    pair = next(neighbours_of_a_block(garden, np.flatnonzero(fit)), None)
    if pair is None:
        return pd.DataFrame(columns=list(SPARE_COLUMNS))
    firm, beside = (garden.take(parcel) for parcel in pair)
    hall, part = _halves(firm, beside)
    firm.at_level(FAIR)
    firm.build_on(hall, 2)
    firm.land(plan_far_min=0.5, plan_far_max=2.0, plan_density_max=0.8, plan_code="100101", landuse_code="100101")
    firm.contract(agreed_far_min=0.5, agreed_coefficient_min=0.3)
    firm.expect(
        "spare_part", Words("只建了一半的地块", "a parcel of which half is built upon"), "upgrade", "large_potential"
    )
    give_back(beside, "reserve_beside_a_spare_part")
    part_m2 = float(ellipsoid_area_m2([firm.on_ground(part)])[0])
    land = garden.frames["parcel"]
    code, *no = (
        str(land[name].iat[at]) for name, at in (("park_code", pair[0]), ("parcel_no", pair[0]), ("parcel_no", pair[1]))
    )
    ask_for(garden, code, _NUMBER, part_m2 + beside.area_m2)
    answer = (code, f"D{100 + _NUMBER}", tuple(sorted(no)), no[0], part_m2)
    return pd.DataFrame([answer], columns=list(SPARE_COLUMNS))


def _halves(firm: Plot, beside: Plot) -> tuple[Any, Any]:
    """Draw the workshop on the half away from the neighbour, and what a cut clear of it leaves on the neighbour's side; in the plane."""
    setback_m = float(load_ruleset("cn-planning").value("divide_setback", "m"))
    pieces = firm.garden.fabric.pieces
    low, high = pieces.box[firm.parcel, :2], pieces.box[firm.parcel, 2:]
    theirs = (pieces.box[beside.parcel, :2] + pieces.box[beside.parcel, 2:]) / 2
    toward = theirs - (low + high) / 2
    axis = int(np.argmax((theirs < low) | (theirs > high)))
    size = (high - low)[axis]
    begin, end = _OFF_M, _OFF_M + _STRETCH * size
    margin = (1 - _BREADTH) / 2 * (high - low)[1 - axis]
    hall = np.array([low + margin, high - margin])
    part = np.array([low, high])
    if toward[axis] > 0:
        hall[:, axis], part[0, axis] = low[axis] + np.array([begin, end]), low[axis] + end + setback_m
    else:
        hall[:, axis], part[1, axis] = high[axis] - np.array([end, begin]), high[axis] - end - setback_m
    return shapely.box(*hall.ravel()), shapely.box(*part.ravel())
