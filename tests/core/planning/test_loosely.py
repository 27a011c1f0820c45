"""Large sites: a bound that no answer beats, and grown sites that are answers."""

import numpy as np
import pytest
from given_sets import every_answer, random_case

from landgis.core.planning.loosely import Alone, deal_out, grow
from landgis.core.planning.sites import Found, Ground, Wants, answers, cost_of, never

WORTH = np.array([[200.0]])


def dealt(seed: int, limit: float = np.inf) -> tuple[float, float]:
    """Give the bound and what the best answer is worth."""
    ground, wants = random_case(np.random.default_rng(seed))
    limits = np.array([limit]) if np.isfinite(limit) else np.empty(0)
    uses = np.tile(ground.cost_wan, (len(limits), 1))
    bound = deal_out(ground, wants, WORTH, np.zeros(len(ground)), uses, limits)
    found = [cost for cost in every_answer(ground, wants).values() if cost <= limit]
    return bound, max(200.0 - min(found, default=np.inf), 0.0)


@pytest.mark.parametrize("first", range(0, 30, 10))
def test_no_answer_is_worth_more_than_parcels_dealt_out(first: int) -> None:
    both = np.array([dealt(seed, limit) for seed in range(first, first + 10) for limit in (np.inf, 30.0)])
    assert (both[:, 0] >= both[:, 1]).all()
    assert (both[:, 0] < 200).any()  # it is a bound that says something


def test_a_site_that_no_dealing_can_make_compact_is_worth_nothing() -> None:
    ground, wants = random_case(np.random.default_rng(0))
    wants.compactness_min[:] = 50  # no shape is that compact
    wants.area_max_m2[:] = wants.area_min_m2
    bound = deal_out(ground, wants, WORTH, np.zeros(len(ground)), np.empty((0, len(ground))), np.empty(0))
    assert bound == pytest.approx(0.0, abs=1e-3)


def test_what_is_grown_is_an_answer_and_told_with_its_cost() -> None:
    grown = 0
    for seed in range(40):
        ground, wants = random_case(np.random.default_rng(seed))
        sets = grow(ground, wants, WORTH, ground.cost_wan, 1.0, never, roots=8, turn=seed)
        for d, reduced, cost, members in zip(sets.demand, sets.reduced, sets.cost_wan, sets.members, strict=True):
            grown += 1
            assert answers(ground, wants, int(d), members, float(cost))
            assert cost == pytest.approx(cost_of(ground, members))
            assert reduced == pytest.approx(200 - cost)
    assert grown > 20


def alone(seed: int, turns: int, nodes: int) -> tuple[Found, float, Ground, Wants]:
    """Look for the best site of a random case under random prices, and among all answers."""
    rng = np.random.default_rng(seed)
    ground, wants = random_case(rng, most=10)
    price = ground.cost_wan * rng.uniform(0.5, 1.5, len(ground)) - (rng.random(len(ground)) < 0.1) * 20
    factor = float(rng.choice([1.0, 1.4]))
    asked = Alone(ground, wants, WORTH)
    asked.ask(WORTH, ground.cost_wan, 1.0)  # under other prices before
    asked.go_on({}, never, 2)
    asked.ask(WORTH, price, factor)
    for _ in range(turns):
        found = asked.go_on({}, never, nodes)
    values = [
        200 - price[list(members)].sum() - factor * (cost - ground.cost_wan[list(members)].sum())
        for members, cost in every_answer(ground, wants).items()
    ]
    return found, max([0.0, *values]), ground, wants


@pytest.mark.parametrize("first", range(0, 60, 20))
@pytest.mark.parametrize(("turns", "nodes"), [(1, 1), (1, 3), (40, 10)])
def test_a_demand_by_itself_is_served_by_nothing_better_than_what_is_said(first: int, turns: int, nodes: int) -> None:
    complete = 0
    for seed in range(first, first + 20):
        found, best, ground, wants = alone(seed, turns, nodes)
        made = max(found.sets.reduced, default=0.0)
        assert max(found.pending[0], made, 0.0) >= best - 1e-4, seed
        for cost, members in zip(found.sets.cost_wan, found.sets.members, strict=True):
            assert cost == pytest.approx(cost_of(ground, members))
            assert answers(ground, wants, 0, members, float(cost))
        if found.is_complete:
            complete += 1
            assert max(made, 0.0) == pytest.approx(best, abs=1e-3), seed
        # Dearer links than the least, and outlines between the tangents, are known loosely only.
        is_exact = not (ground.link_wan > 0).any() and wants.compactness_min[0] == 0
        assert found.is_complete or not is_exact or turns == 1, seed
    assert complete >= (12 if turns > 1 else 0)


def test_only_what_is_better_than_a_site_that_is_known_is_looked_for() -> None:
    for seed in range(20):
        ground, wants = random_case(np.random.default_rng(seed), most=10)
        asked = Alone(ground, wants, WORTH)
        sites = every_answer(ground, wants)
        if sites:
            best = min(sites, key=sites.__getitem__)
            asked.ask(WORTH, ground.cost_wan, 1.0)
            found = asked.go_on({0: np.array(sorted(best))}, never, 200)
            assert [sorted(members) for members in found.sets.members] == [sorted(best)]
