"""Which modes of disposal are open and how pressing a parcel is: ruleset data, three values, nothing guessed."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from core.judging.test_triage import RULES, answered

from landgis.terms.disposal import MODES, STAT_CATEGORY
from landgis.terms.errors import RuleError
from landgis.terms.rulereader import load_ruleset, parse_ruleset

CLEAN = {"is_seized": False, "is_mortgaged": False, "is_vacant": False, "built_share": 1.0, "term_left_years": 30.0}


def given(**row: Any) -> pd.Series:
    """Answer for the usual plot with a clean title and what differs."""
    return answered(CLEAN | row).iloc[0]


@pytest.mark.parametrize(
    ("row", "modes"),
    [
        ({}, ""),  # left as it is: nothing is disposed of
        ({"idle": "suspected", "track": "take_back"}, "|M01|"),  # 令第53号 第14条: never started, two years
        ({"idle": "suspected", "track": "fee"}, ""),  # a fee is no disposal
        ({"idle": "suspected", "track": "agreement"}, "|M02|M03|M04|"),  # 第12条: the menu of agreements
        (
            {"idle": "suspected", "track": "agreement", "is_vacant": True},
            "|M02|M03|M04|M14|",
        ),  # ... temporary use of bare land
        (
            {"idle": "suspected", "track": "agreement", "is_seized": True},
            "|M04|M07|",
        ),  # seized: by the court, not by agreement
        ({"far": 0.4}, "|M05|M11|"),  # 国土资发〔2016〕147号: built up on the same land
        ({"far": 0.4, "built_share": 0.5}, "|M05|M06|M11|"),  # ... or what is not needed split off
        ({"grade": "D", "grade_before": "D"}, "|M02|M07|M08|M09|M11|"),
        ({"grade": "D", "grade_before": "D", "is_vacant": True}, "|M02|M07|M11|"),  # no building to buy or to let
        ({"grade": "D"}, "|M11|M13|"),  # improve by a deadline
        ({"is_safety_failed": True}, "|M02|M07|M08|"),
        ({"plan_is_industrial": False, "grade": "A"}, "|M03|M10|"),
        ({"farmland_share": 0.5, "grade": "C"}, "|M02|M12|"),
    ],
)
def test_the_modes_that_are_open(row: dict[str, Any], modes: str) -> None:
    assert given(**row)["modes"] == modes


def test_a_mode_that_needs_what_is_unknown_is_not_called_open() -> None:
    """Is it seized? Unknown is not no: an agreement is not offered before somebody has looked."""
    assert "M02" in given(grade="D", grade_before="D")["modes"]
    assert "M02" not in given(grade="D", grade_before="D", is_seized=None)["modes"]


def test_every_mode_has_a_route_of_the_statistics_and_the_ruleset_opens_each_with_an_article() -> None:
    assert list(MODES) == [f"M{number:02}" for number in range(1, 15)]
    assert {mode.stat_category for mode in MODES.values()} == set(STAT_CATEGORY)
    assert {opening.mode for opening in RULES.modes} == set(MODES)
    assert all(opening.article and opening.confidence for opening in RULES.modes)


@pytest.mark.parametrize(
    ("row", "urgency", "score"),
    [
        ({}, "low", 0.0),
        ({"idle": "suspected", "track": "take_back"}, "high", 55 / 150),  # both clocks: 30 and 25 of 150
        ({"idle": "suspected", "track": "fee"}, "middle", 25 / 150),
        ({"is_safety_failed": True}, "middle", 25 / 150),
        ({"grade": "D", "grade_before": "D", "stopped_months": 12.0}, "high", 40 / 150),
        ({"stopped_months": 11.0}, "low", 0.0),
        ({"grade": None, "stopped_months": 12.0}, "middle", 25 / 135),  # an unknown grade is left out with its weight
        ({"low_tax": "suspected"}, "middle", 20 / 150),  # a test that suspects without a number: the whole gap
    ],
)
def test_how_pressing_it_is(row: dict[str, Any], urgency: str, score: float) -> None:
    found = given(**row)
    assert found["urgency"] == urgency
    assert found["urgency_low"] == found["urgency_high"] == pytest.approx(score)


def test_what_is_unknown_widens_the_score_and_hides_a_class_it_could_change() -> None:
    found = given(idle="unknown", is_safety_failed=True)
    assert found["urgency_low"] == pytest.approx(25 / 150)  # the firm's failure is known ...
    assert found["urgency_high"] == pytest.approx(80 / 150)  # ... and both clocks may have run out
    assert found["urgency"] is None


def test_the_shortfall_is_by_how_far() -> None:
    """Floor 0.8 and a ratio of 0.4: half of it missing, 35 of 100 points count half."""
    assert given(far=0.4)["shortfall_low"] == pytest.approx(0.175)
    assert given(coefficient=0.15)["shortfall_low"] == pytest.approx(0.125)
    unknown = given(far=np.nan)
    assert (unknown["shortfall_low"], unknown["shortfall_high"]) == (0.0, pytest.approx(0.35))


def test_the_ease_of_exit() -> None:
    assert given()["exit_ease_low"] == pytest.approx(0.70)
    assert given(is_mortgaged=True, is_seized=True)["exit_ease_high"] == 0.0
    assert given(is_mortgaged=None)["exit_ease_low"] == pytest.approx(0.35)
    assert given(term_left_years=9.9, is_vacant=True)["exit_ease_low"] == 1.0


def test_a_ruleset_without_modes_or_scores_says_nothing_of_them() -> None:
    found = answered(
        {"landuse_code": "11", "value_per_m2": 1.0, "far_share": np.nan}, rules=load_ruleset("nyc-ibz")
    ).iloc[0]
    assert found["modes"] is None and found["urgency"] is None and np.isnan(found["urgency_low"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[modes]]\nmode = "M15"\narticle = "a"\n', "M15"),
        ('[[modes]]\nmode = "M01"\narticle = "a"\n', "when it is open"),
        ('[[modes]]\nmode = "M01"\n[[modes.all]]\nmeasure = "answer"\noperator = "in"\nvalues = ["exit"]\n', "article"),
        ('[[scores]]\ncode = "luck"\n', "luck"),
        (
            '[[scores]]\ncode = "shortfall"\ntitle = { zh = "a", en = "b" }\narticle = "c"\n[[scores.parts]]\nweight = 1\ncode = "x"\n'
            'title = { zh = "a", en = "b" }\nby_margin = true\nmeasure = "is_seized"\noperator = "is"\nvalue = true\n',
            "margin",
        ),
        ('[[gates]]\ngate = 0\ncode = "x"\nanswer = "exit"\narticle = "a"\ntitle = { zh = "a", en = "b" }\n'
         '[[gates.all]]\nmeasure = "answer"\noperator = "in"\nvalues = ["exit"]\n', "answer"),
    ],
)  # fmt: skip
def test_what_a_ruleset_may_not_say(text: str, says: str) -> None:
    whole = RULES.text.partition("[[modes]]")[0].replace("[[gates]]\ngate = 1", text + "\n[[gates]]\ngate = 1") if "gates" in text else (
        RULES.text.partition("\n# 可用的处置方式")[0] + "\n" + text
    )  # fmt: skip
    with pytest.raises(RuleError) as refused:
        parse_ruleset(whole, "drawn.toml")
    assert says in str(refused.value)
