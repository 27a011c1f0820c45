"""Stopped firms: series of months written out, patches drawn, and what the signs together say."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawing import draw
from given_stock import PARK, stock
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import scale

from landgis.core.judging.activity import Activity, activity, firm_signs, fuse, laid_out, patch_signs
from landgis.core.judging.measure import parcel_measures
from landgis.terms.frames import ACTIVITY_COLUMNS, FINDING_COLUMNS, SIGN_COLUMNS, Stock
from landgis.terms.rulereader import load_ruleset

ZOMBIE = load_ruleset("cn-zombie")
ON = date(2026, 6, 30)
RUNS = [1000.0] * 24


def months(uscc: str = "U", last: str = "2026-06", **series: list[float | None]) -> list[dict[str, Any]]:
    """Write series of months out that end with the month `last`."""
    count = len(next(iter(series.values())))
    days = pd.date_range(end=pd.Timestamp(last), periods=count, freq="MS")
    return [
        {"uscc": uscc, "month": day.date()} | {name: values[place] for name, values in series.items()}
        for place, day in enumerate(days)
    ]


def one_firm(*rows: dict[str, Any], on: date = ON, firm: dict[str, Any] | None = None, **tables: Any) -> Activity:
    drawn = stock(
        [{"parcel_no": "A"}],
        firms=[{"uscc": "U", "status": "normal"} | (firm or {})],
        uses=[{"parcel_no": "A", "uscc": "U", "role": "owner"}],
        months=list(rows),
        **tables,
    )
    return judged(drawn, on)


def judged(drawn: Stock, on: date = ON) -> Activity:
    return activity(drawn, parcel_measures(drawn, on), ZOMBIE, on)


def sign(found: Activity, code: str = "power_by_month") -> tuple[str, float, float] | None:
    """Give state, age and weight of a sign; None where it says nothing."""
    rows = found.signs[found.signs["sign"] == code]
    return None if rows.empty else (rows["state"].item(), rows["age_months"].item(), round(rows["weight"].item(), 4))


@pytest.mark.parametrize(
    ("power", "said"),
    [
        (RUNS, "off"),
        (RUNS[:18] + [0.0] * 6, "on"),  # half a year at nothing
        (RUNS[:19] + [0.0] * 5, None),  # five months: too short to point anywhere
        (RUNS[:18] + [90.0] * 6, "on"),  # under a tenth of its own level: the guard's lamp
        (RUNS[:18] + [400.0] * 6, None),  # four tenths: neither stopped nor running
        (RUNS[:17] + [0.0] * 6 + [900.0], "off"),  # it came back
        ([9e6, 8e6, *RUNS[:22]], "off"),  # two wrong readings set no level
        (RUNS[:12] + [None] * 6 + [0.0] * 6, "on"),  # a gap is neither zero nor running ...
        (RUNS[:12] + [None] * 9 + [0.0] * 3, None),  # ... and does not count as low
        ([0.0] * 24, "on"),  # never ran
        ([None] * 24, None),
    ],
)
def test_electricity_beside_its_own_running_level(power: list[float | None], said: str | None) -> None:
    found = sign(one_firm(*months(power_kwh=power)))
    assert (found and found[0]) == said


def test_a_season_of_rest_is_no_stop() -> None:
    """A sugar mill: four months of campaign, eight of rest, year after year; then a campaign that does not come."""
    year = [5000.0] * 4 + [20.0] * 8  # begins in November
    rests = one_firm(*months(last="2026-06", power_kwh=[*year, *year, *year][:32]))
    assert sign(rests) is None  # June: at rest, as every June
    short = one_firm(*months(last="2026-02", power_kwh=[*year, *year, *([20.0] * 4)]), on=date(2026, 2, 28))
    assert sign(short) is None  # four months of campaign missed: not half a year ...
    missed = one_firm(*months(last="2026-04", power_kwh=[*year, *year, *([20.0] * 6)]), on=date(2026, 4, 30))
    assert sign(missed) == ("on", 0.0, 1.0)  # ... and a rest after no campaign is no rest of the season


def test_months_that_begin_after_the_stop_are_held_against_the_years() -> None:
    years = [{"uscc": "U", "year": year, "power_kwh": 120_000.0} for year in (2022, 2023)]
    assert sign(one_firm(*months(power_kwh=[300.0] * 12), years=years)) == ("on", 0.0, 1.0)
    assert sign(one_firm(*months(power_kwh=[300.0] * 12))) == (
        "off",
        0.0,
        1.0,
    )  # without the years it looks its usual self


@pytest.mark.parametrize(
    ("running", "said"),
    [
        (6, []),  # nothing from July 2025 on: that 2025 ran as a whole is the half year before
        (12, ["off"]),  # the stop begins with 2026: 2025 ran to its end
    ],
)
def test_a_year_that_ran_says_nothing_of_the_months_after_a_stop_within_it(running: int, said: list[str]) -> None:
    years = [{"uscc": "U", "year": year, "power_kwh": 12_000.0} for year in (2023, 2024, 2025)]
    found = one_firm(*months(power_kwh=RUNS[:12] + [1000.0] * running + [0.0] * (18 - running)), years=years)
    signs = found.signs.groupby("sign")["state"].agg(list)
    assert signs["power_by_month"] == ["on"] and signs.get("power_by_year", []) == said


def test_since_when_and_how_old() -> None:
    """Nothing from November on; the last reading is of March: three full months old on 30 June, half a half-life of six."""
    found = one_firm(*months(last="2026-03", power_kwh=RUNS[:19] + [0.0] * 5 + [3.0]))
    row = found.signs.set_index("sign").loc["power_by_month"]
    assert (row["since"], row["seen_on"]) == (pd.Timestamp("2025-10-01"), pd.Timestamp("2026-03-31"))
    assert (row["age_months"], row["weight"]) == (3.0, pytest.approx(0.5**0.5))
    assert row["effect"] == pytest.approx(np.log(50) * 0.5**0.5)


@pytest.mark.parametrize(("on", "age"), [(date(2026, 6, 29), 0.0), (date(2026, 6, 30), 0.0), (date(2026, 7, 1), 0.0)])
def test_a_month_that_is_not_over_does_not_count(on: date, age: float) -> None:
    """June holds two readings' worth of nothing yet on the 29th: May is the last month."""
    found = one_firm(*months(last="2026-06", power_kwh=[*RUNS[:23], 0.0]), on=on)
    state = sign(found)
    assert state == (("off", age, 1.0) if on < date(2026, 6, 30) else None)


