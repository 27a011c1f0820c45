"""Many demands at once: beside brute force over all plans, and what a plan may never do."""

from dataclasses import replace
from typing import Any

import geopandas as gpd
import highspy
import numpy as np
import pandas as pd
import pytest
from drawing import draw
from given_sets import every_answer
from hypothesis import given, settings
from hypothesis import strategies as st

from landgis.core.planning import plan, sites
from landgis.core.planning.adjacency import neighbours
from landgis.core.planning.assembly import lay_ground
from landgis.core.planning.plan import GAP, Plan, _wants, _Work, make_plan, worth_by_park
from landgis.core.planning.sites import never
from landgis.terms.crs import ellipsoid_area_m2
from landgis.terms.errors import InputError

NO_PARCEL_RULE: dict[str, Any] = {"rules": ("park",)}


def land(rng: np.random.Generator, letters: int = 8) -> gpd.GeoDataFrame:
    """Draw parcels of random shape and price, some in pieces, in two parks."""
    names = [chr(ord("A") + k) for k in range(letters)]
    grid = rng.integers(0, letters, (4, 5))
    parcels = draw("\n".join("".join(names[k] for k in row) for row in grid)).set_index("parcel_no")
    parcels["geom_area_m2"] = ellipsoid_area_m2(parcels["geom"].to_numpy())
    parcels["cost_wan"] = parcels["geom_area_m2"] / 10 * np.exp(rng.normal(0, 0.5, len(parcels)))
    parcels["park_code"] = np.where(rng.random(len(parcels)) < 0.8, "p1", "p2")
    parcels["owner_uscc"] = [f"u{k}" for k in rng.integers(0, 6, len(parcels))]
    parcels["cases"] = rng.integers(0, 3, len(parcels)).astype(float)
    return parcels


def wanted(rng: np.random.Generator, count: int) -> pd.DataFrame:
    least = rng.uniform(200, 800, count)
    return pd.DataFrame(
        {
            "area_min_m2": least,
            "area_max_m2": least * rng.uniform(1.2, 2.0, count),
            "width_min_m": rng.choice([0.0, 15.0, 20.0], count),
            "owners_max": rng.choice([2, 9], count),
            "parks": [("p1",) if rng.random() < 0.3 else None for _ in range(count)],
            "value_wan": least / 10 * rng.uniform(0.8, 3, count),
        },
        index=[f"d{k}" for k in range(count)],
    )


def best_of_all(
    parcels: gpd.GeoDataFrame, demands: pd.DataFrame, borders: pd.DataFrame, limits: dict[str, float]
) -> float:
    """Try every way to give every demand one of its sets, or none."""
    fabric = lay_ground(parcels, borders, None, 5.0)
    wants = _wants(fabric, demands, ("park",), (), ())
    choices = [
        [
            (demands["value_wan"].iloc[d] - cost, members, cost)
            for members, cost in every_answer(fabric.ground, wants, d).items()
        ]
        for d in range(len(demands))
    ]
    cases = fabric.parcels["cases"].to_numpy()

    def from_demand(d: int, taken: frozenset[int], money: float, staff: float) -> float:
        if d == len(choices):
            return 0.0
        best = from_demand(d + 1, taken, money, staff)
        for value, members, cost in choices[d]:
            work = cases[list(members)].sum()
            if not taken & members and cost <= money + 1e-9 and work <= staff + 1e-9:
                best = max(best, value + from_demand(d + 1, taken | members, money - cost, staff - work))
        return best

    return from_demand(0, frozenset(), limits.get("cost_wan", np.inf), limits.get("cases", np.inf))


