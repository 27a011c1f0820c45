"""Two demands that only a swap chain of three can serve: the planted answer of the planner.

In each of two parks (or twice in one) a good firm stands beside land that nobody holds; a project needs both as one piece. The firm
may not be paid out, only swapped, and no empty plot is worth what its own is: it fits where a second firm is, the second where a third
is, and only the third fits the empty plot. Each step is within the tolerance of value, two steps are not. All of it is planned for the
cleanest class of industry, which the other projects of the city are not: nobody else wants it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd

from landgis.core.planning.valuation import land_value_wan, term_factor
from landgis.sample.planting import GOOD, Garden, Plot
from landgis.terms.errors import Words
from landgis.terms.rulereader import load_ruleset
from landgis.terms.units import FACTORS

#: What the second, the third firm's land and the empty plot are worth, of what the first one's is. Source of the tolerance, 10 % of the
#: larger: `cn-compensation`.
_STEPS: Final = (1.0, 1.08, 1.165, 1.26)
#: A parcel of the chain is of ordinary size, and each is so like the one before.
_LEAST_M2, _MOST_M2, _ALIKE = 9_000.0, 70_000.0, 0.15
#: The shared border of the first firm and the empty land beside it, metres.
_BORDER_M: Final = 60.0

_WAN: Final = float(FACTORS["yuan"])

#: What no test can say of land without contract and firm.
_NOT_KNOWN: Final = (
    "not_started", "stopped_area", "stopped_money", "low_tax", "key_low_tax", "key_below_industry", "production_stopped", "zombie",
)  # fmt: skip

#: The answer: park, demand, the two parcels of its site, and the moves in their order: from and to.
CHAIN_COLUMNS: Final = ("park_code", "demand_no", "site", "moves")


def plant_chains(garden: Garden, zones: list[tuple[int, str, Any]], count: int = 2) -> pd.DataFrame:
    """Plant chains, each in a park of its own while there are parks, with their demands; give the planner's answer.

    Nothing is drawn by chance: the same city gets the same chains.
    """
    parks = len(garden.fabric.parks)
    answers = [_plant(garden, zones, number % parks, number + 1) for number in range(count)]
    return pd.DataFrame([one for one in answers if one is not None], columns=list(CHAIN_COLUMNS))


def _plant(garden: Garden, zones: list[tuple[int, str, Any]], park: int, number: int) -> tuple[Any, ...] | None:
    found = _places(garden, park)
    if found is None:
        return None
    first, beside, second, third, empty = (garden.take(parcel) for parcel in found)
    for plot in (first, second, third):
        plot.at_level(GOOD)
        plot.land(is_mortgaged=False, plan_code="100101", landuse_code="100101")
        zones.append((plot.park, "renewal_area", plot.shape))
        plot.expect(
            f"chain_{number}", Words("置换链中的好企业", "a good firm of a swap chain"), "swap", "good_firm_wrong_land"
        )
    for plot in (beside, empty):
        give_back(plot, "reserve_of_a_chain")
    worth = _value_wan(first)
    for plot, step in zip((second, third), _STEPS[1:3], strict=True):
        _make_worth(plot, step * worth)
    # Granted anew, an empty plot is worth its price for the full term.
    empty.land(base_price_yuan_per_m2=round(_STEPS[3] * worth / (empty.area_m2 * _WAN), 2))
    beside.land(base_price_yuan_per_m2=round(0.4 * worth / (beside.area_m2 * _WAN), 2))
    land = garden.frames["parcel"]
    code = str(land["park_code"].iat[first.parcel])
    no = [str(land["parcel_no"].iat[plot.parcel]) for plot in (first, beside, second, third, empty)]
    demand = f"D{100 + number}"
    ask_for(garden, code, number, first.area_m2 + beside.area_m2)
    moves = [(no[3], no[4]), (no[2], no[3]), (no[0], no[2])]
    return code, demand, tuple(sorted(no[:2])), tuple(moves)


def ask_for(garden: Garden, code: str, number: int, area_m2: float) -> None:
    """Plant a project that needs just so much land of one park, and can pay for it."""
    garden.add(
        "demand",
        {
            "park_code": code, "demand_no": f"D{100 + number}", "name": f"示例成片项目 {number:02}",
            "investor": f"示例投资方 {100 + number}", "industry_code": "3670", "area_min_m2": np.floor(0.985 * area_m2),
            "area_ideal_m2": np.floor(area_m2), "area_max_m2": np.ceil(1.005 * area_m2), "width_min_m": 50.0,
            "far_min": 1.2, "invest_wan": 60_000.0, "output_wan": 96_000.0,
            "tax_wan": 6_000.0, "jobs": 400, "energy_tce": 3_000.0, "start_on": pd.Timestamp(garden.on) + pd.DateOffset(years=4),
            "ready_by": pd.Timestamp(garden.on) + pd.DateOffset(months=42), "priority": 1, "status": "signed", "use_kind": "industrial",
            "pollution_class": 1, "allowed_parks": [code],
        },
    )  # fmt: skip


def _places(garden: Garden, park: int) -> tuple[int, int, int, int, int] | None:
    """Find a firm beside another parcel, two firms and a plot like it; the pair that leaves the others as they are as far as may be."""
    land = garden.frames["parcel"]
    area = land["geom_area_m2"].to_numpy()
    fit = garden.ordinary & (garden.fabric.pieces.notch < 0) & (area > _LEAST_M2) & (area < _MOST_M2)
    fit &= (garden.fabric.park_of == park) & ~garden.is_small_firm[garden.holdings.owner]
    fit[list(garden.taken)] = False
    free = np.flatnonzero(fit)
    for first, beside in neighbours_of_a_block(garden, free):
        others = free[(free != first) & (free != beside)]
        apart = np.abs(np.log(area[others] / area[first]))
        like = others[np.argsort(apart, kind="stable")][:3]
        if len(like) == 3 and np.sort(apart)[2] < _ALIKE / 2:
            return first, beside, int(like[0]), int(like[1]), int(like[2])
    return None


def neighbours_of_a_block(garden: Garden, free: np.ndarray[Any, np.dtype[np.int64]]) -> Iterator[tuple[int, int]]:
    """Give pairs of one block whose rectangles share enough of a side, the larger pair first: few sites are as large."""
    pieces, area = garden.fabric.pieces, garden.frames["parcel"]["geom_area_m2"].to_numpy()
    found = []
    for block in np.unique(pieces.block[free]):
        here = free[pieces.block[free] == block]
        for one, other in combinations(here.tolist(), 2):
            u0, v0 = np.maximum(pieces.box[one, :2], pieces.box[other, :2])
            u1, v1 = np.minimum(pieces.box[one, 2:], pieces.box[other, 2:])
            if max(u1 - u0, v1 - v0) > _BORDER_M and abs(min(u1 - u0, v1 - v0)) < 1e-6:
                found.append((float(area[one] + area[other]), one, other))
    for _, one, other in sorted(found, reverse=True):
        yield one, other
        yield other, one


def give_back(plot: Plot, plant: str) -> None:
    """Let nobody hold a parcel: approved, not supplied, without contract, firm or building."""
    plot.clear()
    plot.without_firm()
    plot.garden.drop("contract", [plot.parcel])
    plot.land(
        stock_class="approved_unsupplied", owner_uscc=None, owner_name=None, tenure=None, cert_no=None, term_end=pd.NaT,
        is_mortgaged=False, supplied_area_m2=np.nan, plan_code="100101",
    )  # fmt: skip
    plot.expect(
        plant, Words("批而未供，未有合同与企业", "approved and not supplied: no contract, nobody there"),
        "data_first", findings=dict.fromkeys(_NOT_KNOWN, "unknown"),
    )  # fmt: skip


def _value_wan(plot: Plot) -> float:
    """Value land and buildings as the planner does, by the price that stands in the city."""
    return _land_wan(plot, float(plot.garden.get("parcel", plot.parcel, "base_price_yuan_per_m2"))) + _building_wan(
        plot
    )


def _make_worth(plot: Plot, value_wan: float) -> None:
    """Set the price of a plot's land so that land and buildings are worth so much."""
    per_yuan = _land_wan(plot, 1.0)
    plot.land(base_price_yuan_per_m2=round((value_wan - _building_wan(plot)) / per_yuan, 4))


def _land_wan(plot: Plot, price_yuan_per_m2: float) -> float:
    law = load_ruleset("cn-compensation")
    end = pd.Timestamp(plot.garden.get("parcel", plot.parcel, "term_end"))
    years = np.array([(end - pd.Timestamp(plot.garden.on)).days / 365.25])
    factor = term_factor(float(law.value("discount_rate", "ratio")), years, float(law.value("full_term", "year")))
    return float(land_value_wan(np.array([plot.area_m2]), np.array([price_yuan_per_m2]), factor)[0])


def _building_wan(plot: Plot) -> float:
    law = load_ruleset("cn-compensation")
    life, least = float(law.value("building_life", "year")), float(law.value("newness_min", "ratio"))
    total = 0.0
    for row in plot.buildings():
        age = plot.garden.on.year - float(plot.garden.get("building", row, "built_year"))
        total += float(plot.garden.get("building", row, "floor_area_m2")) * min(max(1 - max(age, 0) / life, least), 1)
    return total * float(law.value("replacement_mid", "元/m²")) * float(FACTORS["yuan"])
