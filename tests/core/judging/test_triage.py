"""Exit, swap, upgrade or leave: gate by gate, and what is unknown never passes for no."""

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from given_stock import stock
from hypothesis import given, settings
from hypothesis import strategies as st

from landgis.core.judging.idle import idle_by_parcel, idle_findings, idle_land
from landgis.core.judging.inefficient import low_efficiency
from landgis.core.judging.measure import parcel_measures
from landgis.core.judging.performance import grade
from landgis.core.judging.triage import parcel_grades, triage, walk
from landgis.terms.errors import RuleError
from landgis.terms.frames import ANSWER, FINDING_COLUMNS, TRIAGE_COLUMNS, empty
from landgis.terms.reasons import read_reason, reason_words
from landgis.terms.rulereader import compose, load_ruleset
from landgis.terms.rules import Condition, Derived, Gate, Ruleset

RULES = load_ruleset("cn-triage")
NYC = load_ruleset("nyc-ibz")
#: A healthy plot: 15 mu, ratio 1.2 where 0.8 is asked, coefficient 0.5, a working car maker of grade B, nothing suspected.
USUAL = {
    "park_code": "P1", "area_m2": 10_000.0, "far": 1.2, "coefficient": 0.5, "plan_far_max": 2.0, "plan_is_industrial": True,
    "industry_code": "3612", "industry_division": "36", "industry_scheme": "gbt4754-2017", "stopped_months": 0.0,
    "is_safety_failed": False, "is_environment_failed": False, "industry_standing": "unlisted", "farmland_share": 0.0, "ecology_share": 0.0,
    "renewal_area_share": 0.0, "urban_boundary_share": 1.0, "users": 1.0,
    "idle": "clear", "track": None, "grade": "B", "grade_before": "B", "low_tax": "clear",
}  # fmt: skip
FOUND = ("idle", "track", "grade", "grade_before", "grade_reason", "grade_before_reason", "low_tax")


def answered(*differs: dict[str, Any], rules: Any = RULES, **given: Any) -> pd.DataFrame:
    return triage(rules=rules, **asked(*differs, **given))


def asked(*differs: dict[str, Any], found: pd.DataFrame | None = None) -> dict[str, Any]:
    """Give what the gates ask for, a row each: the usual, and what differs."""
    rows = [USUAL | row for row in differs]
    index = pd.Index(range(1, len(rows) + 1), name="parcel_id")
    frame = pd.DataFrame([{key: value for key, value in row.items() if key not in FOUND} for row in rows], index=index)
    for name in ("is_safety_failed", "is_environment_failed", "plan_is_industrial"):
        frame[name] = frame[name].astype("boolean")

    def column(name: str) -> pd.Series:
        return pd.Series([row.get(name) for row in rows], index=index, dtype="object")

    def lacks(name: str) -> list[tuple[str, ...]]:
        return [(name,)] * len(rows)

    findings = pd.DataFrame(
        {
            "parcel_id": index,
            "ruleset": "r",
            "test": "low_tax",
            "finding": column("low_tax"),
            "missing": lacks("enterprise_year.tax_wan"),
        }
    ).reindex(columns=list(FINDING_COLUMNS))
    findings = findings if found is None else found
    idle = pd.DataFrame(
        {"idle": column("idle"), "track": column("track"), "missing": lacks("contract.delivered_on")}, index=index
    )
    idle = idle.assign(test="not_started", days=800.0)
    grades, before = (
        pd.DataFrame({"grade": column(name), "reason": column(f"{name}_reason")}, index=index)
        for name in ("grade", "grade_before")
    )
    return {"measures": frame, "findings": findings, "idle": idle, "grades": grades, "grades_before": before}


