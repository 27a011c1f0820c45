"""Borders and links of drawn parcels, and of random coverages beside a pairwise oracle."""

from unittest.mock import patch

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity
from drawing import draw
from hypothesis import given, settings
from hypothesis import strategies as st

from landgis.core.planning import adjacency
from landgis.core.planning.adjacency import links, neighbours
from landgis.terms.crs import gauss_kruger

CORNER = (117.0, 33.0)


def drawn(text: str, **where: object) -> gpd.GeoDataFrame:
    return draw(text, **where).set_index("parcel_no")


def by_pair(found: pd.DataFrame, column: str) -> dict[str, float]:
    return {f"{a}{b}": value for a, b, value in found[["parcel_a", "parcel_b", column]].itertuples(index=False)}


def test_a_corner_is_no_border() -> None:
    found = neighbours(
        drawn("""
            AAB
            AAB
            .CD
        """)
    )
    assert by_pair(found, "border_m") == pytest.approx({"AB": 20, "AC": 10, "BD": 10, "CD": 10}, abs=1e-3)


def test_a_long_side_facing_two_short_ones_is_a_border_with_both() -> None:
    found = neighbours(
        drawn("""
            BBCCC
            AAAAA
        """)
    )
    assert by_pair(found, "border_m") == pytest.approx({"AB": 20, "AC": 30, "BC": 10}, abs=1e-3)


def test_an_enclave_borders_all_around() -> None:
    found = neighbours(
        drawn("""
            AAA
            ABA
            AAA
        """)
    )
    assert by_pair(found, "border_m") == pytest.approx({"AB": 40}, abs=1e-3)


def test_two_pieces_of_one_parcel_count_together() -> None:
    found = neighbours(
        drawn("""
            AB
            .B
            AB
        """)
    )
    assert by_pair(found, "border_m") == pytest.approx({"AB": 20}, abs=1e-3)


@pytest.mark.parametrize(("slip_m", "is_border"), [(0.005, True), (0.015, True), (0.05, False)])
def test_slips_of_digitising_are_snapped_and_gaps_are_not(slip_m: float, is_border: bool) -> None:
    parcels = drawn("AB")
    metres = parcels.to_crs(gauss_kruger(CORNER[0]))
    metres.loc["B", "geom"] = shapely.transform(metres.loc["B", "geom"], lambda xy: np.add(xy, (slip_m, 0)))
    found = neighbours(metres.to_crs(4490))
    assert by_pair(found, "border_m") == (pytest.approx({"AB": 10}, abs=0.01) if is_border else {})


def test_parcels_of_two_zones_lie_in_one_frame() -> None:
    one, two = drawn("AB"), drawn("CD", corner=(120.0, 31.0))
    found = neighbours(pd.concat([one, two]))
    assert by_pair(found, "border_m") == pytest.approx({"AB": 10, "CD": 10}, abs=1e-3)


def test_nothing_borders_nothing() -> None:
    parcels = drawn("A.B")
    assert by_pair(neighbours(parcels), "border_m") == {}
    assert by_pair(neighbours(parcels.iloc[:0]), "border_m") == {}
    parcels.loc["A", "geom"] = None
    assert by_pair(neighbours(parcels), "border_m") == {}


def test_shapes_that_lie_double_are_neighbours_of_the_same_parcels() -> None:
    parcels = drawn("AB")
    parcels = pd.concat([parcels, parcels.loc[["A"]].rename(index={"A": "C"})])
    assert by_pair(neighbours(parcels), "border_m") == pytest.approx({"AB": 10, "AC": 40, "BC": 10}, abs=1e-3)


def test_a_road_is_a_link_with_its_width_its_length_and_its_name() -> None:
    parcels = drawn("""
        AAA.BB
        AAA.BB
        ....BB
        CCC...
    """)
    road = drawn("""
        ...R..
        ...R..
        RRRR..
        ...R..
    """)
    road["name"] = "纬七路"
    found = links(parcels, gap_max_m=15, facing_min_m=5, between=road)
    assert by_pair(found, "gap_m") == pytest.approx({"AB": 10, "AC": 10}, abs=1e-3)  # B and C meet corner to corner
    assert by_pair(found, "facing_m") == pytest.approx({"AB": 20, "AC": 30}, abs=1e-3)
    assert found["between"].tolist() == ["纬七路", "纬七路"]
    assert by_pair(links(parcels, gap_max_m=9, facing_min_m=5), "gap_m") == {}
    assert by_pair(links(parcels, gap_max_m=15, facing_min_m=25), "gap_m").keys() == {"AC"}
    assert links(parcels, gap_max_m=15, facing_min_m=5)["between"].tolist() == [None, None]


