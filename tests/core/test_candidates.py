"""What freeing a parcel costs at least, what a project is worth, and how distances are rounded."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from landgis.core.candidates import demand_values, distance_class_m, least_ways
from landgis.core.swap import place
from landgis.terms.rulereader import load_ruleset
from tests.core.test_swap import ON, RULES, movers, plots

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
