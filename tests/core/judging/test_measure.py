"""What is measured of a parcel and of an enterprise, on plots of 10 000 m² (15 mu)."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from given_stock import stock
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from landgis.core.judging.measure import enterprise_measures, parcel_measures
from landgis.terms.measures import MEASURES

ON = date(2024, 6, 30)


def measured(name: str, parcel: dict[str, Any] | None = None, *buildings: dict[str, Any]) -> Any:
    drawn = stock([{"parcel_no": "A"} | (parcel or {})], buildings=[{"parcel_no": "A"} | one for one in buildings])
    return parcel_measures(drawn, ON)[name].item()


def test_every_measure_of_the_terms_is_measured_and_nothing_else() -> None:
    drawn = stock([{"parcel_no": "A"}], firms=[{"uscc": "U"}])
    for frame, subject, extra in (
        (parcel_measures(drawn, ON), "parcel", "enterprise_id"),
        (enterprise_measures(drawn, ON), "enterprise", "is_gone"),
    ):
        assert set(frame) - {extra} == {item.name for item in MEASURES.values() if subject in item.subjects}


@pytest.mark.parametrize(
    ("building", "counted_m2"),
    [
        ({"floor_area_m2": 4000.0, "storey_height_m": 8.0}, 4000.0),  # 8 m is not above 8 m ...
        ({"floor_area_m2": 4000.0, "storey_height_m": 8.1}, 8000.0),  # ... 8.1 m counts double
        ({"floor_area_m2": 4000.0, "height_m": 27.0, "floors": 3.0}, 8000.0),  # 9 m a storey
        ({"floor_area_m2": 4000.0, "height_m": 9.0}, 4000.0),  # no storeys on record: once
        ({"floor_area_m2": 4000.0, "storey_height_m": 9.0, "counted_area_m2": 5000.0}, 5000.0),  # as counted
        ({"floor_area_m2": None}, np.nan),
    ],
)
def test_a_storey_above_eight_metres_counts_double(building: dict[str, Any], counted_m2: float) -> None:
    assert measured("counted_area_m2", {}, building) == pytest.approx(counted_m2, nan_ok=True)


def test_one_building_without_an_area_makes_the_ratio_unknown() -> None:
    assert np.isnan(measured("far", {}, {"floor_area_m2": 4000.0}, {"floor_area_m2": None}))
    assert measured("far", {}, {"floor_area_m2": 4000.0}, {"floor_area_m2": 1000.0}) == 0.5


@pytest.mark.parametrize(
    ("parcel", "buildings", "far", "vacant"),
    [
        ({}, [], np.nan, None),  # nothing is known of buildings
        ({"build_status": "unbuilt"}, [], 0.0, True),
        ({"build_status": "built"}, [], np.nan, False),
        ({"build_status": "unbuilt"}, [{"floor_area_m2": 100.0}], 0.01, False),  # what stands speaks louder
    ],
)
def test_without_a_building_row_only_unbuilt_land_is_known_to_be_empty(
    parcel: dict[str, Any], buildings: list[dict[str, Any]], far: float, vacant: bool | None
) -> None:
    assert measured("far", parcel, *buildings) == pytest.approx(far, nan_ok=True)
    found = measured("is_vacant", parcel, *buildings)
    assert pd.isna(found) if vacant is None else bool(found) is vacant


@pytest.mark.parametrize(
    ("name", "parcel", "building", "value"),
    [
        ("far_share", {"plan_far_max": 2.0}, {"floor_area_m2": 5000.0}, 0.25),
        ("far_share", {"plan_far_max": 0.0}, {"floor_area_m2": 5000.0}, np.nan),
        ("coefficient", {}, {"footprint_m2": 4280.0}, 0.428),
        ("built_share", {"built_area_m2": 3000.0, "supplied_area_m2": 6000.0, "cert_area_m2": 9000.0}, {}, 0.5),
        ("built_share", {"built_area_m2": 3000.0, "cert_area_m2": 9000.0}, {}, 1 / 3),
        ("value_per_m2", {"assessed_value": 2_000_000.0}, {}, 200.0),
        ("building_age_years", {}, {"built_year": 1984}, 40.0),
        ("building_age_years", {}, {"built_year": None}, np.nan),
        ("area_mu", {}, {}, 15.0),
    ],
)
def test_shares_and_ages(name: str, parcel: dict[str, Any], building: dict[str, Any], value: float) -> None:
    assert measured(name, parcel, building) == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize(
    ("code", "scheme", "industrial"),
    [("1001", "ydyh-2023", True), ("1001", "gbt21010-2017", False), ("1001", None, None), (None, "ydyh-2023", None)],
)
def test_a_code_means_what_its_scheme_says(code: str | None, scheme: str | None, industrial: bool | None) -> None:
    found = measured("is_industrial", {"landuse_code": code, "landuse_scheme": scheme})
    assert pd.isna(found) if industrial is None else bool(found) is industrial


def use(parcel: str, uscc: str, role: str, area_m2: float | None = None, **dates: date) -> dict[str, Any]:
    return {"parcel_no": parcel, "uscc": uscc, "role": role, "area_m2": area_m2, **dates}


def firms(*codes: str, **same: Any) -> list[dict[str, Any]]:
    return [{"uscc": code, "status": "normal"} | same for code in codes]


def paid(**tax_wan: float | None) -> list[dict[str, Any]]:
    return [{"uscc": code, "year": 2023, "tax_wan": tax} for code, tax in tax_wan.items()]


def test_evaluation_area_is_own_plus_leased_in_minus_leased_out() -> None:
    """O owns A (10 000) and lets 4 000 of it to T, who sublets 1 000 to S; T owns all of B as well."""
    drawn = stock(
        [{"parcel_no": "A"}, {"parcel_no": "B"}],
        firms=firms("O", "T", "S"),
        uses=[
            use("A", "O", "owner"),
            use("A", "T", "tenant", 4000.0),
            use("A", "S", "subtenant", 1000.0),
            use("B", "T", "owner"),
        ],
    )
    assert enterprise_measures(drawn, ON)["land_used_m2"].tolist() == [6000.0, 13_000.0, 1000.0]


def test_the_area_on_the_years_row_goes_first() -> None:
    year = {"uscc": "O", "year": 2023, "tax_wan": 30.0, "land_used_m2": 20_000.0}
    drawn = stock([{"parcel_no": "A"}], firms=firms("O"), uses=[use("A", "O", "owner")], years=[year])
    found = enterprise_measures(drawn, ON).iloc[0]
    assert (found["land_used_m2"], found["tax_wan_per_mu"]) == (20_000.0, 1.0)  # 30 万元 on 30 mu


def test_a_lease_of_unknown_size_leaves_both_sides_unknown() -> None:
    drawn = stock([{"parcel_no": "A"}], firms=firms("O", "T"), uses=[use("A", "O", "owner"), use("A", "T", "tenant")])
    assert enterprise_measures(drawn, ON)["land_used_m2"].isna().all()


def test_who_owns_and_works_the_same_plot_is_counted_once() -> None:
    uses = [use("A", "O", "owner", 10_000.0), use("A", "O", "user", 10_000.0)]
    drawn = stock([{"parcel_no": "A"}], firms=firms("O"), uses=uses, years=paid(O=75.0))
    assert enterprise_measures(drawn, ON)["land_used_m2"].tolist() == [10_000.0]
    assert parcel_measures(drawn, ON)[["users", "tax_wan_per_mu"]].iloc[0].tolist() == [1.0, 5.0]


@pytest.mark.parametrize(
    ("tax", "per_mu"),
    [
        ({"O": 30.0, "T": 45.0}, 5.0),  # the tenant's tax counts for the plot: 75 万元 on 15 mu
        ({"O": 30.0, "T": None}, np.nan),  # a part of a sum is not the sum
        ({"O": 30.0}, np.nan),
    ],
)
def test_the_plot_answers_with_the_tax_of_all_its_users(tax: dict[str, float], per_mu: float) -> None:
    uses = [use("A", "O", "owner"), use("A", "T", "tenant", 4000.0)]
    drawn = stock([{"parcel_no": "A"}], firms=firms("O", "T"), uses=uses, years=paid(**tax))
    assert parcel_measures(drawn, ON)["tax_wan_per_mu"].item() == pytest.approx(per_mu, nan_ok=True)


def test_a_firm_on_two_plots_brings_its_tax_by_area() -> None:
    drawn = stock(
        [{"parcel_no": "A"}, {"parcel_no": "B", "geom_area_m2": 20_000.0}],
        firms=firms("O"),
        uses=[use("A", "O", "owner"), use("B", "O", "owner")],
        years=paid(O=90.0),
    )
    assert parcel_measures(drawn, ON)["tax_wan_per_mu"].tolist() == pytest.approx([2.0, 2.0])


def test_nobody_on_the_plot_is_not_a_tax_of_zero() -> None:
    over = use("A", "O", "owner", to_on=date(2024, 6, 29))
    ahead = use("B", "O", "owner", from_on=date(2024, 7, 1))
    last_day = use("C", "O", "owner", from_on=date(2024, 6, 30), to_on=date(2024, 6, 30))
    parcels = [{"parcel_no": name} for name in "ABC"]
    drawn = stock(parcels, firms=firms("O"), uses=[over, ahead, last_day], years=paid(O=15.0))
    found = parcel_measures(drawn, ON)
    assert found["users"].tolist() == [0.0, 0.0, 1.0]
    # What O paid in 2023 it paid on A; who is on C today was not there in that year.
    assert found["tax_wan_per_mu"].tolist() == pytest.approx([1.0, np.nan, np.nan], nan_ok=True)
    assert found["stopped_months"].tolist() == pytest.approx([np.nan, np.nan, 0.0], nan_ok=True)


@pytest.mark.parametrize(
    ("dates", "tenant_m2", "owner_m2"),
    [
        ({}, 4000.0, 6000.0),  # all of 2023
        (
            {"from_on": date(2023, 7, 2)},
            4000.0 * 183 / 365,
            10_000.0 - 4000.0 * 183 / 365,
        ),  # the second half: 183 of 365 days
        ({"to_on": date(2023, 1, 1)}, 4000.0 / 365, 10_000.0 - 4000.0 / 365),  # the last day counts
        (
            {"to_on": date(2022, 12, 31)},
            np.nan,
            10_000.0,
        ),  # over before the year: nothing is known of the tenant's land
        ({"from_on": date(2024, 3, 1)}, 4000.0, 10_000.0),  # a lease renewed since: it is taken to have been here
    ],
)
def test_the_evaluation_area_is_that_of_the_year(dates: dict[str, date], tenant_m2: float, owner_m2: float) -> None:
    """东阳 2021: 以企业实际使用为准,含租用; the figures of 2023 stand beside the land of 2023."""
    uses = [use("A", "O", "owner", 10_000.0), use("A", "T", "tenant", 4000.0, **dates)]
    drawn = stock([{"parcel_no": "A"}], firms=firms("O", "T"), uses=uses)
    found = enterprise_measures(drawn, ON)["land_used_m2"]
    assert found.tolist() == pytest.approx([owner_m2, tenant_m2], nan_ok=True)


def test_the_landlord_answers_for_a_tenant_who_moved_within_the_year() -> None:
    """T rented 4000 m² of A until June 2023 and as much of B from July: half of its 30 万元 is A's, half B's, to the day."""
    uses = [
        use("A", "O", "owner"),
        use("B", "P", "owner"),
        use("A", "T", "tenant", 4000.0, to_on=date(2023, 6, 30)),
        use("B", "T", "tenant", 4000.0, from_on=date(2023, 7, 1)),
    ]
    drawn = stock(
        [{"parcel_no": "A"}, {"parcel_no": "B"}],
        firms=firms("O", "P", "T"),
        uses=uses,
        years=paid(O=15.0, P=0.0, T=30.0),
    )
    per_mu = [(15.0 + 30.0 * 181 / 365) / 15, 30.0 * 184 / 365 / 15]
    assert parcel_measures(drawn, ON)["tax_wan_per_mu"].tolist() == pytest.approx(per_mu)


def test_a_user_who_is_not_in_the_stock_is_a_user_of_whom_nothing_is_known() -> None:
    found = parcel_measures(stock([{"parcel_no": "A"}], uses=[use("A", "gone away", "owner")]), ON).iloc[0]
    assert found["users"] == 1.0
    assert np.isnan(found["tax_wan_per_mu"])
    assert pd.isna(found["enterprise_id"])


def test_the_main_user_is_who_uses_most_net_of_what_is_let() -> None:
    uses = [use("A", "O", "owner"), use("A", "T", "tenant", 6000.0)]
    drawn = stock([{"parcel_no": "A"}], firms=[*firms("O"), *firms("T", industry_code="C3612")], uses=uses)
    found = parcel_measures(drawn, ON).iloc[0]
    assert found[["uscc", "enterprise_id", "industry_code", "industry_division"]].tolist() == ["T", 102, "3612", "36"]


@pytest.mark.parametrize(
    ("first", "second", "months"),
    [
        (("stopped", date(2023, 6, 30)), None, 12.0),
        (("stopped", date(2023, 7, 1)), None, 11.0),  # the twelfth month is not full
        (("stopped", date(2023, 1, 1)), ("normal", None), 0.0),  # one of them works
        (("stopped", date(2023, 1, 1)), ("stopped", date(2024, 1, 30)), 5.0),  # since the last one stopped
        (("stopped", date(2023, 1, 1)), (None, None), np.nan),
        (("stopped", None), None, np.nan),
    ],
)
def test_a_plot_stands_still_when_all_its_users_do(first: Any, second: Any, months: float) -> None:
    codes = {"O": first, "T": second} if second else {"O": first}
    drawn = stock(
        [{"parcel_no": "A"}],
        firms=[{"uscc": code, "status": status, "stopped_since": since} for code, (status, since) in codes.items()],
        uses=[use("A", code, "user", 5000.0) for code in codes],
    )
    assert parcel_measures(drawn, ON)["stopped_months"].item() == pytest.approx(months, nan_ok=True)


@pytest.mark.parametrize(
    ("flags", "failed"),
    [((True, None), True), ((False, None), None), ((False, False), False), ((None, None), None)],
)
def test_one_failing_user_fails_the_plot_and_one_unknown_user_leaves_it_open(flags: Any, failed: bool | None) -> None:
    drawn = stock(
        [{"parcel_no": "A"}],
        firms=[{"uscc": code, "is_safety_failed": flag} for code, flag in zip("OT", flags, strict=True)],
        uses=[use("A", code, "user", 5000.0) for code in "OT"],
    )
    found = parcel_measures(drawn, ON)["is_safety_failed"].item()
    assert pd.isna(found) if failed is None else bool(found) is failed


def test_the_same_code_in_two_parks_is_evaluated_in_each() -> None:
    parcels = [{"parcel_no": "A"}, {"parcel_no": "A", "park_code": "P2"}]
    both = [{"uscc": "O", "status": "normal"}, {"uscc": "O", "status": "normal", "park_code": "P2"}]
    uses = [use("A", "O", "owner"), use("A", "O", "owner") | {"park_code": "P2"}]
    years = [
        {"uscc": "O", "year": 2023, "tax_wan": 15.0},
        {"uscc": "O", "year": 2023, "tax_wan": 150.0, "park_code": "P2"},
    ]
    found = parcel_measures(stock(parcels, firms=both, uses=uses, years=years), ON)
    assert found["tax_wan_per_mu"].tolist() == [1.0, 10.0]
    assert found["enterprise_id"].tolist() == [101, 102]


@pytest.mark.parametrize(
    ("name", "row", "value"),
    [
        ("value_added_wan_per_tce", {"value_added_wan": 70.0, "energy_tce": 20.0}, 3.5),
        ("value_added_wan_per_t", {"value_added_wan": 70.0, "emission_t": 0.0}, np.nan),  # nothing to divide by
        ("tax_yuan_per_kwh", {"tax_wan": 5.0, "power_kwh": 1_000_000.0}, 0.05),
        ("rd_share", {"rd_wan": 25.0, "revenue_wan": 1000.0}, 0.025),
        ("rd_share", {"rd_wan": None, "revenue_wan": 1000.0}, np.nan),
        ("value_added_wan_per_head", {"value_added_wan": -70.0, "employees": 7.0}, -10.0),
    ],
)
def test_yearly_ratios(name: str, row: dict[str, Any], value: float) -> None:
    drawn = stock(
        [], firms=firms("O"), years=[{"uscc": "O", "year": 2023} | row, {"uscc": "O", "year": 2022, "tax_wan": 9.0}]
    )
    assert enterprise_measures(drawn, ON)[name].item() == pytest.approx(value, nan_ok=True)


def test_layers_cover_shares_of_a_parcel_and_only_in_their_park() -> None:
    """A lies half in farmland, B wholly, C not at all; D's park has no such layer, so nothing is known there."""
    shapes = {"A": box(120.0, 31, 120.1, 31.1), "B": box(120.11, 31, 120.2, 31.1), "C": box(121, 31, 121.1, 31.1)}
    parcels = [{"parcel_no": name, "geom": shape} for name, shape in shapes.items()]
    parcels.append({"parcel_no": "D", "park_code": "P2", "geom": shapes["B"]})
    zones = [{"layer": "farmland", "zone_code": "1", "geom": box(120.05, 30, 120.5, 32)}]
    found = parcel_measures(stock(parcels, zones=zones), ON)
    assert found["farmland_share"].tolist() == pytest.approx([0.5, 1.0, 0.0, np.nan], nan_ok=True)
    assert found["ecology_share"].isna().all()