@pytest.mark.parametrize("seed", range(24))
def test_the_plan_is_the_best_of_all_plans(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    parcels, demands = land(rng), wanted(rng, 3)
    borders = neighbours(parcels)
    limits = {"cost_wan": float(parcels["cost_wan"].sum() * rng.uniform(0.3, 0.8)), "cases": 6.0} if seed % 2 else {}
    made = make_plan(parcels, demands, borders, limits=limits, border_min_m=5, gap=1e-7, **NO_PARCEL_RULE)
    expected = best_of_all(parcels, demands, borders, limits)
    assert made.is_proved
    assert made.objective_wan == pytest.approx(expected, abs=1e-4)
    assert made.bound_wan == pytest.approx(expected, abs=1e-2)
    # Under another numbering, and as if roots were long: quick searches miss most, the full ones look again and in parts.
    monkeypatch.setattr(plan, "_EFFORTS", (1, 3, sites.ALL_SETS))
    monkeypatch.setattr(plan, "_NEAR_MISSES", 3)
    for name, value in (("_FIRST_LIMIT", 2), ("_MORE", 2), ("_LONG", 3), ("_PARTS", 3)):
        monkeypatch.setattr(sites, name, value)
    shuffled = parcels.sample(frac=1, random_state=seed)
    again = make_plan(
        shuffled, demands, neighbours(shuffled), limits=limits, border_min_m=5, gap=1e-7, **NO_PARCEL_RULE
    )
    assert again.is_proved
    assert again.objective_wan == pytest.approx(expected, abs=1e-4)
    assert again.bound_wan == pytest.approx(expected, abs=1e-2)


def test_three_sites_of_which_every_two_share_a_parcel_are_proved_to_be_one() -> None:
    parcels = draw("AAB\nCCB").set_index("parcel_no")  # each of the three beside both others
    parcels["geom_area_m2"], parcels["cost_wan"], parcels["park_code"], parcels["owner_uscc"] = 200.0, 1.0, "p1", None
    demands = pd.DataFrame({"area_min_m2": 400.0, "area_max_m2": 400.0, "value_wan": 12.0}, index=["d0", "d1", "d2"])
    made = make_plan(parcels, demands, neighbours(parcels), gap=1e-7, **NO_PARCEL_RULE)
    # By the prices of parcels alone half of each were taken: 15 in all.
    assert (made.objective_wan, made.relaxed_wan) == (10.0, pytest.approx(10.0, abs=1e-3))


def town(seed: int = 0) -> tuple[gpd.GeoDataFrame, pd.DataFrame, pd.DataFrame]:
    """Give a town of 8 x 8 fields of 10 m x 10 m and 6 demands."""
    rng = np.random.default_rng(seed)
    parcels = draw("\n".join("".join(chr(0x4E00 + 8 * row + k) for k in range(8)) for row in range(8))).set_index(
        "parcel_no"
    )
    parcels["geom_area_m2"] = ellipsoid_area_m2(parcels["geom"].to_numpy())
    parcels["cost_wan"] = 10 * np.exp(rng.normal(0, 0.6, len(parcels)))
    parcels["park_code"], parcels["owner_uscc"], parcels["cases"] = "p1", None, 1.0
    least = rng.uniform(150, 600, 6)
    demands = pd.DataFrame(
        {"area_min_m2": least, "area_max_m2": least * 1.5, "value_wan": least / 10 * rng.uniform(0.5, 3, 6)},
        index=[f"d{k}" for k in range(6)],
    )
    return parcels, demands, neighbours(parcels)


def check(made: Plan, parcels: gpd.GeoDataFrame, demands: pd.DataFrame) -> None:
    """A plan holds what it says: disjoint, within limits, costs that add up."""
    everybody = [label for labels in made.sites["parcels"] for label in labels]
    assert len(everybody) == len(set(everybody))
    assert made.sites.index.is_unique
    for demand, site in made.sites.iterrows():
        members = parcels.loc[list(site["parcels"])]
        assert site["area_m2"] == pytest.approx(members["geom_area_m2"].sum())
        assert demands.loc[demand, "area_min_m2"] <= site["area_m2"] <= demands.loc[demand, "area_max_m2"]
        assert site["cost_wan"] == pytest.approx(members["cost_wan"].sum() + site["links_wan"])
        assert members["geom"].union_all().buffer(1e-9).geom_type == "Polygon" or site["links_wan"] > 0
    assert made.objective_wan == pytest.approx((made.sites["worth_wan"] - made.sites["cost_wan"]).sum())
    assert made.bound_wan >= made.objective_wan
    assert (made.limits["used"] <= made.limits["most"] + 1e-6).all()


def test_a_room_that_is_closed_but_for_rounding_is_not_worth_cutting() -> None:
    work = _Work(*town(), None, None, {}, 5.0, ("park",), (), (), (), ())
    work.relax(GAP, never, lambda step: None)
    work.best = replace(work.best, columns=tuple(work.master.columns[:1]), value=work.master.solve().value + 1e-9)
    assert not work._cut(GAP, never, lambda step: None)  # or the search would begin anew, for ever


def test_a_plan_holds_what_it_says() -> None:
    parcels, demands, borders = town()
    steps = []
    made = make_plan(
        parcels,
        demands,
        borders,
        limits={"cost_wan": 120.0, "cases": 20.0},
        border_min_m=5,
        rules=(),
        progress=steps.append,
    )
    check(made, parcels, demands)
    assert len(made.sites) >= 3 and made.gap < 0.05
    assert steps and all(step.bound_wan >= step.objective_wan for step in steps)
    assert made.limits.loc["cost_wan", "worth_per_unit"] > 0


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("patience", [0, 2, 5, 10**9])  # how often it is asked whether to stop before it does
def test_another_million_of_budget_brings_at_most_what_the_relaxation_says(seed: int, patience: int) -> None:
    parcels, demands, borders = town(seed)
    given = {"border_min_m": 5, "rules": ()}
    asked = iter(range(10**9))
    small = make_plan(
        parcels, demands, borders, limits={"cost_wan": 70.0}, stop=lambda: next(asked) >= patience, **given
    )
    large = make_plan(parcels, demands, borders, limits={"cost_wan": 90.0}, pool=small.pool, **given)
    each = small.limits.loc["cost_wan", "worth_per_unit"]
    assert np.isnan(each) == np.isinf(small.relaxed_wan)  # nothing proved: unknown, not nothing
    if not np.isnan(each):
        assert large.objective_wan <= small.relaxed_wan + 20 * each + 1e-6
    if patience > 10:
        assert small.objective_wan < large.objective_wan and each > 0


def test_a_plan_is_made_whatever_threads_another_user_of_the_solver_asked_for() -> None:
    parcels, demands, borders = town()
    given: dict[str, Any] = {"limits": {"cost_wan": 120.0}, "border_min_m": 5, "rules": ()}
    usual = make_plan(parcels, demands, borders, **given)
    try:
        for threads in (2, 1):  # HiGHS keeps one scheduler a process, made by whoever comes first
            highspy.Highs.resetThreadScheduler(True)
            other = highspy.Highs()
            other.setOptionValue("output_flag", False)
            other.setOptionValue("threads", threads)
            other.addVariable(0, 1, -1.0)
            other.run()
            made = make_plan(parcels, demands, borders, **given)
            assert made.limits.loc["cost_wan", "worth_per_unit"] > 0
            assert made.objective_wan == pytest.approx(usual.objective_wan)
            assert made.bound_wan == pytest.approx(usual.bound_wan) and made.relaxed_wan < np.inf
    finally:
        highspy.Highs.resetThreadScheduler(True)


def test_what_is_pinned_is_in_and_what_is_forbidden_out() -> None:
    parcels, demands, borders = town(2)
    given = {"border_min_m": 5, "rules": ()}
    free = make_plan(parcels, demands, borders, **given)
    chosen = {label for labels in free.sites["parcels"] for label in labels}
    left, unserved = sorted(set(parcels.index) - chosen)[0], sorted(set(demands.index) - set(free.sites.index))
    pinned = make_plan(parcels, demands, borders, pinned=[left], served=unserved[:1], **given)
    check(pinned, parcels, demands)
    assert pinned.is_proved  # what a pin is worth to the plan makes no room for a gap
    assert any(left in labels for labels in pinned.sites["parcels"]) and pinned.unmet == ()
    assert set(unserved[:1]) <= set(pinned.sites.index)
    assert pinned.objective_wan <= free.bound_wan + 1e-6 and pinned.bound_wan <= free.bound_wan + 1
    barred = make_plan(parcels, demands, borders, forbidden=sorted(chosen)[:8], **given)
    assert not {label for labels in barred.sites["parcels"] for label in labels} & set(sorted(chosen)[:8])


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), staff=st.integers(8, 40), looks=st.integers(0, 60))
def test_a_plan_keeps_its_word_whatever_is_asked_and_whenever_it_is_stopped(seed: int, staff: int, looks: int) -> None:
    parcels, demands, borders = town(seed)
    order = np.random.default_rng(seed).permutation(parcels.index)
    pinned, forbidden = order[:1].tolist(), order[1:9].tolist()
    asked = iter(range(10**9))
    made = make_plan(
        parcels,
        demands,
        borders,
        limits={"cases": float(staff)},
        border_min_m=5,
        rules=(),
        pinned=pinned,
        forbidden=forbidden,
        stop=lambda: next(asked) > looks,
    )
    check(made, parcels, demands)
    taken = {label for labels in made.sites["parcels"] for label in labels}
    assert not taken & set(forbidden)
    assert set(pinned) <= taken | set(made.unmet)