def test_a_tenant_without_a_meter_is_not_idle_and_its_landlord_s_meter_proves_nothing() -> None:
    def shared(landlord: list[float], tenant: list[float | None]) -> dict[str, str]:
        drawn = stock(
            [{"parcel_no": "A"}],
            firms=[{"uscc": "O", "status": "normal"}, {"uscc": "T", "status": "normal"}],
            uses=[
                {"parcel_no": "A", "uscc": "O", "role": "owner"},
                {"parcel_no": "A", "uscc": "T", "role": "tenant", "area_m2": 4000.0},
            ],
            months=[*months("O", power_kwh=landlord), *months("T", power_kwh=tenant)],
        )
        signs, _, _ = firm_signs(drawn, ZOMBIE, ON)
        codes = drawn.enterprise["uscc"].loc[signs["enterprise_id"].astype("int64")].to_list()
        return dict(zip(codes, signs["state"], strict=True))

    assert shared(RUNS, [0.0] * 24) == {}  # whose electricity is it?
    assert shared(RUNS, [None] * 24) == {}
    assert shared(RUNS[:18] + [0.0] * 6, [0.0] * 24) == {"O": "on"}  # dark for both
    assert shared(RUNS, RUNS) == {"O": "off", "T": "off"}


def probability(found: Activity) -> float:
    return float(found.firms["probability"].item())


def test_no_data_is_neither_stopped_nor_working() -> None:
    found = one_firm()
    assert np.isnan(probability(found))
    assert (found.firms["stopped"].item(), found.parcels["stopped"].item()) == ("unknown", "unknown")
    row = found.findings.set_index("test").loc["production_stopped"]
    assert "enterprise_month.power_kwh" in row["missing"]
    assert np.isnan(row["value"])


def test_the_ledger_s_normal_proves_nothing_and_its_stopped_does() -> None:
    stopped = one_firm(firm={"status": "stopped", "stopped_since": date(2025, 6, 1)})
    assert probability(stopped) == pytest.approx(20 / 9 / (1 + 20 / 9))  # prior odds 1:9, likelihood ratio 20
    assert stopped.firms["stopped"].item() == "unknown"  # one word in a ledger is not enough