_days = st.none() | st.dates(date(2022, 6, 1), date(2024, 6, 1))
_yearly_uses = st.lists(
    st.tuples(
        st.sampled_from("ABC"), st.sampled_from("OPT"), st.sampled_from(["owner", "user", "tenant", "subtenant"]),
        st.integers(1, 10), _days, _days,
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(_yearly_uses)
def test_each_yuan_is_counted_once(given_uses: list[tuple[Any, ...]]) -> None:
    """Over all plots: the tax of every firm that was on one in the year, or is on one today; no more, no less."""
    uses = [
        use(plot, firm, role, 1000.0 * area, from_on=first, to_on=last)
        for plot, firm, role, area, first, last in given_uses
    ]
    tax = {"O": 10.0, "P": 200.0, "T": 3000.0}
    drawn = stock([{"parcel_no": name} for name in "ABC"], firms=firms("O", "P", "T"), uses=uses, years=paid(**tax))
    found = parcel_measures(drawn, ON)
    there = {
        firm
        for _, firm, _, _, first, last in given_uses
        if (first or date.min) <= (last or date.max)
        and any(
            (first or date.min) <= end and (last or date.max) >= begin
            for begin, end in ((date(2023, 1, 1), date(2023, 12, 31)), (ON, ON))
        )
    }
    counted = (found["tax_wan_per_mu"] * found["area_mu"]).fillna(0.0).sum()
    assert counted == pytest.approx(sum(tax[firm] for firm in there))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("OTS"), st.sampled_from(["owner", "tenant", "subtenant"]), st.integers(1, 4000)),
        max_size=6,
    )
)
def test_the_users_of_a_plot_never_use_more_than_is_there(given_uses: list[tuple[str, str, int]]) -> None:
    """Net areas are never negative, and with an owner of all of it they add up to no more than what was written down at the top."""
    uses = [use("A", "P", "owner", 10_000.0)] + [
        use("A", code, role, float(area)) for code, role, area in given_uses if role != "owner"
    ]
    drawn = stock([{"parcel_no": "A"}], firms=firms("P", "O", "T", "S"), uses=uses)
    before = drawn.parcel_use.copy(deep=True)
    net = enterprise_measures(drawn, ON)["land_used_m2"].dropna()
    assert (net >= 0).all()
    pd.testing.assert_frame_equal(drawn.parcel_use, before)