@pytest.mark.parametrize(
    ("row", "answer", "gate", "code"),
    [
        ({}, "leave", 6, "keep"),
        ({"idle": "suspected", "track": "fee"}, "exit", 1, "legal_idle"),
        ({"idle": "suspected", "track": "agreement", "is_safety_failed": True}, "exit", 1, "legal_idle"),
        ({"industry_standing": "forbidden"}, "exit", 2, "obsolete_industry"),
        ({"is_safety_failed": True}, "exit", 2, "safety_failed"),
        ({"is_environment_failed": True, "grade": "A"}, "exit", 2, "environment_failed"),
        ({"plan_is_industrial": False, "grade": "A"}, "swap", 2, "plan_not_industrial"),
        ({"plan_is_industrial": False, "grade": "T"}, "swap", 2, "plan_not_industrial"),
        ({"plan_is_industrial": False, "grade": "C"}, "exit", 2, "plan_not_industrial"),
        ({"farmland_share": 0.02, "grade": "C"}, "exit", 2, "in_farmland"),
        ({"farmland_share": 0.01, "grade": "C"}, "leave", 6, "keep"),  # 1 % is the noise of drawings
        ({"renewal_area_share": 0.5}, "swap", 3, "in_renewal_area"),
        ({"renewal_area_share": 0.5, "grade": "C"}, "leave", 6, "keep"),
        ({"urban_boundary_share": 0.4, "grade": "A"}, "swap", 3, "outside_boundary"),
        ({"far": 0.79, "plan_far_max": 1.0}, "upgrade", 4, "far_below_floor"),
        ({"far": 0.80, "plan_far_max": 1.0}, "leave", 6, "keep"),
        ({"coefficient": 0.29, "grade": "C"}, "upgrade", 4, "coefficient_below_floor"),
        ({"plan_far_max": 2.4}, "upgrade", 4, "large_potential"),  # 1.2 of 2.4: half
        ({"plan_far_max": 2.39}, "leave", 6, "keep"),
        ({"low_tax": "suspected"}, "upgrade", 4, "low_efficiency"),
        ({"low_tax": "suspected", "stopped_months": 12.0}, "exit", 5, "long_stopped"),
        ({"stopped_months": 11.0}, "leave", 6, "keep"),
        ({"grade": "D", "grade_before": "C"}, "exit", 5, "poor_two_years"),
        ({"grade": "D", "grade_before": "B"}, "upgrade", 5, "poor_once"),
        ({"grade": "T", "low_tax": "suspected"}, "leave", 6, "keep"),
    ],
)
def test_the_gates(row: dict[str, Any], answer: str, gate: int, code: str) -> None:
    found = answered(row).iloc[0]
    assert (found["answer"], found["gate"], read_reason(found["reason"])[0]) == (answer, gate, code)


@pytest.mark.parametrize(
    ("row", "missing"),
    [
        ({"is_safety_failed": None}, "enterprise.is_safety_failed"),
        ({"plan_is_industrial": None}, "parcel.plan_code"),
        ({"far": np.nan}, "building.counted_area_m2"),
        ({"coefficient": np.nan}, "building.footprint_m2"),
        ({"industry_code": None, "industry_division": None, "industry_standing": None}, "enterprise.industry_code"),
        ({"industry_scheme": "gbt4754-2011", "industry_standing": None}, "enterprise.industry_scheme"),
        ({"idle": "unknown"}, "contract"),
        ({"grade": None}, "grade"),
        ({"grade": "D", "grade_before": None}, "grade_before"),
        ({"low_tax": "unknown"}, "enterprise_year.tax_wan"),
        ({"stopped_months": np.nan}, "enterprise.status,enterprise.stopped_since"),
        ({"users": 0.0, "stopped_months": np.nan}, "parcel_use"),
    ],
)
def test_what_decides_and_is_unknown_asks_for_data_first(row: dict[str, Any], missing: str) -> None:
    found = answered(row).iloc[0]
    assert (found["answer"], found["gate"]) == ("data_first", 0)
    assert missing in found["reason"].split("missing=")[1]
    assert np.isnan(found["freeable_m2"])


