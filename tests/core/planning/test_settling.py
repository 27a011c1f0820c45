"""The best of very many sites: the same as one integer programme over all of them, and a bound that holds."""

import numpy as np
import pytest

from landgis.core.planning.packing import Chosen, Column, choose
from landgis.core.planning.settling import settle

NOTHING = Chosen((), 0.0, np.inf)


def sites(seed: int, parcels: int, demands: int, count: int) -> list[Column]:
    rng = np.random.default_rng(seed)
    found = {}
    for _ in range(count):
        members = np.sort(rng.choice(parcels, rng.integers(2, 5), replace=False)).astype(np.int64)
        one = Column(
            int(rng.integers(demands)), members, float(len(members) + rng.uniform(0, 1)), (float(rng.integers(1, 4)),)
        )
        found[one.key] = one
    return list(found.values())


def test_three_sites_of_which_every_two_share_a_parcel_are_one() -> None:
    three = [Column(d, np.array(pair, dtype=np.int64), 1.0, ()) for d, pair in enumerate([(0, 1), (1, 2), (0, 2)])]
    # The relaxation takes a half of each, 1.5 in all; the cut over the three parcels says 1, so no programme is asked.
    made = settle(three, 3, 3, np.empty(0), best=Chosen((three[0],), 1.0, np.inf), gap=1e-6, stop=lambda: False)
    assert (made.value, made.bound) == (1.0, pytest.approx(1.0))


@pytest.mark.parametrize("seed", range(6))
def test_what_is_settled_is_what_one_programme_over_all_chooses(seed: int) -> None:
    many, limits = sites(seed, 24, 12, 2_500), np.array([14.0])
    whole = choose(many, 24, 12, limits, gap=1e-9, stop=lambda: False)
    made = settle(many, 24, 12, limits, best=NOTHING, gap=1e-9, stop=lambda: False)
    assert made.value == pytest.approx(whole.value)
    assert made.bound == pytest.approx(whole.value, abs=1e-4)
    members = np.concatenate([one.members for one in made.columns])
    assert len(set(members.tolist())) == len(members)
    assert sum(one.uses[0] for one in made.columns) <= 14


def test_who_stops_at_once_gets_a_choice_and_no_bound_that_is_not_proved() -> None:
    many = sites(1, 24, 12, 300)
    made = settle(many, 24, 12, np.array([99.0]), best=NOTHING, gap=1e-9, stop=lambda: True)
    assert made.columns
    assert made.bound >= choose(many, 24, 12, np.array([99.0]), gap=1e-9, stop=lambda: False).value - 1e-6


def test_nothing_better_than_the_best_so_far_is_said_as_such() -> None:
    many = sites(2, 24, 12, 300)
    best = Chosen((Column(0, np.array([0]), 1e3, (0.0,)),), 1e3, np.inf)
    made = settle(many, 24, 12, np.array([99.0]), best=best, gap=1e-6, stop=lambda: False)
    assert (made.columns, made.value, made.bound) == (best.columns, 1e3, 1e3)


def test_more_cuts_and_choices_in_between_settle_on_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a hundred thousand sites are left: no programme over all of them until the cuts bring nothing more."""
    monkeypatch.setattr("landgis.core.planning.settling._FEW", 0)
    monkeypatch.setattr("landgis.core.planning.settling._WORTH_IT", 0.0)
    monkeypatch.setattr("landgis.core.planning.settling._CHOOSE_AFTER", (0, 1))
    many, limits = sites(1, 18, 9, 250), np.array([14.0])
    whole = choose(many, 18, 9, limits, gap=1e-9, stop=lambda: False)
    made = settle(many, 18, 9, limits, best=NOTHING, gap=1e-9, stop=lambda: False)
    assert made.value == pytest.approx(whole.value) and made.bound == pytest.approx(whole.value, abs=1e-4)


@pytest.mark.parametrize("patience", [2, 4])
def test_whenever_it_is_stopped_the_choice_can_be_had_and_the_bound_holds(
    patience: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("landgis.core.planning.settling._AT_ONCE", 40)
    monkeypatch.setattr("landgis.core.planning.settling._FEW", 0)
    many, limits = sites(3, 18, 9, 250), np.array([14.0])
    asked = iter(range(10**9))
    made = settle(many, 18, 9, limits, best=NOTHING, gap=1e-9, stop=lambda: next(asked) >= patience)
    best = choose(many, 18, 9, limits, gap=1e-9, stop=lambda: False).value
    assert made.value <= best + 1e-6 <= made.bound + 1e-5
    members = np.concatenate([np.empty(0, dtype=np.int64), *(one.members for one in made.columns)])
    assert len(set(members.tolist())) == len(members)


def test_of_sites_that_are_worth_nothing_none_is_taken() -> None:
    worthless = [Column(0, np.array([at], dtype=np.int64), -1.0, ()) for at in range(3)]
    made = settle(worthless, 3, 1, np.empty(0), best=NOTHING, gap=1e-6, stop=lambda: False)
    assert (made.columns, made.value, made.bound) == ((), 0.0, 0.0)
    assert settle([], 3, 1, np.empty(0), best=made, gap=1e-6, stop=lambda: False).bound == 0.0
