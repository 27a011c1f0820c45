"""Who goes where: equal value case by case, chains in their order, and beside brute force."""

import itertools
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from landgis.core.planning.swap import Placement, offers, place
from landgis.terms.rulereader import load_ruleset

RULES = load_ruleset("cn-compensation")  # τ = 10 %, α = 20 %
ON = date(2026, 7, 1)


def movers(**firms: dict[str, Any]) -> pd.DataFrame:
    usual = {
        "value_wan": 1000.0, "area_m2": 10_000.0, "use_class": "M1", "county_code": "330101", "is_clean": True, "move_wan": 50.0,
        "floor_need_m2": 5000.0, "exit_wan": 1200.0, "must_leave": True, "leave_by": pd.NaT, "move_days": 90, "exit_days": 30,
    }  # fmt: skip
    return pd.DataFrame([usual | one for one in firms.values()], index=list(firms))


def plots(**given: dict[str, Any]) -> pd.DataFrame:
    usual = {
        "kind": "land", "value_wan": 1000.0, "area_m2": 10_000.0, "use_class": "M1", "county_code": "330101", "is_clean": True,
        "cost_wan": 0.0, "held_by": None, "free_on": pd.Timestamp(2026, 7, 1),
    }  # fmt: skip
    frame = pd.DataFrame([usual | one for one in given.values()], index=list(given))
    return frame.assign(held_by=frame["held_by"].astype(object))


def went(found: Placement) -> dict[str, Any]:
    return {row.mover: row.plot for row in found.moves.itertuples()}


@pytest.mark.parametrize(
    ("differs", "is_offered"),
    [
        ({"value_wan": 900.0}, True),  # 令第53号 第12条 价值相当: |1000 − 900| ≤ 10 % of 1000 …
        ({"value_wan": 899.0}, False),
        ({"value_wan": 1111.0}, True),  # … and |1000 − 1111| ≤ 10 % of 1111
        ({"value_wan": 1112.0}, False),
        ({"area_m2": 8000.0}, True),  # 面积相近
        ({"area_m2": 7999.0}, False),
        ({"area_m2": 12_001.0}, False),
        ({"use_class": "M2"}, False),  # 用途相同
        ({"use_class": None}, False),
        ({"county_code": "330102"}, False),
        ({"is_clean": False}, False),
        ({"is_clean": pd.NA}, False),  # unknown is not clean
        ({"value_wan": np.nan}, False),
    ],
)
def test_equal_value_and_same_use(differs: dict[str, Any], is_offered: bool) -> None:
    found = offers(movers(a={}), plots(x=differs), RULES)
    assert (len(found) == 1) == is_offered


def test_a_title_that_is_not_clean_cannot_be_swapped_but_bought_out() -> None:
    found = place(movers(a={"is_clean": False}), plots(x={}), RULES, ON)
    assert found.moves["deed"].tolist() == ["exit"]


def test_the_difference_is_settled_in_money() -> None:
    found = place(movers(a={}), plots(x={"value_wan": 950.0}), RULES, ON)
    move = found.moves.iloc[0]
    assert (move["deed"], move["plot"], move["pay_wan"], move["cost_wan"]) == ("swap", "x", 50.0, 50.0)
    assert move["enter_on"] == pd.Timestamp(2026, 7, 1) and move["left_on"] == pd.Timestamp(2026, 9, 29)
    assert found.is_proved and found.unplaced == ()


def test_a_factory_takes_who_needs_no_more_floor_than_it_has() -> None:
    unit = {"kind": "factory", "area_m2": 6000.0, "value_wan": np.nan, "use_class": None}
    assert offers(movers(a={}), plots(f=unit), RULES)["deed"].tolist() == ["factory"]
    assert len(offers(movers(a={"floor_need_m2": 6001.0}), plots(f=unit), RULES)) == 0


def test_who_cannot_go_anywhere_is_named() -> None:
    found = place(movers(a={"exit_wan": np.nan}, b={}), plots(x={"use_class": "M2"}), RULES, ON)
    assert found.unplaced == ("a",) and went(found) == {"b": None}


def test_b_is_out_before_a_goes_in() -> None:
    """A fits only B's parcel, B only C's, C only the empty plot: a chain of three."""
    firms = movers(
        a={"exit_wan": np.nan, "use_class": "M1"},
        b={"exit_wan": np.nan, "value_wan": 1080.0, "must_leave": False, "move_days": 60},
        c={"exit_wan": np.nan, "value_wan": 1160.0, "must_leave": False, "move_days": 30},
    )
    land = plots(
        pb={"value_wan": 1080.0, "held_by": "b", "free_on": pd.NaT},
        pc={"value_wan": 1160.0, "held_by": "c", "free_on": pd.NaT},
        empty={"value_wan": 1250.0, "free_on": pd.Timestamp(2026, 10, 1)},
    )
    found = place(firms, land, RULES, ON)
    assert went(found) == {"c": "empty", "b": "pc", "a": "pb"}
    assert found.moves["mover"].tolist() == ["c", "b", "a"] and found.moves["step"].tolist() == [1, 2, 3]
    assert found.moves["enter_on"].tolist()[1:] == found.moves["left_on"].tolist()[:-1]
    assert found.moves["left_on"].iloc[-1] == pd.Timestamp(2026, 10, 1) + pd.Timedelta(days=30 + 60 + 90)
    assert place(firms, land, RULES, ON, longest=2).unplaced == ("a",)
    late = firms.assign(leave_by=pd.Timestamp(2027, 3, 29))
    assert place(late, land, RULES, ON).unplaced == ("a",)  # one day short
    assert place(firms.assign(leave_by=pd.Timestamp(2027, 3, 30)), land, RULES, ON).unplaced == ()