@pytest.mark.parametrize(
    ("row", "answer", "gate"),
    [
        # Every way still open leads out as well: no paper is waited for.
        ({"grade": "D", "grade_before": "D", "idle": "unknown", "is_safety_failed": None}, "exit", 5),
        ({"is_safety_failed": True, "idle": "unknown", "grade": None, "far": np.nan}, "exit", 2),
        ({"idle": "suspected", "track": "fee", "grade": None, "far": np.nan, "plan_is_industrial": None}, "exit", 1),
        ({"grade": "D", "grade_before": "D", "far": np.nan, "coefficient": np.nan, "low_tax": "unknown"}, "exit", 5),
        # A poor firm's place could only send it out too, but as a swap where the firm were good: it is not.
        ({"grade": "D", "grade_before": "D", "plan_is_industrial": None}, "exit", 5),
        # Low enough by what is known: the other ratio does not matter.
        ({"far": 0.1, "coefficient": np.nan}, "upgrade", 4),
    ],
)
def test_a_missing_number_that_could_not_change_the_answer_is_not_waited_for(
    row: dict[str, Any], answer: str, gate: int
) -> None:
    found = answered(row).iloc[0]
    assert (found["answer"], found["gate"]) == (answer, gate)


def test_a_layer_that_was_never_loaded_is_told_and_does_not_hold_up() -> None:
    """The ruleset says so, condition by condition (if_unknown = "note")."""
    found = answered({"farmland_share": np.nan, "urban_boundary_share": np.nan}).iloc[0]
    assert found["answer"] == "leave"
    assert read_reason(found["reason"])[1]["unchecked"] == "farmland_share,urban_boundary_share"
    swap = answered({"renewal_area_share": np.nan, "urban_boundary_share": 0.4}).iloc[0]  # in the gate that decides too
    assert (
        swap["reason"]
        == "outside_boundary urban_boundary_share=0.4 threshold=0.5 unit=ratio unchecked=renewal_area_share"
    )
    assert "未核对 永久基本农田占比" in reason_words(found["reason"], RULES.words).zh


def test_the_track_the_land_and_the_numbers() -> None:
    """15 mu at 0.6 of an ideal 1.2 win 7.5 mu: 5 000 m²."""
    rows = [
        {"idle": "suspected", "track": "take_back", "far": 0.0},
        {"far": 0.6, "plan_far_max": 1.2, "low_tax": "suspected"},
        {"far": 0.6, "plan_far_max": np.nan, "grade": "D", "grade_before": "D"},
        {},
    ]
    found = answered(*rows)
    assert found["track"].tolist() == ["take_back", None, None, None]
    assert found["freeable_m2"].tolist() == [10_000.0, 0.0, 10_000.0, 0.0]
    assert found["upgrade_m2"].tolist() == pytest.approx([10_000.0, 5000.0, 5000.0, 4000.0])
    assert found["suspected"].tolist() == [0, 1, 0, 0]
    assert found["reason"].iloc[0] == "legal_idle track=take_back test=not_started days=800"
    assert found["reason"].iloc[1] == "far_below_floor far=0.6 threshold=0.8 unit=ratio"
    assert found["reason"].iloc[2] == "poor_two_years grade=D grade_before=D"
    assert tuple(found.columns) == TRIAGE_COLUMNS
    # Texts are objects, also where every one of them is known: what is blank is None, never a NaN.
    for texts in (found, found.iloc[[0]], answered(rows[0])):
        assert texts.dtypes[["answer", "reason", "track", "grade"]].tolist() == [np.dtype(object)] * 4
    assert [*found["track"].iloc[1:], answered({"grade": None})["grade"].item()] == [None] * 4


def test_where_nothing_may_be_built_there_is_nothing_to_win() -> None:
    """A plan that allows a ratio of 0 is no ideal to hold a ratio against; what stands beyond the ideal wins nothing."""
    found = answered({"plan_far_max": 0.0}, {"plan_far_max": 0.0, "far": 0.0}, {"far": 1.2, "plan_far_max": 1.0})
    assert found["upgrade_m2"].iloc[:2].isna().all() and found["upgrade_m2"].iloc[2] == 0.0


