"""Large sites: a bound that no answer beats, and grown sites that are answers."""

import numpy as np
import pytest
from given_sets import every_answer, random_case

from landgis.core.loosely import deal_out, grow
from landgis.core.sites import answers, cost_of, never

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
