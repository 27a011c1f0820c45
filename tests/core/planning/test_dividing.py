"""What one straight cut takes off a parcel, clear of every building: drawn on plots of round metres."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from landgis.core.planning.dividing import spare_parts
from landgis.terms.crs import ellipsoid_area_m2, metres_per_degree

CORNER = np.array([117.0, 33.0])
METRE = metres_per_degree(CORNER[1:])[0]


def ground(*shapes, turn: float = 0.0) -> gpd.GeoSeries:
    """Lay shapes of metres on the ground at 33° N, turned about the corner."""
    turned = [shapely.affinity.rotate(one, turn, origin=(0, 0)) for one in shapes]
    return gpd.GeoSeries([shapely.transform(one, lambda xy: xy / METRE + CORNER) for one in turned], crs=4490)


def metres(shape, turn: float = 0.0):
    """Take a shape back to its metres."""
    return shapely.affinity.rotate(shapely.transform(shape, lambda xy: (xy - CORNER) * METRE), -turn, origin=(0, 0))


def divide(plot, *buildings, most: float = 1e9, setback: float = 10.0, least: float = 1000.0, turn: float = 0.0):
    parcels = gpd.GeoDataFrame({"geom": ground(plot, turn=turn).to_numpy()}, index=[7], geometry="geom", crs=4490)
    outlines = [None if one is None else ground(one, turn=turn).iloc[0] for one in buildings]
    building = gpd.GeoDataFrame(
        {"parcel_id": pd.array([7] * len(outlines), dtype="Int64"), "geom": outlines}, geometry="geom", crs=4490
    )
    return spare_parts(parcels, building, pd.Series({7: most}), setback_m=setback, least_m2=least)


#: 200 m from west to east, 100 m from south to north, a hall over all of its west: 2 hectares, of which the hall leaves 12 000 m².
PLOT = shapely.box(0, 0, 200, 100)
HALL = shapely.box(5, 5, 80, 95)


@pytest.mark.parametrize("turn", [0.0, 30.0, 137.0])
def test_the_part_begins_ten_metres_off_the_hall_however_the_plot_lies(turn: float) -> None:
    found = divide(PLOT, HALL, turn=turn)
    part, kept = metres(found.geometry.iloc[0], turn), metres(found["kept"].iloc[0], turn)
    assert found.index.tolist() == [7] and found.crs == 4490
    assert part.bounds == pytest.approx((90, 0, 200, 100), abs=1e-4)
    assert kept.bounds == pytest.approx((0, 0, 90, 100), abs=1e-4)


def test_what_the_firm_needs_says_where_the_cut_goes_when_the_hall_leaves_more() -> None:
    part = metres(divide(PLOT, HALL, most=6_000.0).geometry.iloc[0])
    assert part.bounds == pytest.approx((140, 0, 200, 100), abs=0.02) and part.area <= 6_000.0


def test_the_side_that_gives_most_is_cut() -> None:
    """A hall in the middle of the west, another before the east: the north gives 55 × 200 m, the east nothing."""
    part = metres(divide(PLOT, shapely.box(20, 5, 80, 35), shapely.box(120, 5, 190, 35)).geometry.iloc[0])
    assert part.bounds == pytest.approx((0, 45, 200, 100), abs=1e-4)


def test_an_l_is_cut_into_two_pieces_never_into_three() -> None:
    """A U of 30 m arms, its hall in the foot: a cut from east to west would take both arms, two pieces for one number."""
    u = shapely.Polygon([(0, 0), (100, 0), (100, 90), (70, 90), (70, 30), (30, 30), (30, 90), (0, 90)])
    found = divide(u, shapely.box(5, 5, 60, 20), least=800.0)
    part = metres(found.geometry.iloc[0])
    assert part.geom_type == metres(found["kept"].iloc[0]).geom_type == "Polygon"
    assert part.bounds == pytest.approx((70, 0, 100, 90), abs=1e-4)


@pytest.mark.parametrize(
    ("buildings", "how"),
    [
        ((), {}),  # nothing is recorded: where the firm builds is not known
        ((HALL, None), {}),  # one stands nobody knows where
        ((shapely.box(5, 5, 195, 95),), {}),  # built all over
        ((HALL,), {"least": 11_500.0}),  # 11 000 m² are not worth the trouble
        ((HALL,), {"most": 500.0}),  # it can spare next to nothing
        ((HALL,), {"most": np.nan}),  # what it can spare is not known
    ],
)
def test_where_nothing_can_be_divided_off_the_parcel_is_absent(buildings, how) -> None:
    found = divide(PLOT, *buildings, **how)
    assert found.empty and found.crs == 4490 and list(found.columns) == ["geom", "kept"]


def test_a_parcel_in_pieces_is_left_whole() -> None:
    two = shapely.multipolygons([PLOT, shapely.box(300, 0, 400, 100)])
    assert divide(two, HALL).empty
    assert len(divide(shapely.multipolygons([PLOT]), HALL)) == 1


@given(
    st.lists(st.tuples(st.integers(40, 100), st.integers(0, 359)), min_size=3, max_size=9, unique_by=lambda one: one[1]),
    st.integers(-20, 20), st.integers(-20, 20), st.integers(500, 20_000),
)  # fmt: skip
def test_part_and_rest_are_the_parcel_and_the_part_is_clear_of_the_building(corners, x, y, most) -> None:
    points = [
        (r * np.cos(np.radians(a)), r * np.sin(np.radians(a))) for r, a in sorted(corners, key=lambda one: one[1])
    ]
    plot, hall = shapely.Polygon(points), shapely.box(x - 6, y - 6, x + 6, y + 6)
    if not plot.is_valid or plot.area < 400:
        return
    found = divide(plot, hall, most=float(most), least=300.0)
    if found.empty:
        return
    part, kept = metres(found.geometry.iloc[0]), metres(found["kept"].iloc[0])
    assert part.area + kept.area == pytest.approx(plot.area, abs=0.01)
    assert 299.0 <= part.area <= most * 1.0001  # the plane of the test is not quite that of the cut
    assert part.distance(hall) >= 10 - 1e-3
    assert ellipsoid_area_m2(np.array([found.geometry.iloc[0]]))[0] == pytest.approx(part.area, rel=1e-3)