def test_a_swap_frees_the_land_as_an_exit_does() -> None:
    found = answered({"plan_is_industrial": False}).iloc[0]
    assert (found["answer"], found["freeable_m2"], found["track"]) == ("swap", 10_000.0, None)


def findings_of(*rows: tuple[int, str, str, float | None, float | None]) -> pd.DataFrame:
    """Give findings: parcel, test, finding, value, threshold; what is unknown lacks ``column.TEST`` and ``column.both``."""
    frame = pd.DataFrame(rows, columns=["parcel_id", "test", "finding", "value", "threshold"]).reindex(
        columns=list(FINDING_COLUMNS)
    )
    lacks = [(f"column.{test}", "column.both") if said == "unknown" else () for _, test, said, *_ in rows]
    return frame.assign(missing=pd.Series(lacks, dtype="object"), ruleset="r")


@pytest.mark.parametrize(
    ("rows", "suspected", "shortfall"),
    [
        # Of the shortfall 40 parts in 100 are the widest gap of a test that suspects, as a share of its threshold.
        ([(1, "low_tax", "suspected", 4.0, 5.0)], 1, 0.4 * 0.2),
        ([(1, "low_tax", "suspected", 4.0, 5.0), (1, "low_power", "suspected", 1.0, 2.0)], 2, 0.4 * 0.5),
        (
            [(1, "low_tax", "suspected", 4.0, 5.0), (1, "low_power", "clear", 9.0, 2.0)],
            1,
            0.4 * 0.2,
        ),  # far from a line it keeps
        ([(1, "low_tax", "suspected", -1.0, 5.0)], 1, 0.4),  # never more than all of it
        ([(1, "low_tax", "suspected", None, None)], 1, 0.4),  # a yes-or-no test has no distance
        ([(1, "low_tax", "suspected", 12.0, 10.0)], 1, 0.4 * 0.2),  # an upper bound is passed upwards
        (
            [(1, "not_started", "suspected", 800.0, 366.0)],
            1,
            0.0,
        ),  # idleness has its own track: no test of low efficiency
        ([(1, "production_stopped", "suspected", 0.9, 0.7)], 1, 0.0),
        ([(1, "low_tax", "suspected", 1.0, 0.0)], 1, 0.4),  # of nothing asked, any gap is the whole
        ([(1, "low_tax", "suspected", 0.0, 0.0)], 1, 0.4),
        ([(7, "low_tax", "suspected", 4.0, 5.0)], 0, 0.0),  # of a parcel that is not here
        ([], 0, 0.0),
    ],
)
def test_the_widest_gap_of_a_test_that_suspects_is_the_shortfall(
    rows: list[Any], suspected: int, shortfall: float
) -> None:
    known = walk(rules=RULES, **asked({}, found=findings_of(*rows))).known.iloc[0]
    assert known["worst_shortfall"] == pytest.approx(shortfall / 0.4)
    found = answered({}, found=findings_of(*rows)).iloc[0]
    assert found["suspected"] == suspected
    assert (found["shortfall_low"], found["shortfall_high"]) == pytest.approx((shortfall, shortfall))


def test_an_open_test_leaves_low_efficiency_open_unless_another_suspects() -> None:
    still_open = answered(
        {}, found=findings_of((1, "low_tax", "unknown", None, None), (1, "low_power", "clear", 9.0, 2.0))
    ).iloc[0]
    assert still_open["answer"] == "data_first" and "column.low_tax,column.both" in still_open["reason"]
    assert (still_open["shortfall_low"], still_open["shortfall_high"]) == pytest.approx((0.0, 0.4))
    found = findings_of((1, "low_tax", "unknown", None, None), (1, "low_power", "suspected", 1.0, 2.0))
    assert answered({}, found=found)["answer"].item() == "upgrade"
    elsewhere = findings_of((7, "low_tax", "unknown", None, None), (1, "not_started", "unknown", None, None))
    assert answered({}, found=elsewhere)["answer"].item() == "leave"