def test_signs_are_fused_in_odds() -> None:
    """Prior 1:9; electricity x50, tax x8, heads x10: odds 444, by hand."""
    gone = [*RUNS[:16], *([0.0] * 8)]
    found = one_firm(*months(power_kwh=gone, tax_wan=gone, insured=[100] * 16 + [0] * 8))
    odds = 50 * 8 * 10 / 9
    assert probability(found) == pytest.approx(odds / (1 + odds))
    assert found.firms["stopped"].item() == "suspected"
    runs = one_firm(*months(power_kwh=RUNS, tax_wan=RUNS, insured=[100] * 24))
    odds = 1 / 15 / 3 / 3 / 9
    assert probability(runs) == pytest.approx(odds / (1 + odds))
    assert runs.firms["stopped"].item() == "clear"
    at_odds = one_firm(*months(power_kwh=gone, tax_wan=RUNS, insured=[100] * 24))
    assert at_odds.firms["stopped"].item() == "unknown"  # dark, but it pays and employs


def test_two_meters_are_not_two_witnesses() -> None:
    """By month x50 and by year x20 of one meter: held at x60."""
    years = [{"uscc": "U", "year": year, "power_kwh": kwh} for year, kwh in ((2023, 9e5), (2024, 9e5), (2025, 100.0))]
    found = one_firm(*months(power_kwh=[9e4] * 12 + [0.0] * 18), years=years, on=date(2026, 1, 31))
    assert set(found.signs["sign"]) == {"power_by_month", "power_by_year"}
    odds = 60 / 9
    assert probability(found) == pytest.approx(odds / (1 + odds), rel=1e-3)


def test_what_worked_long_ago_is_not_known_to_work() -> None:
    old = one_firm(*months(last="2024-12", power_kwh=RUNS))  # 18 months: three half-lives, an eighth is left
    assert old.signs["weight"].item() == 0.125
    assert old.firms["stopped"].item() == "unknown"
    assert np.isnan(probability(one_firm(*months(last="2023-05", power_kwh=RUNS))))  # forgotten after three years


# --- patches ------------------------------------------------------------------------------------------------------------------


def drawn_with(*patches: dict[str, Any]) -> Stock:
    """Two plots side by side, nobody on them; a patch is the shape of a plot, shrunk where it says so."""
    plots = draw("""
        AAAABBBB
        AAAABBBB
    """)
    shape = plots.set_index("parcel_no")["geom"]
    rows = [
        {"evidence_no": str(place), "seen_on": date(2026, 6, 1), "confidence": 1.0}
        | {key: value for key, value in patch.items() if key not in ("on", "times")}
        | {"geom": scale(shape[patch["on"]], patch.get("times", 1.0), 1.0)}
        for place, patch in enumerate(patches)
    ]
    return stock([{"parcel_no": no, "geom": shape[no]} for no in "AB"], evidence=rows)


def seen(drawn: Stock) -> dict[tuple[int, str], float]:
    found = patch_signs(drawn.parcel, drawn.evidence, ZOMBIE, ON)
    return {(row.parcel_id, row.sign): round(row.value, 3) for row in found.itertuples()}


@pytest.mark.parametrize(
    ("patch", "found"),
    [
        ({"on": "A", "kind": "bare_ground"}, {(1, "seen_bare"): 1.0}),  # B is only touched
        ({"on": "A", "kind": "bare_ground", "times": 0.5}, {(1, "seen_bare"): 0.5}),
        ({"on": "A", "kind": "bare_ground", "times": 0.09}, {}),  # under a tenth: the edge of another place
        ({"on": "A", "kind": "bare_ground", "times": 1.4}, {(1, "seen_bare"): 1.0, (2, "seen_bare"): 0.2}),
        ({"on": "A", "kind": "bare_ground", "seen_on": date(2026, 7, 1)}, {}),  # not yet seen on the day
        ({"on": "A", "kind": "bare_ground", "park_code": "elsewhere"}, {}),
        ({"on": "A", "kind": "found_running"}, {(1, "inspected_running"): 1.0}),
    ],
)
def test_a_patch_counts_where_it_covers_enough(patch: dict[str, Any], found: dict[tuple[int, str], float]) -> None:
    assert seen(drawn_with(patch)) == found


def test_the_latest_of_a_kind_counts_and_parts_of_one_day_together() -> None:
    halves = [{"on": "A", "kind": "bare_ground", "times": 0.07, "seen_on": date(2026, 5, 1)}] * 2
    assert seen(drawn_with(*halves)) == {(1, "seen_bare"): 0.14}
    older = {"on": "A", "kind": "bare_ground", "seen_on": date(2024, 1, 1)}
    found = patch_signs(
        *(getattr(drawn_with(older, halves[0] | {"times": 0.3}), name) for name in ("parcel", "evidence")), ZOMBIE, ON
    )
    assert found["seen_on"].to_list() == [pd.Timestamp("2026-05-01")]