def test_nobody_is_moved_twice_and_no_parcel_that_is_wanted_is_offered() -> None:
    firms = movers(a={}, b={}, h={"must_leave": False})
    land = plots(
        pa={"held_by": "a", "free_on": pd.NaT}, pb={"held_by": "b", "free_on": pd.NaT}, ph={"held_by": "h", "free_on": pd.NaT},
        x={"free_on": pd.Timestamp(2026, 8, 1)},
    )  # fmt: skip
    found = place(firms, land, RULES, ON)
    assert found.moves["mover"].is_unique and found.moves["plot"].dropna().is_unique
    assert not {"pa", "pb"} & set(found.moves["plot"].dropna())
    assert (
        found.cost_wan == 50 + 1200
    )  # one takes x and the other leaves: to make room, h would have to leave, and a move more


def brute(firms: pd.DataFrame, land: pd.DataFrame) -> float:
    """Try every way to send every firm to a plot or out."""
    found = offers(firms, land, RULES)
    choices = [
        [*zip(mine["plot"], mine["cost_wan"], strict=True), (None, firms.loc[label, "exit_wan"])]
        for label in firms.index
        for mine in [found[found["mover"] == label]]
    ]
    best = np.inf
    for way in itertools.product(*choices):
        used = [plot for plot, _ in way if plot is not None]
        if len(used) == len(set(used)):
            best = min(best, sum(cost for _, cost in way))
    return best


@pytest.mark.parametrize("seed", range(40))
def test_the_cheapest_way_is_the_cheapest_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    firms = movers(
        **{
            f"m{k}": {
                "value_wan": rng.uniform(900, 1200),
                "exit_wan": rng.uniform(100, 400),
                "move_wan": rng.uniform(10, 200),
            }
            for k in range(5)
        }
    )
    land = plots(**{f"x{k}": {"value_wan": rng.uniform(900, 1200), "cost_wan": rng.uniform(0, 200)} for k in range(5)})
    found = place(firms, land, RULES, ON)
    assert found.is_proved and found.cost_wan == pytest.approx(brute(firms, land))


@pytest.mark.parametrize("seed", range(20))
def test_where_nobody_makes_room_a_matching_gives_what_chains_give(seed: int) -> None:
    rng = np.random.default_rng(seed)
    firms = movers(
        **{
            f"m{k}": {
                "value_wan": rng.uniform(900, 1200),
                "exit_wan": rng.uniform(100, 400) if rng.random() < 0.6 else np.nan,
                "move_wan": rng.uniform(10, 200),
                "must_leave": rng.random() < 0.8,
                "leave_by": pd.Timestamp(2026, 7, 1) + pd.Timedelta(days=int(rng.integers(20, 200))),
                "use_class": rng.choice(["M1", "M2"]),
            }
            for k in range(6)
        }
    )
    land = plots(
        **{
            f"x{k}": {
                "value_wan": rng.uniform(900, 1200),
                "cost_wan": rng.uniform(0, 200),
                "free_on": pd.Timestamp(2026, 7, 1) + pd.Timedelta(days=int(rng.integers(0, 120))),
                "held_by": "nobody we know" if rng.random() < 0.1 else None,
                "kind": rng.choice(["land", "land", "factory"]),
                "use_class": rng.choice(["M1", "M2"]),
            }
            for k in range(5)
        }
    )
    matched = place(firms, land, RULES, ON)
    # Somebody else, elsewhere, who is offered a plot that another would leave: then chains are listed.
    two = movers(z={"county_code": "330109", "exit_wan": 1.0}, y={"county_code": "330109", "must_leave": False})
    held = plots(py={"county_code": "330109", "held_by": "y", "free_on": pd.NaT})
    listed = place(pd.concat([firms, two]), pd.concat([land, held]), RULES, ON)
    assert listed.cost_wan - 1.0 == pytest.approx(matched.cost_wan)
    assert listed.unplaced == matched.unplaced and matched.is_proved
    moved = {row.mover: row.left_on for row in matched.moves.itertuples()}
    assert all(left <= firms.loc[mover, "leave_by"] for mover, left in moved.items())
    assert matched.moves["plot"].dropna().is_unique