def test_what_open_tests_lack_is_asked_for_once_and_parcel_by_parcel() -> None:
    found = findings_of(
        (1, "low_tax", "unknown", None, None), (1, "low_power", "unknown", None, None), (2, "low_far", "unknown", None, None),
        (2, "stopped_area", "unknown", None, None), (3, "low_tax", "clear", 9.0, 2.0),
    )  # fmt: skip
    said = answered({}, {}, {}, found=found)
    lists = [read_reason(reason)[1].get("missing") for reason in said["reason"]]
    assert lists == ["column.low_tax,column.both,column.low_power", "column.low_far,column.both", None]


def test_a_layer_that_was_not_looked_at_is_not_told_where_data_come_first() -> None:
    found = answered({"farmland_share": np.nan, "is_safety_failed": None}, {"farmland_share": np.nan, "far": 0.1})
    assert found["answer"].tolist() == ["data_first", "upgrade"]
    assert ["unchecked=farmland_share" in reason for reason in found["reason"]] == [False, True]
    assert "farmland" not in found["reason"].iloc[0]


@pytest.mark.parametrize(
    ("row", "missing"),
    [
        # A gate that is shut asks for nothing more, however much of it is unknown: a poor firm's ratio cannot matter.
        ({"grade": "D", "grade_before": None, "far": np.nan, "coefficient": np.nan}, "grade_before"),
        # What the ruleset only notes is not asked for, in a gate left open by something else neither.
        ({"plan_is_industrial": None, "farmland_share": np.nan, "grade": "C"}, "parcel.plan_code"),
        # The contract's own finding says which of its columns lacks.
        ({"idle": "unknown"}, "contract.delivered_on"),
        # Why there is no grade comes first; a reason that names no column leaves the grade itself to be asked for.
        (
            {"grade": None, "grade_reason": "nothing_known missing=enterprise_year.power_kwh,enterprise_year.tax_wan"},
            "enterprise_year.power_kwh,enterprise_year.tax_wan,grade",
        ),
        ({"grade": None, "grade_reason": "population_too_small count=4"}, "grade"),
        (
            {
                "grade": "D",
                "grade_before": None,
                "grade_before_reason": "nothing_known missing=enterprise_year.tax_wan",
            },
            "enterprise_year.tax_wan,grade_before",
        ),
        # Both years lack it: it is named once.
        (
            {"grade": None, "low_tax": "unknown", "grade_reason": "nothing_known missing=a,enterprise_year.tax_wan"},
            "a,enterprise_year.tax_wan,grade",
        ),
    ],
)
def test_only_what_an_open_gate_lacks_is_asked_for(row: dict[str, Any], missing: str) -> None:
    found = answered(row, {})
    assert found["reason"].iloc[0] == f"data_missing missing={missing}"
    assert found["answer"].iloc[1] == "leave"


def test_a_test_that_is_open_is_not_asked_about_where_another_suspects() -> None:
    found = findings_of((1, "low_tax", "suspected", 4.0, 5.0), (1, "low_power", "unknown", None, None))
    assert answered({"grade": None}, found=found)["reason"].item() == "data_missing missing=grade"


def test_who_cannot_say_what_lacks_names_nothing() -> None:
    found = findings_of((1, "low_tax", "unknown", None, None)).assign(missing=[()])
    assert answered({}, found=found)["reason"].item() == "data_missing"


def gates(*first: Gate) -> Ruleset:
    """The usual rules with other gates before the last, which asks nothing."""
    return replace(RULES, gates=(*first, RULES.gates[-1]))


def gate_of(code: str, *all_of: Condition) -> Gate:
    return replace(RULES.gates[0], code=code, all_of=all_of, any_of=())