def test_a_patch_speaks_for_its_plot_and_fades() -> None:
    """Nobody is known there: prior 1:9. Found stopped, x60, a half-life of twelve months."""
    for when, finding in (
        (date(2026, 6, 30), "suspected"),
        (date(2025, 6, 30), "unknown"),
        (date(2023, 6, 1), "unknown"),
    ):
        found = judged(drawn_with({"on": "A", "kind": "found_stopped", "seen_on": when}))
        assert found.parcels["stopped"].to_list() == [finding, "unknown"], when
    fresh = judged(drawn_with({"on": "A", "kind": "found_stopped", "seen_on": ON}))
    assert fresh.parcels["probability"].iloc[0] == pytest.approx(60 / 69)
    unsure = judged(drawn_with({"on": "A", "kind": "found_stopped", "seen_on": ON, "confidence": None}))
    assert unsure.parcels["probability"].iloc[0] == pytest.approx(60**0.5 / 9 / (1 + 60**0.5 / 9))  # half a witness
    works = judged(drawn_with({"on": "A", "kind": "found_running", "seen_on": ON}))
    assert works.parcels["stopped"].to_list() == ["clear", "unknown"]


# --- plots and their users ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "finding"),
    [
        ("dark", "dark", "suspected"),
        ("dark", "runs", "clear"),  # one who works keeps the plot at work
        ("dark", None, "unknown"),  # nothing is known of the other
        ("runs", None, "clear"),
    ],
)
def test_a_plot_stands_still_when_all_its_users_do(first: str, second: str | None, finding: str) -> None:
    series = {"dark": RUNS[:16] + [0.0] * 8, "runs": RUNS}
    rows = [
        row
        for uscc, kind in (("O", first), ("T", second))
        if kind
        for row in months(uscc, power_kwh=series[kind], tax_wan=series[kind])
    ]
    drawn = stock(
        [{"parcel_no": "A"}],
        firms=[{"uscc": "O", "status": "normal"}, {"uscc": "T", "status": "normal"}],
        uses=[
            {"parcel_no": "A", "uscc": "O", "role": "owner"},
            {"parcel_no": "A", "uscc": "T", "role": "user", "area_m2": 4000.0},
        ],
        months=rows,
    )
    assert judged(drawn).parcels["stopped"].item() == finding


def test_a_landlord_who_let_everything_does_not_speak_for_the_plot() -> None:
    dark = RUNS[:16] + [0.0] * 8
    drawn = stock(
        [{"parcel_no": "A"}],
        firms=[{"uscc": "O", "status": "normal"}, {"uscc": "T", "status": "normal"}],
        uses=[
            {"parcel_no": "A", "uscc": "O", "role": "owner", "area_m2": 10_000.0},
            {"parcel_no": "A", "uscc": "T", "role": "tenant", "area_m2": 10_000.0},
        ],
        months=[*months("O", power_kwh=dark, tax_wan=dark), *months("T", power_kwh=RUNS, tax_wan=RUNS)],
    )
    assert judged(drawn).parcels["stopped"].item() == "clear"


# --- what always holds --------------------------------------------------------------------------------------------------------

CODES = {item.code: item for item in ZOMBIE.signs}
_sign_rows = st.lists(
    st.tuples(st.sampled_from(sorted(CODES)), st.floats(0, 36), st.floats(0, 1), st.integers(1, 3)), max_size=8
)


def rows_of(given_rows: list[tuple[str, float, float, int]]) -> pd.DataFrame:
    """Make signs, each on where its code has a ratio for it."""
    made = []
    for code, age, sure, firm in given_rows:
        item = CODES[code]
        weight = sure * (0.5 ** (age / float(item.half_life_months)) if item.half_life_months else 1.0)
        state = "on" if item.on is not None else "off"
        ratio = item.on if item.on is not None else item.off
        assert ratio is not None
        effect = weight * np.log(float(ratio))
        made.append(
            {"enterprise_id": firm, "sign": code, "state": state, "age_months": age, "weight": weight, "effect": effect}
        )
    return pd.DataFrame(made, columns=list(SIGN_COLUMNS)).astype(
        {"enterprise_id": "Int64", "effect": float, "weight": float}
    )


FIRMS = pd.Index([1, 2, 3], name="enterprise_id")