def test_over_somebody_elses_parcel_there_is_no_link() -> None:
    parcels = drawn("ABC")
    assert by_pair(links(parcels, gap_max_m=15, facing_min_m=5, borders=neighbours(parcels)), "gap_m") == {}


def coverage(rng: np.random.Generator, cuts: int, angle: float) -> gpd.GeoDataFrame:
    """Cut a field again and again, anywhere: almost every border is a T-junction. Metres of the zone, then EPSG:4490."""
    boxes = [(0.0, 0.0, 300.0, 200.0)]
    for _ in range(cuts):
        x0, y0, x1, y1 = boxes.pop(int(rng.integers(len(boxes))))
        if x1 - x0 > y1 - y0:
            at = x0 + (x1 - x0) * rng.uniform(0.3, 0.7)
            boxes += [(x0, y0, at, y1), (at, y0, x1, y1)]
        else:
            at = y0 + (y1 - y0) * rng.uniform(0.3, 0.7)
            boxes += [(x0, y0, x1, at), (x0, at, x1, y1)]
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    zone = gauss_kruger(CORNER[0])
    origin = gpd.GeoSeries([shapely.Point(CORNER)], crs=4490).to_crs(zone).iloc[0]
    shapes = shapely.transform(shapely.box(*np.array(boxes).T), lambda xy: np.add(xy @ turn.T, (origin.x, origin.y)))
    return gpd.GeoDataFrame(geometry=shapes, crs=zone)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.floats(0, 3))
def test_borders_are_those_of_every_two_shapes_intersected(seed: int, cuts: int, angle: float) -> None:
    metres = coverage(np.random.default_rng(seed), cuts, angle)
    stored = metres.to_crs(4490)
    found = neighbours(stored)
    grown = shapely.buffer(metres.geometry.to_numpy(), 0.001, join_style="mitre")
    a, b = np.triu_indices(len(metres), 1)
    lengths = shapely.length(shapely.intersection(shapely.boundary(metres.geometry.to_numpy()[a]), grown[b]))
    expected = {(int(i), int(j)): m for i, j, m in zip(a, b, lengths, strict=True) if m > 0.09}
    got = {(int(i), int(j)): m for i, j, m in found.itertuples(index=False)}
    # A border of a decimetre counts; this oracle's is up to two millimetres longer, and about a decimetre it may say otherwise.
    assert {pair for pair, m in expected.items() if m > 0.11} <= got.keys() <= expected.keys()
    assert got == pytest.approx({pair: expected[pair] for pair in got}, abs=0.01)
    shuffled = stored.sample(frac=1, random_state=seed % 1000)
    with patch.object(adjacency, "_COMPILED_SIDES", 0):
        pd.testing.assert_frame_equal(neighbours(stored), found)
    again = {frozenset(pair[:2]): pair[2] for pair in neighbours(shuffled).itertuples(index=False)}
    assert again == pytest.approx({frozenset(pair): m for pair, m in got.items()}, abs=1e-6)


@pytest.mark.parametrize("slip_m", [0.0, 0.015])
def test_the_compiled_loop_finds_what_the_index_finds(monkeypatch: pytest.MonkeyPatch, slip_m: float) -> None:
    rng = np.random.default_rng(7)
    metres = coverage(rng, 150, 0.7)
    # A second piece of ground 300 km away: the rolled up grid lays it over the first.
    slips = rng.uniform(-slip_m / 2, slip_m / 2, (len(metres), 2)) + np.array([100_000.0, 280_000.0])
    moved = [shapely.affinity.translate(one, *by) for one, by in zip(metres.geometry, slips, strict=True)]
    both = np.append(metres.geometry.to_numpy(), moved)
    stored = gpd.GeoDataFrame(geometry=both, crs=metres.crs).to_crs(4490)
    indexed = neighbours(stored)
    monkeypatch.setattr(adjacency, "_COMPILED_SIDES", 0)
    compiled = neighbours(stored)
    assert len(compiled) > 400
    pd.testing.assert_frame_equal(compiled, indexed)
