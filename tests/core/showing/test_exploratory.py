"""Exploratory scores against pymcdm and scipy, and where they would mislead."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from landgis.core.showing.exploratory import agreement, critic_weights, entropy_weights, explore, topsis, unit_table
from landgis.terms.errors import RuleError

UP = {"a": "higher", "b": "higher", "c": "higher"}


def table(seed: int, rows: int = 40, columns: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(0, 1, (rows, columns))


@pytest.mark.parametrize("seed", range(8))
def test_weights_and_scores_are_those_of_pymcdm(seed: int) -> None:
    # Here alone: it brings matplotlib, and every worker imports every module.
    from pymcdm import methods as their_methods
    from pymcdm import weights as their_weights

    raw = table(seed)
    ones = np.ones(3)
    unit = (raw - raw.min(axis=0)) / np.ptp(raw, axis=0)
    np.testing.assert_allclose(critic_weights(unit), their_weights.critic_weights(raw), rtol=1e-12)
    positive = unit + 0.01  # pymcdm takes a column with a zero for one without entropy
    np.testing.assert_allclose(entropy_weights(positive), their_weights.entropy_weights(positive), rtol=1e-12)
    weights = np.array([0.5, 0.3, 0.2])
    np.testing.assert_allclose(topsis(unit, weights), their_methods.TOPSIS()(raw, weights, ones), rtol=1e-12)


def test_lower_is_better_turns_a_column_as_pymcdm_turns_a_cost() -> None:
    from pymcdm import methods as their_methods

    raw = table(3)
    low, high = np.quantile(raw, [0.01, 0.99], axis=0)
    unit = unit_table(raw, ["higher", "lower", "higher"])
    theirs = their_methods.TOPSIS()(np.clip(raw, low, high), np.ones(3) / 3, np.array([1, -1, 1]))
    np.testing.assert_allclose(topsis(unit, np.ones(3) / 3), theirs, rtol=1e-12)


def test_entropy_of_zeros_is_the_limit() -> None:
    unit = np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])
    part = np.array([1 / 3, 2 / 3])
    entropy = -(part * np.log(part)).sum() / np.log(3)
    assert 1 - entropy > 0
    np.testing.assert_allclose(entropy_weights(unit), [0.5, 0.5])


@pytest.mark.parametrize("method", ["entropy", "critic", "user"])
def test_a_constant_column_weighs_nothing(method: str) -> None:
    values = pd.DataFrame(table(1), columns=list("abc")).assign(b=7.0)
    made = explore(values, UP, method, weights={"a": 1.0, "b": 5.0, "c": 1.0})
    assert made.weights["b"] == 0.0 and made.left_out == ("b",)
    assert sum(made.weights.values()) == pytest.approx(1.0)
    assert np.isfinite(made.score).all()


@pytest.mark.parametrize("method", ["entropy", "critic"])
def test_when_nothing_varies_nobody_is_ranked(method: str) -> None:
    made = explore(pd.DataFrame({"a": [1.0] * 5, "b": [2.0] * 5}), UP, method, grades=["A"] * 5)
    assert np.isnan(made.rank).all() and np.isnan(made.kendall) and made.left_out == ("a", "b")


def test_two_columns_that_repeat_each_other_share_by_their_spread() -> None:
    column = np.linspace(0, 1, 9)
    np.testing.assert_allclose(critic_weights(np.column_stack([column, column])), [0.5, 0.5])


def test_an_outlier_is_drawn_in() -> None:
    raw = np.column_stack([np.arange(200.0), np.arange(200.0)])
    raw[0, 0] = 1e9
    assert unit_table(raw, ["higher", "higher"])[100, 0] > 0.4  # without it the rest would lie at 1e-7


def test_who_lacks_a_figure_is_not_scored_and_not_filled_in() -> None:
    values = pd.DataFrame(table(2, 10), columns=list("abc"))
    values.loc[4, "b"] = np.nan
    made = explore(values, UP, "entropy")
    assert np.isnan(made.score[4]) and np.isfinite(np.delete(made.score, 4)).all()
    own = explore(values, UP, "user", weights={"a": 1.0, "c": 2.0})  # b weighs nothing: it is not missed
    assert np.isfinite(own.score).all() and own.weights == {
        "a": pytest.approx(1 / 3),
        "b": 0.0,
        "c": pytest.approx(2 / 3),
    }
    hardly = values.assign(b=[1.0, 2.0] + [np.nan] * 8)
    assert np.isfinite(explore(hardly, UP, "critic").score).all()


def test_one_s_own_weights_rank_as_they_say() -> None:
    values = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [4.0, 3.0, 2.0, 1.0], "c": [1.0, 1.0, 2.0, 2.0]})
    assert explore(values, UP, "user", weights={"a": 1}).rank.tolist() == [4, 3, 2, 1]
    assert explore(values, UP, "user", weights={"b": 1}).rank.tolist() == [1, 2, 3, 4]
    assert explore(values, UP | {"b": "lower"}, "user", weights={"b": 1}).rank.tolist() == [4, 3, 2, 1]
    assert explore(values, UP, "user", weights={"c": 1}).rank.tolist() == [3, 3, 1, 1]


@pytest.mark.parametrize("weights", [{}, {"a": -1.0, "b": 2.0}, {"a": 0.0}, {"nobody": 1.0}])
def test_weights_that_mean_nothing_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(RuleError):
        explore(pd.DataFrame(table(1), columns=list("abc")), UP, "user", weights=weights)


scored = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(["A", "B", "C", "D", "T", None])), min_size=2, max_size=30
)


@settings(max_examples=150, deadline=None)
@given(scored)
def test_agreement_is_that_of_scipy(given) -> None:
    score = np.array([float(one) for one, _ in given])
    grades = [letter for _, letter in given]
    kept = [(one, "DCBA".index(letter)) for one, letter in given if letter is not None and letter != "T"]
    rho, tau = agreement(score, grades)
    if len({one for one, _ in kept}) < 2 or len({level for _, level in kept}) < 2:
        assert np.isnan(rho) and np.isnan(tau)
    else:
        ours, theirs = zip(*kept, strict=True)
        assert rho == pytest.approx(stats.spearmanr(ours, theirs).statistic, abs=1e-12)
        assert tau == pytest.approx(stats.kendalltau(ours, theirs).statistic, abs=1e-12)


def test_a_full_agreement_is_one_and_its_reverse_minus_one() -> None:
    grades = ["A", "B", "C", "D"]
    assert agreement(np.array([4.0, 3.0, 2.0, 1.0]), grades) == (pytest.approx(1.0), pytest.approx(1.0))
    assert agreement(np.array([1.0, 2.0, 3.0, 4.0]), grades) == (pytest.approx(-1.0), pytest.approx(-1.0))
    assert agreement(np.array([np.nan, 2.0, 1.0, 0.0]), grades)[1] == pytest.approx(1.0)


def test_of_nobody_nothing_is_scored() -> None:
    assert unit_table(np.empty((0, 3)), ["higher"] * 3).shape == (0, 3)
    few = pd.DataFrame(table(1, rows=30), columns=list(UP))
    few.loc[::2, "a"], few.loc[1::2, "b"] = np.nan, np.nan  # each is known of half of them, both of none
    found = explore(few, UP, "entropy")
    assert np.isnan(found.score).all() and np.isnan(found.rank).all()
