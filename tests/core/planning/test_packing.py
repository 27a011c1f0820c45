"""The relaxation over sites known so far: its prices, and those of its cuts."""

import numpy as np
import pytest

from landgis.core.planning.packing import Column, Relaxation


def site(demand: int, members: tuple[int, ...], value: float) -> Column:
    return Column(demand, np.array(members, dtype=np.int64), value, ())


def test_a_cut_holds_for_sites_that_come_later_too() -> None:
    relaxation = Relaxation(5, 4, np.empty(0))
    relaxation.add([site(0, (0, 1), 1.0), site(1, (1, 2), 1.0), site(2, (0, 2), 1.0)])
    assert relaxation.solve().value == pytest.approx(1.5)  # a half of each
    assert relaxation.cut() == 1
    cut = relaxation.solve()
    assert cut.value == pytest.approx(1.0)
    assert cut.cuts.parcels.tolist() == [[0, 1, 2]]
    relaxation.add([site(3, (0, 1, 4), 1.5), site(3, (2, 4), 1.2)])
    prices = relaxation.solve()
    assert prices.value == pytest.approx(
        2.2
    )  # (0, 1) and (2, 4); (0, 1, 4) holds two of the three as well and stands alone
    paid = prices.parcel.sum() + prices.demand.sum() + prices.cuts.price.sum()
    assert paid == pytest.approx(prices.value)


def test_prices_between_two_answers_know_the_cuts_of_both() -> None:
    relaxation = Relaxation(3, 3, np.empty(0))
    relaxation.add([site(0, (0, 1), 1.0), site(1, (1, 2), 1.0), site(2, (0, 2), 1.0)])
    before = relaxation.solve()
    relaxation.cut()
    after = relaxation.solve()
    assert after.mixed(before, 0.25).cuts.price.tolist() == pytest.approx((0.75 * after.cuts.price).tolist())
    assert before.mixed(after, 0.25).cuts.price.tolist() == pytest.approx((0.25 * after.cuts.price).tolist())


def test_the_nearest_sites_are_those_that_pay_their_prices() -> None:
    relaxation = Relaxation(2, 2, np.empty(0))
    relaxation.add([site(0, (0, 1), 1.0), site(0, (0,), 5.0), site(1, (1,), 3.0)])
    relaxation.solve()
    assert sorted(one.value for one in relaxation.nearest(2)) == [3.0, 5.0]


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    relaxation = Relaxation(1, 1, np.empty(0))
    relaxation.add([site(0, (0,), 1.0)])
    relaxation.solve()
    assert capfd.readouterr().out == ""
