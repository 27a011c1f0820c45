"""Initials as people type them, and classes of colour."""

import mapclassify
import numpy as np
import pytest

from landgis.core.classes import METHODS, upper_bounds
from landgis.core.initials import initials


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("北京高新区", "bjgxq"),
        ("重庆长寿经开区", "cqcsjkq"),
        ("重量级", "zlj"),
        ("银行", "yh"),
        ("行走", "xz"),
        ("示例企业 017", "slqy017"),
        ("ACME 有限公司", "acmeyxgs"),
        ("", ""),
        ("<img src=x>", "<imgsrc=x>"),
    ],
)
def test_initials(name: str, typed: str) -> None:
    assert initials(name) == typed


@pytest.mark.parametrize("method", METHODS)
def test_every_known_value_has_a_class(method) -> None:
    values = [None, float("nan"), 1.0, 1.0, 2.0, 3.0, 50.0, 51.0, 52.0, 99.0, 100.0]
    bounds = upper_bounds(values, method, 3)
    assert bounds == sorted(set(bounds)) and len(bounds) == 3 and bounds[-1] == 100


def test_natural_breaks_part_what_is_apart() -> None:
    assert upper_bounds([1, 2, 3, 50, 51, 52, 99, 100], "jenks", 3) == [3, 52, 100]


def test_equal_steps_are_equal() -> None:
    assert upper_bounds([0, 1, 2, 3, 9.5, 10], "equal", 5) == [2, 4, 6, 8, 10]


@pytest.mark.parametrize("count", [3, 5])
def test_classes_are_those_of_mapclassify(count: int) -> None:
    values = np.random.default_rng(7).lognormal(8, 1, 300).round(1)
    beside = {
        "quantile": mapclassify.Quantiles(values, k=count).bins,
        "equal": mapclassify.EqualInterval(values, k=count).bins,
        "jenks": mapclassify.FisherJenks(values, k=count).bins,
    }
    for method in METHODS:
        assert upper_bounds(values.tolist(), method, count) == pytest.approx(list(beside[method])), method


@pytest.mark.parametrize("values", [[], [None], [float("nan")]])
def test_of_nothing_there_are_no_classes(values) -> None:
    assert upper_bounds(values, "quantile", 5) == []


def test_few_values_are_their_own_classes() -> None:
    assert upper_bounds([3, 3, 1, None], "jenks", 5) == [1, 3]