def test_a_pin_that_cannot_be_met_is_told() -> None:
    parcels, demands, borders = town(3)
    demands["parks"] = [("elsewhere",)] + [None] * (len(demands) - 1)
    made = make_plan(parcels, demands, borders, served=["d0"], border_min_m=5, rules=("park",))
    assert made.unmet == ("d0",) and len(made.sites)


def test_a_plan_that_is_stopped_says_its_gap() -> None:
    parcels, demands, borders = town(4)
    asked = iter(range(10**9))
    made = make_plan(parcels, demands, borders, border_min_m=5, rules=(), stop=lambda: next(asked) > 3)
    check(made, parcels, demands)
    at_once = make_plan(parcels, demands, borders, border_min_m=5, rules=(), stop=lambda: True)
    assert not at_once.is_proved and at_once.bound_wan > 0


def test_a_leading_industry_is_worth_more_where_it_leads() -> None:
    demands = pd.DataFrame(
        {"value_wan": [100.0, 100.0, 100.0], "industry_code": ["C3612", "1512", None]}, index=["a", "b", "c"]
    )
    parks = pd.DataFrame({"park_code": ["p1", "p2"], "leading_industries": [["36"], None]})
    worth = worth_by_park(demands, parks, match_share=0.2)
    assert worth["p1"].tolist() == [120.0, 100.0, 100.0] and worth["p2"].tolist() == [100.0, 100.0, 100.0]