def test_what_a_contract_lacks_is_asked_for_only_where_idleness_is_open() -> None:
    """Idle beyond doubt by one test, open by another: here the gate waits for the grade alone."""
    rules = gates(
        gate_of("both", Condition("idle", "in", values=("suspected",)), Condition("grade", "in", values=("D",)))
    )
    found = answered({"idle": "suspected", "track": "fee", "grade": None}, rules=rules)
    assert found["reason"].item() == "data_missing missing=grade"


def test_land_that_is_not_idle_has_no_track_and_a_gate_by_the_track_is_not_left_open() -> None:
    rules = gates(gate_of("on_track", Condition("track", "in", values=("fee", "take_back"))))
    rows = [
        {"idle": said, "track": track} for said, track in (("clear", None), ("suspected", "fee"), ("unknown", None))
    ]
    found = answered(*rows, rules=rules)
    assert found["answer"].tolist() == ["leave", "exit", "data_first"]
    assert found["reason"].tolist() == ["keep", "on_track track=fee", "data_missing missing=contract.delivered_on"]
    assert walk(rules=rules, **asked(*rows)).known["track"].iloc[0] == "none"
    by_finding = gates(gate_of("idle", Condition("idle", "in", values=("suspected",))))
    assert answered(rows[2], rules=by_finding)["reason"].item() == "data_missing missing=contract.delivered_on"
    assert found["track"].tolist() == [None] * 3  # told where idleness itself decided


def test_the_gate_that_decided_is_a_fact_for_the_modes() -> None:
    walked = walk(rules=RULES, **asked({}, {"idle": "suspected", "track": "fee"}, {"far": np.nan}))
    assert walked.known["answer"].tolist() == ["leave", "exit", "data_first"]
    decided = walked.known["decided_by"]
    assert decided.iloc[:2].tolist() == ["keep", "legal_idle"] and pd.isna(decided.iloc[2])


def test_a_reason_tells_a_share_of_the_park_s_own_without_a_unit_and_a_text_as_one_word() -> None:
    mean = Derived("far_mean", "mean", "far", (), "", "count", RULES.gates[0].title, "")
    rules = gates(
        gate_of("marked", Condition("landuse_code", "in", values=("M 1",))),
        gate_of("thin", Condition("far_mean", "<", number="renewal_share")),
    )
    rules = replace(rules, derived=(mean,))
    rows = [{"landuse_code": "M 1", "far_mean": 0.6}, {"landuse_code": "M2", "far_mean": 0.25}]
    found = answered(*rows, rules=rules)
    assert found["reason"].tolist() == ["marked landuse_code=M_1", "thin far_mean=0.25 threshold=0.5"]


def test_why_there_is_no_grade_is_asked_for() -> None:
    """The evaluation says which columns it lacked; without that the grade itself is."""
    index = pd.Index([1, 2], name="parcel_id")
    rows = pd.DataFrame([{k: v for k, v in USUAL.items() if k not in FOUND}] * 2, index=index)
    grades = pd.DataFrame(
        {
            "grade": [None, None],
            "reason": ["too_little_known missing=enterprise_year.power_kwh,enterprise_year.tax_wan", None],
        },
        index=index,
    )
    idle = pd.DataFrame(
        {"idle": "clear", "track": None, "missing": [()] * 2, "test": None, "days": np.nan}, index=index
    )
    found = triage(rows, empty(FINDING_COLUMNS), RULES, idle=idle, grades=grades, grades_before=grades)
    first, second = (read_reason(reason)[1]["missing"].split(",") for reason in found["reason"])
    assert {"enterprise_year.power_kwh", "enterprise_year.tax_wan", "grade"} <= set(first) and "grade" in second
    assert "enterprise_year.tax_wan" not in second and found["grade"].tolist() == [None, None]