def fused(rows: pd.DataFrame) -> pd.DataFrame:
    return fuse(rows, FIRMS, "enterprise_id", ZOMBIE)


@settings(max_examples=200, deadline=None)
@given(_sign_rows, st.sampled_from(sorted(code for code, item in CODES.items() if item.on)), st.floats(0, 36))
def test_one_more_sign_of_a_stop_never_lowers_the_probability(
    given_rows: list[tuple[str, float, float, int]], code: str, age: float
) -> None:
    before = fused(rows_of(given_rows))["probability"].fillna(0.1)  # nothing known: the prior
    after = fused(rows_of([*given_rows, (code, age, 1.0, 2)]))["probability"]
    assert after[2] >= before[2] - 1e-12
    assert after.drop(2).equals(fused(rows_of(given_rows))["probability"].drop(2))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(CODES)), st.floats(0, 36), st.floats(0, 36))
def test_a_sign_moves_back_to_the_prior_as_it_ages(code: str, one: float, other: float) -> None:
    younger, older = (
        abs(fused(rows_of([(code, age, 1.0, 1)]))["probability"][1] - 0.1) for age in sorted((one, other))
    )
    assert older <= younger + 1e-12


@settings(max_examples=100, deadline=None)
@given(_sign_rows, st.randoms(use_true_random=False))
def test_the_order_of_the_signs_does_not_matter(given_rows: list[tuple[str, float, float, int]], random: Any) -> None:
    shuffled = list(given_rows)
    random.shuffle(shuffled)
    pd.testing.assert_frame_equal(fused(rows_of(given_rows)), fused(rows_of(shuffled)), check_exact=True)
    told = {firm for *_, firm in given_rows}
    assert (
        set(FIRMS[fused(rows_of(given_rows))["probability"].isna()]) == set(FIRMS) - told
    )  # nothing seen: nothing said


_series = st.lists(st.none() | st.sampled_from([0.0, 50.0, 400.0, 1000.0, 3000.0]), min_size=1, max_size=40)


@settings(max_examples=15, deadline=None)
@given(st.lists(_series, min_size=2, max_size=3))
def test_firms_are_read_one_by_one(all_series: list[list[float | None]]) -> None:
    """What is said of a firm does not depend on who else is there, nor in which order; and the stock stays as it is."""
    rows = [row for place, power in enumerate(all_series) for row in months(f"U{place}", power_kwh=power)]
    codes = [f"U{place}" for place in range(len(all_series))]

    def said(firms: list[str], given_rows: list[dict[str, Any]]) -> dict[str, Any]:
        drawn = stock([{"parcel_no": "A"}], firms=[{"uscc": code} for code in firms], months=given_rows)
        before = drawn.enterprise_month.copy(deep=True)
        signs, _, _ = firm_signs(drawn, ZOMBIE, ON)
        pd.testing.assert_frame_equal(drawn.enterprise_month, before)
        named = drawn.enterprise["uscc"].loc[signs["enterprise_id"].astype("int64")].to_list()
        return dict(
            zip(named, zip(signs["state"], signs["effect"], signs["since"].astype(str), strict=True), strict=True)
        )

    together = said(codes, rows)
    assert said(codes[::-1], rows[::-1]) == together
    alone = {}
    for code in codes:
        alone |= said([code], [row for row in rows if row["uscc"] == code])
    assert alone == together


def test_what_is_stored_is_whole_and_plain() -> None:
    found = one_firm(*months(power_kwh=RUNS), evidence=[])
    rows = laid_out(found, pd.DataFrame({"uscc": ["U"]}, index=found.firms.index))
    assert list(rows.columns) == list(ACTIVITY_COLUMNS)
    assert [entry["test"] for entry in rows["tests"].iloc[0]] == [test.code for test in ZOMBIE.tests]
    assert rows["signs"].iloc[0][0]["seen_on"] == "2026-06-30"
    assert rows["signs"].iloc[0][0]["since"] is None
    assert list(found.findings.columns) == list(FINDING_COLUMNS)
    assert set(found.findings["ruleset"]) == {"cn-zombie"}


def test_an_empty_stock_has_nothing_to_say() -> None:
    drawn = stock([{"parcel_no": "A"}])
    found = judged(drawn)
    assert found.parcels["stopped"].to_list() == ["unknown"]
    assert found.findings.set_index("test")["missing"].to_dict() == {
        "production_stopped": ("parcel_use",), "zombie": ("parcel_use",),
    }  # fmt: skip
    assert found.findings["article"].ne("").all()
    assert PARK == drawn.parcel["park_code"].item()
