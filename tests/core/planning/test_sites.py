"""The search for connected sets beside brute force, under other numberings, prices and limits."""

from typing import Any

import numpy as np
import pytest
from given_sets import every_answer, is_the_cheapest, random_case
from numba import njit

from landgis.core.planning import connected, sites
from landgis.core.planning.compiled import compiled
from landgis.core.planning.sites import Cuts, Search

ONE_PARK = np.zeros((1, 1))


def least(answers: dict[frozenset[int], float]) -> dict[frozenset[int], float]:
    """Keep the answers that no part of them beats: what is dropped costs nothing less."""
    return {
        one: cost
        for one, cost in answers.items()
        if not any(other < one and answers[other] <= cost for other in answers)
    }


@pytest.mark.parametrize("seed", range(0, 500, 7))
def test_the_cheapest_site_is_the_cheapest_of_all_sets_under_every_numbering(seed: int) -> None:
    assert is_the_cheapest(seed)  # all 500: `make bench ARGS=plan`


@pytest.mark.parametrize("seed", range(500, 530))
def test_the_next_best_are_the_next_best_of_all_and_none_holds_another(seed: int) -> None:
    ground, wants = random_case(np.random.default_rng(seed), most=12)
    expected = least(every_answer(ground, wants))
    found = Search(ground, wants).best(6, ONE_PARK).sets
    assert found.cost_wan.tolist() == pytest.approx(sorted(expected.values())[:6], abs=1e-6)
    for members, cost in zip(found.members, found.cost_wan, strict=True):
        assert every_answer(ground, wants)[frozenset(members.tolist())] == pytest.approx(cost)