def test_the_grade_of_the_parcel_or_of_its_main_user_speaks() -> None:
    measures = pd.DataFrame({"enterprise_id": pd.array([102, None, 101], dtype="Int64")}, index=pd.Index([1, 2, 3]))
    by_firm = pd.DataFrame({"parcel_id": [None, None], "grade": ["A", "B"], "reason": ["", "x"]}, index=[101, 102])
    assert parcel_grades(by_firm, measures).values.tolist() == [["B", "x"], [None, None], ["A", ""]]
    by_parcel = pd.DataFrame({"parcel_id": [3, 1], "grade": ["C", "D"], "reason": ["", ""]}, index=[3, 1])
    assert parcel_grades(by_parcel, measures, ["grade"])["grade"].tolist() == ["D", None, "C"]
    assert (
        parcel_grades(by_firm.rename({101: 1, 102: -1}), measures)["grade"].tolist() == [None] * 3
    )  # nobody is no number
    assert parcel_grades(by_parcel, measures).dtypes.tolist() == [np.dtype(object)] * 2


def test_what_was_not_assessed_is_unknown() -> None:
    frame = parcel_measures(stock([{"parcel_no": "A"}]), date(2024, 6, 30))
    found = triage(frame, empty(FINDING_COLUMNS), RULES).iloc[0]
    assert found["answer"] == "data_first"
    assert "contract" in found["reason"] and "grade" in found["reason"]


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ({"landuse_code": "11", "far_share": np.nan, "grade": None}, "exit"),
        ({"landuse_code": "01", "far_share": 0.9, "grade": "A"}, "swap"),
        ({"landuse_code": "06", "far_share": 0.2, "grade": "C"}, "upgrade"),
        ({"landuse_code": "06", "far_share": 0.2, "grade": "D"}, "exit"),
        ({"landuse_code": "06", "far_share": 0.9, "grade": "C"}, "leave"),
        ({"landuse_code": None, "far_share": 0.2, "grade": "C"}, "data_first"),
    ],
)
def test_the_same_engine_answers_by_other_gates(row: dict[str, Any], answer: str) -> None:
    assert answered(row | {"value_per_m2": 1.0}, rules=NYC)["answer"].item() == answer


def test_a_ruleset_without_gates_is_refused() -> None:
    with pytest.raises(RuleError) as refused:
        answered({}, rules=load_ruleset("dongyang-2021"))
    assert refused.value.at == "dongyang-2021" and refused.value.mend is not None and "triage" in refused.value.mend.en


def test_from_stock_to_answer() -> None:
    """A never built on, B in use, C without any paper."""
    drawn = stock(
        [
            {"parcel_no": "A", "build_status": "unbuilt"},
            {"parcel_no": "B", "plan_code": "1001", "plan_scheme": "ydyh-2023"},
            {"parcel_no": "C"},
        ],
        contracts=[
            {"contract_no": "1", "parcel_no": "A", "agreed_start_on": date(2023, 1, 1)},
            {"contract_no": "2", "parcel_no": "B", "started_on": date(2010, 1, 1)},
        ],
        buildings=[{"parcel_no": "B", "floor_area_m2": 3000.0, "footprint_m2": 3000.0}],
        firms=[
            {
                "uscc": f"U{place}", "scale": "below", "status": "normal", "industry_code": "C3612", "industry_scheme": "gbt4754-2017",
                "is_safety_failed": False, "is_environment_failed": False,
            }
            for place in range(5)
        ],
        uses=[{"parcel_no": "B", "uscc": "U0", "role": "owner"}],
        years=[
            {"uscc": f"U{place}", "year": year, "tax_wan": 300.0 - place, "power_kwh": 1e6, "land_used_m2": 10_000.0}
            for place in range(5)
            for year in (2022, 2023)
        ],
    )  # fmt: skip
    on = date(2024, 6, 30)
    book = compose(["cn-idle-2012", "dongyang-2021", "huangyan-2022", "cn-triage"], on)
    assert book.idle and book.low_efficiency and book.performance and book.triage
    measures = parcel_measures(drawn, on, book.industries)
    idle = idle_land(drawn.contract, book.idle, on, build_status=drawn.parcel["build_status"])
    by_parcel = idle_by_parcel(idle, drawn.parcel)
    findings = pd.concat(
        [idle_findings(idle, by_parcel, book.idle), low_efficiency(measures, book.low_efficiency, by_parcel["idle"])]
    )
    now, before = (parcel_grades(grade(drawn, book.performance, on, year=year), measures) for year in (2023, 2022))
    assert now["grade"].tolist() == [None, "A", None]
    found = triage(measures, findings, book.triage, idle=by_parcel, grades=now, grades_before=before)
    assert found[["answer", "gate"]].values.tolist() == [["exit", 1], ["upgrade", 4], ["data_first", 0]]
    assert found["reason"].iloc[0] == "legal_idle track=fee test=not_started days=546"  # 2023-01-01 to 2024-06-30
    assert reason_words(found["reason"].iloc[0], book.words).zh == (
        "疑似闲置，走法定程序（法定处置路径 征缴闲置费（调查核实后），认定情形 超过约定动工日期满一年未动工，天数 546）"
    )
    assert found["reason"].iloc[1] == (
        "far_below_floor far=0.3 threshold=0.8 unit=ratio unchecked=farmland_share,ecology_share,renewal_area_share,urban_boundary_share"
    )
    for reason in found["reason"]:
        words = reason_words(reason, book.words)
        assert words.zh and words.en and "enterprise" not in words.zh


