"""Areas on the ellipsoid, held against GeographicLib; zones, held against PROJ's own definitions."""

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from landgis.terms.crs import ellipsoid_area_m2, equal_area, gauss_kruger, in_plane

GEOD = pyproj.Geod(ellps="GRS80")
SQUARE = shapely.box(117, 33, 117.01, 33.01)
WITH_HOLE = SQUARE.difference(shapely.box(117.004, 33.004, 117.006, 33.006))


def geodesic_m2(shape) -> float:
    return abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(shape))[0])


places = st.tuples(st.floats(73, 135), st.floats(-60, 60), st.floats(1e-4, 0.05), st.floats(0, 6.28))


@given(places)
def test_a_slanted_plot_is_as_large_as_its_geodesics_say(place):
    longitude, latitude, size, turn = place
    corners = [(size * np.cos(turn + k * np.pi / 2), size * np.sin(turn + k * np.pi / 2) * 0.4) for k in range(4)]
    plot = shapely.Polygon([(longitude + x, latitude + y) for x, y in corners])
    assert ellipsoid_area_m2([plot])[0] == pytest.approx(geodesic_m2(plot), rel=1e-6, abs=0.05)


@pytest.mark.parametrize(
    "shape",
    [
        SQUARE,
        shapely.reverse(SQUARE),
        WITH_HOLE,
        shapely.MultiPolygon([WITH_HOLE, shapely.box(118, 33, 118.001, 33.001)]),
        shapely.MultiPolygon([SQUARE]),
        # Two parts that begin in the same corner, and a hole that begins where the outside does.
        shapely.MultiPolygon(
            [shapely.box(117, 33, 117.001, 33.001), shapely.Polygon([(117, 33), (116.999, 33), (117, 32.999)])]
        ),
        shapely.Polygon(
            [(117, 33), (117.003, 33), (117.003, 33.003)], [[(117, 33), (117.002, 33.001), (117.002, 33.0015)]]
        ),
    ],
)
def test_holes_are_taken_off_and_parts_are_summed_whichever_way_they_turn(shape):
    assert ellipsoid_area_m2([shape])[0] == pytest.approx(geodesic_m2(shape), rel=1e-8, abs=0.01)


def test_nothing_is_nothing_and_unknown_is_unknown():
    areas = ellipsoid_area_m2([shapely.Polygon(), None, SQUARE, shapely.Point(117, 33)])
    assert areas[[0, 3]].tolist() == [0, 0] and np.isnan(areas[1]) and areas[2] > 0
    assert ellipsoid_area_m2([]).shape == (0,)


def test_web_mercator_would_be_wrong_by_more_than_a_third():
    plane = pyproj.Transformer.from_crs(4490, 3857, always_xy=True)
    drawn = shapely.transform(
        shapely.box(120.72, 31.32, 120.73, 31.33), lambda xy: np.column_stack(plane.transform(*xy.T))
    )
    assert drawn.area / ellipsoid_area_m2([shapely.box(120.72, 31.32, 120.73, 31.33)])[0] == pytest.approx(
        1.37, abs=0.01
    )


def test_the_equal_area_plane_is_proj_s():
    lonlat = np.array([[117.0, 33.0], [-73.9, 40.7], [0.0, 0.0], [135.0, -60.0]])
    plane = pyproj.Transformer.from_crs("EPSG:4490", "+proj=cea +ellps=GRS80", always_xy=True)
    assert equal_area(lonlat) == pytest.approx(np.column_stack(plane.transform(*lonlat.T)), abs=1e-6)


def test_shapes_come_to_the_plane_corner_by_corner_and_a_single_ring_becomes_a_plain_polygon():
    apart = shapely.MultiPolygon([SQUARE, shapely.box(118, 33, 118.001, 33.001)])
    shapes = np.array([SQUARE, shapely.MultiPolygon([SQUARE]), WITH_HOLE, apart, shapely.MultiPolygon(), None])
    flat = in_plane(shapes)
    plainly = shapely.transform(shapes, equal_area)
    assert np.array_equal(shapely.get_coordinates(flat), shapely.get_coordinates(plainly))
    assert shapely.area(flat).tolist()[:5] == shapely.area(plainly).tolist()[:5]
    assert shapely.get_type_id(flat).tolist() == [3, 3, 3, 6, 6, -1]
    assert in_plane(np.array([], dtype=object)).shape == (0,)


@pytest.mark.parametrize(("longitude", "code"), [(75.0, 4534), (117.0, 4548), (120.72, 4549), (135.0, 4554)])
def test_a_longitude_has_its_three_degree_zone(longitude, code):
    assert gauss_kruger(longitude) == code
    meridian = pyproj.CRS(code).coordinate_operation.params[1].value
    assert abs(meridian - longitude) <= 1.5