@pytest.mark.parametrize("seed", range(500, 530))
def test_the_next_best_are_the_same_where_roots_are_looked_at_again_and_in_parts(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground, wants = random_case(np.random.default_rng(seed), most=16)
    expected = Search(ground, wants).best(6, ONE_PARK).sets  # at once: no root has so many sets
    for name, value in (("_FIRST_LIMIT", 4), ("_MORE", 2), ("_LONG", 8), ("_PARTS", 3), ("_TURNS", 2)):
        monkeypatch.setattr(sites, name, value)
    search = Search(ground, wants)
    for _ in range(2):  # the second time long roots are known, and parted from the start
        found = search.best(6, ONE_PARK)
        assert found.is_complete
        assert [one.tolist() for one in found.sets.members] == [one.tolist() for one in expected.members]
        assert found.sets.cost_wan.tolist() == pytest.approx(expected.cost_wan.tolist())


@pytest.mark.parametrize("seed", range(530, 550))
def test_what_is_kept_is_all_there_is_above_the_line_that_is_told(seed: int) -> None:
    ground, wants = random_case(np.random.default_rng(seed), most=14)
    found = Search(ground, wants).best(4, ONE_PARK)
    every = Search(ground, wants).all(ONE_PARK, np.full(1, -np.inf), price=ground.cost_wan)
    assert len(found.sets) == min(4, len(every.sets))
    assert sorted(found.sets.reduced) == pytest.approx(sorted(every.sets.reduced)[-4:])
    assert (every.sets.reduced > found.least[0] + 1e-6).sum() <= len(found.sets)
    assert found.least[0] == (pytest.approx(found.sets.reduced.min()) if len(found.sets) == 4 else -np.inf)


@pytest.mark.parametrize("seed", range(600, 640))
def test_all_sets_above_a_line_are_listed_under_other_prices_and_cuts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ground, wants = random_case(rng, most=12)
    charge = rng.uniform(0, 10, len(ground)) * (rng.random(len(ground)) < 0.5)
    factor = 1 + rng.random()
    line = float(rng.uniform(0.3, 0.8) * ground.cost_wan.sum())
    many = rng.integers(0, 4) if len(ground) > 2 else 0
    three = np.array([rng.choice(len(ground), 3, replace=False) for _ in range(many)], dtype=np.int64).reshape(-1, 3)
    cuts = Cuts(three, rng.uniform(0, 20, many))
    found = Search(ground, wants).all(
        np.full((1, 1), line), np.zeros(1), price=ground.cost_wan * factor + charge, link_factor=factor, cuts=cuts
    )
    assert found.is_complete
    listed = {
        frozenset(members.tolist()): rc for members, rc in zip(found.sets.members, found.sets.reduced, strict=True)
    }
    assert len(listed) == len(found.sets)
    answers = every_answer(ground, wants)
    paid = {one: cuts.price[np.isin(three, list(one)).sum(axis=1) >= 2].sum() for one in answers}
    worth = {one: line - cost * factor - charge[list(one)].sum() - paid[one] for one, cost in answers.items()}
    for one, rc in worth.items():
        if rc > 1e-6 and one not in listed:  # then it holds a part that is an answer, and no worse
            assert any(other < one and worth[other] >= rc - 1e-9 for other in listed)
    for one, rc in listed.items():
        assert rc == pytest.approx(worth[one])


@pytest.mark.parametrize("seed", range(700, 720))
def test_several_demands_are_searched_at_once_as_each_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ground, first = random_case(rng, most=12)
    many = [first]
    for _ in range(4):
        while True:
            other_ground, other = random_case(rng, most=12)
            if len(other_ground) == len(ground):
                break
        many.append(other)
    fields = ("area_min_m2", "area_max_m2", "compactness_min", "owners_max", "cost_max_wan")
    together = type(first)(
        *(np.concatenate([getattr(one, name) for one in many]) for name in fields),
        np.array([number if one.width[0] >= 0 else -1 for number, one in enumerate(many)]),
        tuple(one.cores[0] for one in many),
        np.concatenate([one.eligible for one in many]),
    )
    found = Search(ground, together).best(1, np.zeros((5, 1)))
    got = dict(zip(found.sets.demand.tolist(), found.sets.cost_wan.tolist(), strict=True))
    expected = {d: min(every_answer(ground, one).values(), default=None) for d, one in enumerate(many)}
    assert got == pytest.approx({d: cost for d, cost in expected.items() if cost is not None}, abs=1e-6)


def test_what_is_cut_short_says_what_could_still_hide() -> None:
    rng = np.random.default_rng(1)
    cut = 0
    for _ in range(40):
        ground, wants = random_case(rng, most=16)
        best = min(every_answer(ground, wants).values(), default=np.inf)
        found = Search(ground, wants).best(1, ONE_PARK, node_limit=3)
        cost = (found.sets.cost_wan.tolist() or [np.inf])[0]
        assert cost >= best - 1e-9
        assert min(cost, -found.pending[0]) <= best + 1e-9  # the bound holds
        cut += not found.is_complete
    assert cut > 12
    stopped = Search(ground, wants).best(1, ONE_PARK, stop=lambda: True)
    assert min((stopped.sets.cost_wan.tolist() or [np.inf])[0], -stopped.pending[0]) <= best + 1e-9


def test_making_ready_compiles_the_one_search_that_all_searches_use() -> None:
    sites.make_ready()
    ground, wants = random_case(np.random.default_rng(7), most=12)
    Search(ground, wants).best(3, ONE_PARK, cuts=Cuts(np.array([[0, 1, 2]]), np.ones(1)))
    Search(ground, wants).all(ONE_PARK, np.full(len(wants), -1e9), price=ground.cost_wan)
    assert len(connected.search.signatures) == 1  # another kind of numbers would be compiled anew, for twenty seconds


def test_a_loop_is_compiled_where_nothing_can_be_kept() -> None:
    made: dict[str, Any] = {}
    exec(
        "def double(x): return 2 * x", made
    )  # from no file, for which numba finds a folder as little as where none can be written
    with pytest.raises(RuntimeError, match="no locator available"):
        njit(cache=True)(made["double"])
    assert compiled(made["double"])(21) == 42
