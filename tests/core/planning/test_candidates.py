"""Which parcels a plan may use and why not the others; what freeing one costs at least; what a project is worth; steps of distance."""

from dataclasses import replace
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from drawing import square
from given_stock import stock
from shapely import Polygon

from landgis.core.judging.measure import parcel_measures
from landgis.core.planning.adjacency import links, neighbours
from landgis.core.planning.candidates import (
    Candidates,
    candidates,
    demand_values,
    distance_class_m,
    divide,
    least_ways,
    sensitive_distance_m,
)
from landgis.core.planning.swap import place
from landgis.terms.errors import RuleError
from landgis.terms.frames import Stock
from landgis.terms.rulereader import load_ruleset
from tests.core.planning.test_swap import ON, RULES, movers, plots

PLANNING = load_ruleset("cn-planning")


@pytest.mark.parametrize(
    ("asked_m", "step_m"),
    [
        (46, 50), (50, 50), (51, 100), (100, 100),  # up to 100 m: steps of 50
        (101, 200), (240, 300), (300, 300),  # up to 1000 m: steps of 100
        (1001, 1200), (1200, 1200), (0, 0),  # above: 200
    ],
)  # fmt: skip
def test_a_distance_is_rounded_up_to_its_step(asked_m: float, step_m: float) -> None:
    assert distance_class_m(np.array([asked_m, np.nan]), PLANNING)[0] == step_m


def test_a_project_is_worth_its_tax_discounted_and_its_jobs() -> None:
    usual: dict[str, Any] = {"tax_wan": 100.0, "jobs": 50, "chain_link": None, "priority": 1}
    rows = pd.DataFrame(
        [
            usual,
            usual | {"jobs": None},
            usual | {"chain_link": "fill"},
            usual | {"priority": 3},
            usual | {"tax_wan": np.nan},
        ]
    )
    rows["jobs"] = rows["jobs"].astype("Int64")
    worth = demand_values(rows, PLANNING).tolist()
    # 100 × 6.7101 (ten years at 8 %) ÷ 1.08² + 50 × 1
    assert worth[0] == pytest.approx(100 * 6.710081 / 1.1664 + 50, rel=1e-6)
    assert worth[1] == pytest.approx(worth[0] - 50)
    assert worth[2] == pytest.approx(worth[0] * 1.1) and worth[3] == pytest.approx(worth[0] * 0.9)
    assert np.isnan(worth[4])  # no tax known is no worth known