def test_what_cannot_be_planned_is_refused() -> None:
    parcels, demands, borders = town()
    for limits in ({"nothing": 1.0}, {"unknown": 1.0}):
        with pytest.raises(InputError):
            make_plan(parcels.assign(unknown=np.nan), demands, borders, limits=limits)
    with pytest.raises(InputError):
        make_plan(parcels, demands.assign(value_wan=np.nan), borders)
    with pytest.raises(InputError):
        make_plan(parcels, demands, borders, pinned=["nowhere"])


@pytest.mark.parametrize("patience", [0, 1, 4, 40])
def test_sites_of_many_parcels_are_grown_and_the_bound_holds_for_them(patience: int) -> None:
    """Of 64 fields of 100 m² two demands want 20 to 24 each: too many sets to look at all of them, so sites are grown."""
    parcels, _, borders = town(5)
    demands = pd.DataFrame(
        {"area_min_m2": [2000.0, 2000.0], "area_max_m2": [2400.0, 2400.0], "value_wan": [900.0, 800.0]},
        index=["d0", "d1"],
    )
    asked = iter(range(10**9))
    made = make_plan(parcels, demands, borders, border_min_m=5, rules=(), gap=0.2, stop=lambda: next(asked) >= patience)
    check(made, parcels, demands)
    # Nothing can cost less than the twenty cheapest fields each, one demand taking the cheaper ones.
    cheapest = np.sort(parcels["cost_wan"].to_numpy())[:40].sum()
    assert made.objective_wan <= 1700 - cheapest + 1e-6
    if patience == 40:
        assert len(made.sites) == 2 and made.objective_wan > 0
