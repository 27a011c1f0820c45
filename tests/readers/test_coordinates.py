"""In which system coordinates are: told, turned, or asked with every answer that fits."""

from pathlib import Path

import dirty
import hypothesis.strategies as st
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings

from landgis.readers.coordinates import candidates, settled
from landgis.readers.files import read_layers
from landgis.terms.crs import STORED, ZONES, gcj02, in_china, zone_epsg
from landgis.terms.errors import CoordinatesError

PARK = (120.68, 31.28, 120.76, 31.36)
QUEENS = (-73.95, 40.68, -73.80, 40.78)


def shapes(*boxes: tuple[float, float, float, float]) -> np.ndarray:
    return np.array([shapely.box(*one) for one in boxes], dtype=object)


SIX = shapes(dirty.SIX_DIGITS.bounds)


def test_six_digits_name_every_zone_of_china_at_that_latitude_and_where_each_puts_them() -> None:
    found = candidates(SIX)
    assert {one.epsg for one in found} >= {4540, 4547, 4548, 4549} and 4552 not in {one.epsg for one in found}
    one = next(one for one in found if one.epsg == 4549)
    assert [round(side, 2) for side in one.extent] == [120.72, 31.32, 120.72, 31.32]
    assert one.title.zh == "CGCS2000 / 高斯-克吕格 3 度带 中央经线 120°E"


def test_the_park_tells_which_zone_is_meant_and_it_is_noted() -> None:
    _, crs, notes = settled(SIX, None, "a: b", park=PARK)
    assert crs is not None and crs.to_epsg() == 4549
    assert [note.code for note in notes] == ["115-crs-inferred"]


def test_who_is_asked_gets_the_systems_as_data(tmp_path: Path) -> None:
    dirty.shapefile(tmp_path / "a.shp", dirty.plots(dirty.SIX_DIGITS, crs=None))
    with pytest.raises(CoordinatesError) as caught:
        read_layers(tmp_path / "a.shp")
    told = caught.value.as_dict()
    assert {"epsg", "title", "extent"} == set(told["candidates"][0])
    assert caught.value.kind == "input"
    assert read_layers(tmp_path / "a.shp", is_asking=False)[0].crs is None


def test_feet_of_new_york_are_found_by_the_park() -> None:
    feet = shapes((1_010_000, 200_000, 1_010_300, 200_300))
    assert candidates(feet) == []
    found = candidates(feet, QUEENS)
    assert 2263 in {one.epsg for one in found} and 32118 not in {one.epsg for one in found}, "feet, and not metres"


@settings(deadline=None, max_examples=60)
@given(
    width=st.sampled_from([3, 6]),
    longitude=st.floats(80, 122),
    latitude=st.floats(29, 39),
    is_numbered=st.booleans(),
    is_turned=st.booleans(),
)
def test_wherever_a_parcel_lies_its_own_zone_is_among_the_answers(
    width: int, longitude: float, latitude: float, is_numbered: bool, is_turned: bool
) -> None:
    zone = round(longitude / 3) if width == 3 else int(longitude // 6) + 1
    if not in_china(longitude, latitude) or zone not in ZONES[width]:
        return
    code = zone_epsg("CGCS2000", width, zone, prefixed=is_numbered)
    x, y = pyproj.Transformer.from_crs(STORED, code, always_xy=True).transform(longitude, latitude)
    drawn = shapes((y, x, y + 50, x + 50) if is_turned else (x, y, x + 50, y + 50))
    found = candidates(drawn)
    right = [one for one in found if abs(one.extent[0] - longitude) < 0.01 and abs(one.extent[1] - latitude) < 0.01]
    assert right, [one.epsg for one in found]
    if is_numbered:
        assert len(found) <= 2, "the zone, and at most a web map's metres"


def test_a_system_whose_numbers_fit_is_taken_as_stated() -> None:
    for code, box in ((4549, SIX), (32651, shapes((283_000, 3_466_000, 283_100, 3_466_100)))):
        stated = pyproj.CRS.from_epsg(code)
        assert settled(box, stated, "a")[1:] == (stated, [])


def test_the_shift_of_web_maps_at_suzhou_is_470_metres() -> None:
    place = np.array([[120.72, 31.32]])
    moved = gcj02(place)
    _, _, apart_m = pyproj.Geod(ellps="GRS80").inv(*place[0], *moved[0])
    assert apart_m == pytest.approx(470, abs=15)