def chain(**first: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A fits where B is, B where C is, and only C fits the empty plot: 1000, 1080, 1165, 1260 万元."""
    stays = {"must_leave": False, "exit_days": np.nan, "exit_wan": np.nan}
    firms = movers(
        a={"exit_days": np.nan, "exit_wan": np.nan} | first,
        b=stays | {"value_wan": 1080.0},
        c=stays | {"value_wan": 1165.0},
    )
    land = plots(
        pb={"value_wan": 1080.0, "held_by": "b", "free_on": pd.NaT}, pc={"value_wan": 1165.0, "held_by": "c", "free_on": pd.NaT},
        empty={"value_wan": 1260.0},
    )  # fmt: skip
    return firms, land


def test_the_least_way_of_a_chain_is_what_placing_it_costs() -> None:
    firms, land = chain()
    least = least_ways(firms, land, RULES, PLANNING, ON)
    found = place(firms, land, RULES, ON, longest=3)
    assert least.loc["a", "cost_wan"] == pytest.approx(found.cost_wan) == 150.0
    assert least.loc["a", "free_on"] == found.moves["left_on"].max()
    assert place(firms, land, RULES, ON, longest=2).unplaced == ("a",)


def test_where_nobody_could_free_it_there_is_no_way() -> None:
    firms, land = chain(is_clean=False)
    assert np.isnan(least_ways(firms, land, RULES, PLANNING, ON).loc["a", "cost_wan"])
    firms, land = chain(exit_days=30, exit_wan=120.0)
    assert least_ways(firms, land, RULES, PLANNING, ON).loc["a", "cost_wan"] == 120.0  # being paid out is cheaper


def test_a_pinned_move_is_made_and_a_forbidden_one_is_not() -> None:
    firms, land = movers(a={}), plots(x={}, y={"cost_wan": 1.0})
    assert place(firms, land, RULES, ON).moves["plot"].tolist() == ["x"]
    assert place(firms, land, RULES, ON, forbidden=[("a", "x")]).moves["plot"].tolist() == ["y"]
    assert place(firms, land, RULES, ON, pinned=[("a", "y")]).moves["plot"].tolist() == ["y"]
    assert place(firms, land, RULES, ON, pinned=[("a", None)]).moves["deed"].tolist() == ["exit"]


DAY = date(2026, 6, 30)
#: A hectare of granted factory land, 50 years left at 600 元/m²; a new hall of 4 000 m² at 1 500 元/m²: worth 600 + 600 万元.
PLOT: dict[str, Any] = {
    "tenure": "granted", "build_status": "built", "base_price_yuan_per_m2": 600.0, "term_end": date(2076, 6, 30), "landuse_code": "100101",
    "landuse_scheme": "ydyh-2023", "plan_code": "100101", "plan_scheme": "ydyh-2023", "is_mortgaged": False, "is_seized": False,
}  # fmt: skip
#: Nobody holds it, and it is worth 1 200 万元 granted anew.
EMPTY: dict[str, Any] = PLOT | {
    "stock_class": "approved_unsupplied", "build_status": "unbuilt", "tenure": None, "base_price_yuan_per_m2": 1200.0,
}  # fmt: skip


def ground(parcels: dict[str, dict[str, Any]], firms: str, **more: Any) -> Stock:
    """A stock of these parcels; on those named works a firm: 1 000 万元 of fixed assets, 120 万元 of profit, a hall of its own."""
    drawn = stock(
        [PLOT | {"parcel_no": name} | differs for name, differs in parcels.items()],
        buildings=[
            *({"parcel_no": name, "building_no": name, "floor_area_m2": 4000.0, "built_year": 2026} for name in firms),
            *more.pop("buildings", ()),
        ],
        firms=[{"uscc": name} for name in firms],
        uses=[{"parcel_no": name, "uscc": name, "role": "owner"} for name in firms],
        years=[
            {"uscc": name, "year": 2025, "fixed_asset_wan": 1000.0, "profit_wan": 120.0, "tax_wan": 90.0}
            for name in firms
        ],
        **more,
    )
    return replace(drawn, park=drawn.park.assign(county_code="330101"))


def laid_out(
    drawn: Stock,
    answers: dict[str, str | None],
    *,
    rules: Any = PLANNING,
    costs: Any = RULES,
    spare_m2: float = 5_000.0,
    **how: Any,
) -> Candidates:
    said = pd.DataFrame({"answer": list(answers.values()), "track": None}, index=drawn.parcel.index, dtype="object")
    said["upgrade_m2"] = spare_m2
    said["track"] = said["track"].mask(said["answer"] == "idle", "fee")
    return candidates(drawn, said, parcel_measures(drawn, DAY), rules, costs, DAY, **how)


def days(found: Candidates) -> list[int]:
    return (found.parcels["free_on"] - pd.Timestamp(DAY)).dt.days.tolist()


def test_who_can_be_had_by_which_deed_at_what_cost_and_when() -> None:
    """Empty land for its clearing, 45 万元 a hectare; who leaves is paid out; who is to be swapped moves to land of equal value."""
    drawn = ground({"A": {}, "B": {}, "C": EMPTY, "D": {}, "E": {}}, "ABDE")
    found = laid_out(drawn, {"A": "exit", "B": "swap", "C": None, "D": "upgrade", "E": "idle"})
    parcels = found.parcels.set_index("parcel_no")
    assert parcels["deed"].to_dict() == {"A": "exit", "B": "swap", "C": "reserve", "E": "exit"}
    # Paid out: all of the land at nine tenths, the hall, 60 of the assets, six months of profit, a twentieth on top; and the clearing.
    paid = 0.9 * 600 + 600 + 60 + 60
    assert parcels.loc["A", "cost_wan"] == pytest.approx(paid + 0.05 * (0.9 * 600 + 600) + 45, rel=1e-4)
    assert parcels.loc["A", "cost_low_wan"] < parcels.loc["A", "cost_wan"] < parcels.loc["A", "cost_high_wan"]
    # Swapped: the move and the standstill (60 + 60), the clearing of the new land and of the old.
    assert parcels.loc["B", "cost_wan"] == pytest.approx(60 + 60 + 45 + 45)
    assert parcels.loc["C", ["cost_low_wan", "cost_wan", "cost_high_wan"]].tolist() == pytest.approx([45.0] * 3)
    assert days(found) == [270, 60 + 365, 60, 270]
    assert parcels["staff_days"].tolist() == [40, 60, 5, 40]
    assert parcels["tax_wan"].tolist() == pytest.approx([90.0, 90.0, 0.0, 90.0])
    assert found.left_out.values.tolist() == [["upgrade", 1, 10_000.0]]
    # A and E may be paid out, B may be swapped; B may go to C, and C's place is the only one that is empty.
    assert found.movers.index.tolist() == [1, 2, 5] and found.movers["exit_days"].isna().tolist() == [
        False,
        True,
        False,
    ]
    assert found.plots["held_by"].to_dict() == {"parcel:2": 2, "parcel:3": None}
    assert found.plots["value_wan"].tolist() == pytest.approx([1200.0, 1200.0], rel=1e-4)


def test_land_that_no_firm_works_on_is_had_sooner_whatever_it_is_told() -> None:
    """To clear it of people takes no 270 days; to swap there is nobody, and its holder is paid out."""
    drawn = ground({"A": {"build_status": "unbuilt"}, "B": {"build_status": "unbuilt"}, "C": EMPTY}, "C")
    found = laid_out(drawn, {"A": "exit", "B": "swap", "C": "exit"})
    assert found.parcels["deed"].tolist() == ["exit", "exit"]
    assert days(found) == [60, 60] and found.movers.index.tolist() == [3]
    assert found.left_out["reason"].tolist() == [
        "cost_unknown"
    ]  # a firm on land that was never supplied: its right is not known


def test_a_mortgaged_title_is_clean_where_the_mortgagee_consents_and_only_there() -> None:
    """B may be swapped to the empty C; mortgaged, with the bank's word unknown, refused and given."""
    for consents, can_be_had in ((None, False), (False, False), (True, True)):
        drawn = ground({"B": {"is_mortgaged": True, "has_consent": consents}, "C": EMPTY}, "B")
        found = laid_out(drawn, {"B": "swap", "C": None})
        assert ("swap" in found.parcels["deed"].tolist()) is can_be_had


def test_why_the_others_cannot_be_had() -> None:
    drawn = ground({"A": {}, "B": {}, "C": {}, "D": {}, "E": EMPTY, "F": {"base_price_yuan_per_m2": None}}, "ABCDF")
    answers = {"A": "exit", "B": "swap", "C": "leave", "D": None, "E": None, "F": "exit"}
    found = laid_out(drawn, answers, promised=np.array([1, 5]))
    assert found.parcels.empty
    told = found.left_out.set_index("reason")["parcels"].to_dict()
    # The only empty land is promised, so that B has no place to go to.
    assert told == {"promised": 2, "no_place": 1, "leave": 1, "not_judged": 1, "cost_unknown": 1}


def strip(west_m: float, east_m: float) -> Polygon:
    """A piece of a belt of 100 m from south to north, at 33° N, where a degree is 93 456 m east and 110 914 m north."""
    west, east = 117 + west_m / 93_456, 117 + east_m / 93_456
    return Polygon([(west, 33), (east, 33), (east, 33 + 100 / 110_914), (west, 33 + 100 / 110_914)])


def belt(**hall: Any) -> Stock:
    """D of two hectares, its hall over the western 80 m; E, empty, east of it; W, empty, west of it beyond a road of 20 m."""
    places = {"D": strip(0, 200), "E": strip(200, 300), "W": strip(-120, -20)}
    area = {"D": 20_000.0, "E": 10_000.0, "W": 10_000.0}
    rows = {no: (EMPTY if no != "D" else {}) | {"geom": places[no], "geom_area_m2": area[no]} for no in places}
    drawn = ground(rows, "D")
    building = drawn.building.assign(footprint_m2=8_000.0, geometry=[strip(0, 80)])
    return replace(drawn, building=building.assign(**hall))


def test_a_firm_that_builds_up_in_place_gives_what_one_cut_takes_off() -> None:
    """2 hectares, the hall over 80 m of it, ten metres kept clear: 110 m × 100 m could be divided off, at the price of the land alone."""
    found = laid_out(belt(), {"D": "upgrade", "E": None, "W": None}, spare_m2=15_000.0)
    part = found.parcels.set_index("parcel_no").loc["D"]
    assert part["deed"] == "upgrade" and part["geom_area_m2"] == pytest.approx(11_000, rel=1e-3)
    assert part["geom"].bounds[0] == pytest.approx(117 + 90 / 93_456, abs=1e-6)
    # 600 元/m² at nine tenths for 11 000 m², clearing at 45 元/m², 20 万元 for the division; no hall, no equipment, no standstill.
    assert part["cost_wan"] == pytest.approx(0.9 * 660 + 49.5 + 20, rel=1e-3)
    assert part["cost_low_wan"] < part["cost_wan"] < part["cost_high_wan"]
    assert (part["free_on"] - pd.Timestamp(DAY)).days == 180 and part["staff_days"] == 30
    assert found.movers.empty  # it stays


@pytest.mark.parametrize(
    ("density", "spare_m2", "given_m2"),
    [
        (None, 15_000.0, 11_000.0),  # the hall and ten metres beside it
        (None, 8_000.0, 8_000.0),  # what its floors need at the ideal ratio
        (0.5, 15_000.0, 4_000.0),  # a hall of 8 000 m² may cover half of what is kept: 16 000 m²
    ],
)
def test_it_keeps_what_its_floors_and_its_hall_need(density: float | None, spare_m2: float, given_m2: float) -> None:
    drawn = belt()
    drawn.parcel["plan_density_max"] = density
    found = laid_out(drawn, {"D": "upgrade", "E": None, "W": None}, spare_m2=spare_m2)
    assert found.parcels.set_index("parcel_no").loc["D", "geom_area_m2"] == pytest.approx(given_m2, rel=2e-3)


@pytest.mark.parametrize("hall", [{"geometry": None}, {"footprint_m2": np.nan}])
def test_where_it_is_not_known_what_must_be_spared_nothing_is_divided(hall: dict[str, Any]) -> None:
    found = laid_out(belt(**hall), {"D": "upgrade", "E": None, "W": None}, spare_m2=15_000.0)
    assert found.parcels["parcel_no"].tolist() == ["E", "W"] and found.kept.empty
    assert found.left_out.values.tolist() == [["upgrade", 1, 20_000.0]]


def test_a_ruleset_that_says_nothing_of_dividing_divides_nothing() -> None:
    numbers = {name: number for name, number in PLANNING.numbers.items() if not name.startswith("divide_")}
    found = laid_out(
        belt(), {"D": "upgrade", "E": None, "W": None}, rules=replace(PLANNING, numbers=numbers), spare_m2=15_000.0
    )
    assert found.parcels["parcel_no"].tolist() == ["E", "W"]


def test_of_a_share_the_part_knows_only_all_or_nothing() -> None:
    """A third of the parcel is farmland: whether the part is, nobody can say; where none of it is, none of the part is."""
    drawn = belt()
    farmland = gpd.GeoDataFrame(
        {"park_code": ["P1"], "zone_no": ["z"], "layer": ["farmland"], "geom": [strip(150, 300)]},
        geometry="geom",
        crs=4490,
    )
    found = laid_out(replace(drawn, zone=farmland), {"D": "upgrade", "E": None, "W": None}, spare_m2=15_000.0)
    told = found.parcels.set_index("parcel_no")["farmland_share"]
    assert np.isnan(told["D"]) and told["E"] == pytest.approx(1.0) and told["W"] == 0.0


def test_a_part_borders_on_what_lies_beside_it_and_not_on_what_lies_beside_the_rest() -> None:
    """East the part and E share 100 m; west the road of 20 m leads from W to what D keeps, and no link goes through that."""
    drawn = belt()
    found = laid_out(drawn, {"D": "upgrade", "E": None, "W": None}, spare_m2=15_000.0)
    shapes = divide(drawn.parcel, found)
    assert shapes.index.tolist() == [1, 2, 3, -1]
    borders = neighbours(shapes).set_index(["parcel_a", "parcel_b"])["border_m"]
    assert borders.to_dict() == pytest.approx({(1, 2): 100.0, (1, -1): 100.0}, rel=1e-3)
    across = links(shapes, gap_max_m=120.0, facing_min_m=40.0, borders=neighbours(shapes))
    assert list(zip(across["parcel_a"], across["parcel_b"], strict=True)) == [(3, -1)]


def test_an_empty_floor_takes_a_firm_and_its_land_is_then_paid_for() -> None:
    """A workshop of 10 000 m², half of it empty, is a place without a wait; a house, a full or an unplaced one is none."""
    hall = {"parcel_no": "B", "floor_area_m2": 10_000.0, "built_year": 2026, "function": "workshop", "vacancy": 0.5}
    others = [hall | {"function": "dormitory"}, hall | {"vacancy": 0.0}, hall | {"parcel_no": "nowhere"}]
    buildings = [one | {"building_no": f"h{at}"} for at, one in enumerate([hall, *others])]
    drawn = ground({"A": {}, "B": {}}, "A", buildings=buildings)
    found = laid_out(drawn, {"A": "swap", "B": "leave"})
    label = f"floor:{drawn.building.index[1]}"
    assert found.plots.loc[[label], ["kind", "area_m2", "county_code"]].values.tolist() == [
        ["factory", 5000.0, "330101"]
    ]
    assert [name for name in found.plots.index if name.startswith("floor")] == [label]
    leave = float(found.movers.loc[1, "exit_wan"])
    assert found.parcels["cost_wan"].tolist() == pytest.approx([leave + 120 + 45])
    assert days(found) == [365]


def test_costs_by_assessment_need_no_estimate_and_swap_nobody() -> None:
    rules = load_ruleset("nyc-planning")
    drawn = ground({"A": {"assessed_value": 4_500_000.0}, "B": {"assessed_value": 0.0}, "C": {}}, "")
    found = laid_out(drawn, dict.fromkeys("ABC", "exit"), rules=rules, costs=None)
    assert found.movers.empty and found.plots.empty
    share, market, clear = (float(rules.value(*one)) for one in (
        ("assessed_share", "ratio"), ("market_mid", "ratio"), ("prepare_cost", "元/m²"),
    ))  # fmt: skip
    assert found.parcels["cost_wan"].tolist() == pytest.approx([450 / share * market + clear])
    assert found.left_out["parcels"].tolist() == [2]  # assessed at nothing is not free of charge
    with pytest.raises(RuleError) as refused:
        laid_out(drawn, dict.fromkeys("ABC", "exit"), costs=None)
    assert refused.value.at == "cn-planning" and "cn-compensation" in refused.value.mend.en


@pytest.mark.parametrize(
    ("scheme", "code", "kind", "worst"),
    [
        ("ydyh-2023", "100101", "industrial", 1), ("ydyh-2023", "100103", "industrial", 3), ("ydyh-2023", "1001", "industrial", None),
        ("ydyh-2023", "100100", "research", None), ("ydyh-2023", "110102", "warehouse", 2), ("gb50137-2011", "M2", "industrial", 2),
        ("gb50137-2011", "W3", "warehouse", 3), ("gbt21010-2017", "0604", "warehouse", None), ("gbt21010-2017", "0601", "industrial", None),
        ("ydyh-2023", "0701", None, None), ("ydyh-2023", None, None, None), (None, "1001", None, None), ("unheard-of", "1001", None, None),
    ],
)  # fmt: skip
def test_a_plan_s_code_says_what_for_and_how_polluting(
    scheme: Any, code: Any, kind: str | None, worst: int | None
) -> None:
    drawn = ground({"A": {"plan_code": code, "plan_scheme": scheme, "build_status": "unbuilt"}}, "")
    found = laid_out(drawn, {"A": "exit"}).parcels.iloc[0]
    assert found["plan_kind"] == kind
    assert np.isnan(found["plan_class"]) if worst is None else found["plan_class"] == worst


def test_a_sensitive_place_is_measured_to_fence_to_fence_and_in_its_own_park() -> None:
    """Two squares of 100 m, 200 m between them; the park beyond has a school and no parcel, the third a parcel and no school."""
    shape, school = Polygon(square()), Polygon(square(west=117.0 + 300 / 93_456))
    drawn = stock(
        [{"parcel_no": "A", "geom": shape}, {"parcel_no": "B", "geom": shape, "park_code": "P3"}],
        zones=[
            {"layer": "sensitive", "geom": school}, {"layer": "renewal_area", "geom": shape},
            {"layer": "sensitive", "geom": shape, "park_code": "P2"},
        ],
    )  # fmt: skip
    found = sensitive_distance_m(drawn.parcel, drawn.zone)
    assert found[0] == pytest.approx(200.0, abs=0.5) and np.isnan(found[1])


def test_without_firms_or_places_there_is_no_way() -> None:
    firms, land = chain()
    assert least_ways(firms.iloc[:0], land, RULES, PLANNING, ON).empty
    assert least_ways(firms, land.iloc[:0], RULES, PLANNING, ON).isna().all(axis=None)
    far = land.assign(county_code="330102")
    assert least_ways(firms, far, RULES, PLANNING, ON).isna().all(axis=None)
