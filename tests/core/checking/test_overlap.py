"""Which parcels cover the same ground, held against intersecting every pair."""

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from drawing import square
from hypothesis import given, settings

from landgis.core.checking.overlap import near_pairs, overlaps
from landgis.terms import crs


def brute_force(shapes: np.ndarray[Any, Any], least_m2: float) -> set[tuple[int, int]]:
    plane = shapely.transform(shapes, crs.equal_area)
    return {
        (one, other)
        for one in range(len(plane))
        for other in range(one + 1, len(plane))
        if shapely.intersection(plane[one], plane[other]).area > least_m2
    }


def together(shapes: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], ...]:
    """Pairs of one group with more than a square metre in common."""
    flat = shapely.transform(shapes, crs.equal_area)
    return overlaps(flat, *near_pairs(flat, np.zeros(len(flat), dtype=np.int64)), 1.0)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 60), st.floats(0, 60), st.floats(1, 40), st.floats(0, 6.3), st.integers(3, 9), st.booleans()
        ),
        min_size=2,
        max_size=12,
    )
)
def test_overlaps_are_those_that_intersecting_every_pair_finds(drawn: list[tuple[float, ...]]) -> None:
    shapes = []
    for east, north, size, turn, corners, dented in drawn:
        angle = turn + np.arange(int(corners)) * 2 * np.pi / corners
        radius = np.full(int(corners), size)
        if dented:
            radius[0] = size / 3
        xy = np.column_stack([east + radius * np.cos(angle), north + radius * np.sin(angle)])
        shapes.append(shapely.MultiPolygon([shapely.Polygon(xy / [93_456, 110_914] + [117, 33])]))
    array = np.array(shapes, dtype=object)
    first, second, area = together(array)
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == brute_force(array, 1.0)
    assert (area > 1.0).all()


def test_overlap_of_one_within_another_and_of_two_the_same() -> None:
    outer = shapely.Polygon(square())
    inner = shapely.Polygon(square(10.0, west=117.0005, south=33.0005))
    first, second, area = together(np.array([outer, inner, outer], dtype=object))
    assert sorted(zip(first.tolist(), second.tolist(), area.round().tolist(), strict=True)) == [
        (0, 1, 100.0),
        (0, 2, pytest.approx(10_000, rel=1e-3)),
        (1, 2, 100.0),
    ]
