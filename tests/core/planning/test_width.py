"""The inscribed width of drawn parcels, and the least sets that are wide enough."""

import itertools

import numpy as np
import pytest
from drawing import draw
from hypothesis import given, settings
from hypothesis import strategies as st

from landgis.core.planning.width import cores, inscribed_width_m, site_width_m


def wide_sets(text: str, width_m: float) -> set[str]:
    parcels = draw(text)
    found = cores(parcels, width_m)
    return {"".join(parcels["parcel_no"].iloc[list(core)]) for core in found}


def test_width_is_the_diameter_of_the_largest_circle() -> None:
    parcels = draw("""
        AAAAB
        AAAA.
        CCDDD
        .CDDD
        CCDDD
    """).set_index("parcel_no")
    found = inscribed_width_m(parcels)
    assert found["A"] == pytest.approx(20, abs=0.01)
    assert found["B"] == pytest.approx(10, abs=0.01)
    assert found["D"] == pytest.approx(30, abs=0.01)
    assert found["C"] == pytest.approx(
        2 * 10 * (2 - 2**0.5), abs=0.01
    )  # in its angles: r + r ÷ √2 = 10 √2, past the inner corner
    assert site_width_m(parcels.loc[["C", "D"], "geom"].to_numpy()) == pytest.approx(30, abs=0.01)


def test_a_wide_parcel_is_a_core_of_its_own_and_narrow_ones_need_each_other() -> None:
    text = """
        AABC
        AABC
    """
    assert wide_sets(text, 20) == {"A", "BC"}
    assert wide_sets(text, 10) == {"A", "B", "C"}
    assert wide_sets(text, 25) == set()


def test_strips_need_as_many_as_the_circle_is_wide() -> None:
    text = "\n".join(["ABCDE"] * 5)
    assert wide_sets(text, 30) == {"ABC", "BCD", "CDE"}
    assert wide_sets(text, 31) == {"ABCD", "BCDE"}
    assert wide_sets(text, 50) == {"ABCDE"}


def test_a_road_is_not_in_the_circle() -> None:
    assert wide_sets("\n".join(["AB.CD"] * 4), 20) == {"AB", "CD"}
    assert wide_sets("\n".join(["A.B"] * 4), 20) == set()


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([15.0, 20.0, 25.0, 30.0]))
def test_a_set_is_wide_exactly_when_it_holds_a_core(seed: int, width_m: float) -> None:
    rng = np.random.default_rng(seed)
    letters = np.array([list("ABCDEF")[k] for k in rng.integers(0, 6, 24)]).reshape(4, 6)
    parcels = draw("\n".join("".join(row) for row in letters))
    found = [set(core) for core in cores(parcels, width_m)]
    for size in range(1, len(parcels) + 1):
        for some in itertools.combinations(range(len(parcels)), size):
            width = site_width_m(parcels.geometry.to_numpy()[list(some)])
            if abs(width - width_m) > 0.3:  # nearer, the corners of the circles decide
                assert any(core <= set(some) for core in found) == (width > width_m), (some, width)