facts = st.fixed_dictionaries(
    {
        "idle": st.sampled_from(["clear", "suspected", "unknown"]),
        "track": st.just("fee"),
        "is_safety_failed": st.sampled_from([True, False, None]),
        "plan_is_industrial": st.sampled_from([True, False, None]),
        "grade": st.sampled_from(["A", "B", "C", "D", "T", None]),
        "grade_before": st.sampled_from(["B", "D", None]),
        "far": st.sampled_from([0.2, 1.2, np.nan]),
        "stopped_months": st.sampled_from([0.0, 20.0, np.nan]),
        "low_tax": st.sampled_from(["clear", "suspected", "unknown"]),
        "renewal_area_share": st.sampled_from([0.0, 1.0]),
    }
)
UNKNOWN_AS: dict[str, list[Any]] = {
    "idle": ["clear", "suspected"],
    "is_safety_failed": [True, False],
    "plan_is_industrial": [True, False],
    "grade": ["A", "C", "D", "T"],
    "grade_before": ["B", "D"],
    "far": [0.2, 1.2],
    "stopped_months": [0.0, 20.0],
    "low_tax": ["clear", "suspected"],
}


def is_unknown(value: Any) -> bool:
    return value is None or value == "unknown" or value != value


@settings(max_examples=40, deadline=None)
@given(facts)
def test_whatever_the_unknown_turns_out_to_be_the_answer_stands(row: dict[str, Any]) -> None:
    """An answer that is given on incomplete facts is the answer of every way of completing them."""
    answer = answered(row)["answer"].item()
    gaps = {name: ways for name, ways in UNKNOWN_AS.items() if is_unknown(row[name])}
    completed = [row | dict(zip(gaps, ways, strict=True)) for ways in product(*gaps.values())]
    answers = set(answered(*completed)["answer"])
    assert "data_first" not in answers
    if answer != "data_first":
        assert answers == {answer}


@settings(max_examples=25, deadline=None)
@given(st.lists(facts, min_size=1, max_size=10), st.randoms(use_true_random=False))
def test_rows_do_not_know_of_each_other(rows: list[dict[str, Any]], random: Any) -> None:
    whole = answered(*rows)
    assert set(whole["answer"]) <= set(ANSWER)
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = answered(*(rows[place] for place in order))
    left, right = whole.iloc[order].drop(columns="parcel_id"), shuffled.drop(columns="parcel_id")
    pd.testing.assert_frame_equal(left.reset_index(drop=True), right.reset_index(drop=True))
