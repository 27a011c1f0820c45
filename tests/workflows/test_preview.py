"""What a file holds is told before anything of it is stored, and a park that stands helps to place what comes."""

from pathlib import Path

import dirty
import numpy as np
import pytest
import shapely

from landgis.terms.crs import gcj02
from landgis.terms.errors import CoordinatesError
from landgis.workflows.health import reader_check
from landgis.workflows.ingest import ingest
from landgis.workflows.preview import preview

PARK = "POLYGON((120.70 31.30,120.73 31.30,120.73 31.33,120.70 31.33,120.70 31.30))"


@pytest.fixture
def park(conn, tmp_path: Path) -> str:
    (tmp_path / "park.csv").write_text(f'park_code,name,WKT\np1,示例园区 01,"{PARK}"\n', encoding="utf-8")
    ingest(conn, [tmp_path / "park.csv"], "landgis-template", crs="EPSG:4490")
    return "p1"


def test_layers_columns_rows_and_place_are_told(tmp_path: Path) -> None:
    dirty.plots(**{"地块编号": [f"A-{number}" for number in range(30)], "面积": [1.5] * 29 + [None]}).to_file(
        tmp_path / "a.gpkg"
    )
    (layer,) = preview([tmp_path / "a.gpkg"])["layers"]
    assert (layer["file"], layer["layer"], layer["rows"], layer["encoding"]) == ("a.gpkg", "a", 30, "UTF-8")
    assert layer["columns"] == [
        {"name": "地块编号", "kind": "text", "filled": 30},
        {"name": "面积", "kind": "number", "filled": 29},
    ]
    assert len(layer["sample"]) == 20 and layer["sample"][0] == {"row": 1, "cells": ["A-0", "1.5"]}
    shapes = layer["shapes"]
    assert (shapes["kinds"], shapes["missing"], shapes["candidates"]) == ({"Polygon": 30}, 0, [])
    assert shapes["crs"] == {"name": "EPSG:4490", "epsg": 4490, "title": "China Geodetic Coordinate System 2000"}
    assert shapes["extent"][:2] == [120.72, 31.32] and len(shapes["outline"]["geometries"]) == 30
    assert shapes["outline"]["geometries"][0]["type"] == "Polygon"


def test_every_system_that_fits_comes_with_the_shapes_as_it_would_lay_them(tmp_path: Path) -> None:
    dirty.shapefile(tmp_path / "a.shp", dirty.plots(dirty.SIX_DIGITS, crs=None))
    shapes = preview([tmp_path / "a.shp"], park=(120.6, 31.2, 120.8, 31.4))["layers"][0]["shapes"]
    assert shapes["crs"]["epsg"] == 4549, "the park leaves one"
    shapes = preview([tmp_path / "a.shp"])["layers"][0]["shapes"]
    assert shapes["crs"] is None and len(shapes["candidates"]) > 10
    one = next(one for one in shapes["candidates"] if one["epsg"] == 4549)
    ring = shapely.geometry.shape(one["outline"]["geometries"][0])
    assert ring.bounds == pytest.approx(one["extent"], abs=0.01) and one["title"]["zh"].startswith("CGCS2000")


def test_a_park_that_stands_tells_the_zone_of_six_digits(conn, park, tmp_path: Path) -> None:
    path = dirty.shapefile(tmp_path / "parcel.shp", dirty.plots(dirty.SIX_DIGITS, crs=None))
    done = ingest(conn, [path], "landgis-template", park=park, is_dry=True)
    assert done.stored.stored == 2 and done.issues["code"].tolist() == ["115-crs-inferred"]
    with pytest.raises(CoordinatesError):
        ingest(conn, [path], "landgis-template", park="p2", is_dry=True)


def test_a_layer_of_a_web_map_is_doubted_when_it_is_taken_in(conn, park, tmp_path: Path) -> None:
    east, north = np.meshgrid(np.linspace(120.701, 120.729, 5), np.linspace(31.301, 31.329, 5))
    middle = gcj02(np.column_stack([east.ravel(), north.ravel()]))
    shapes = shapely.box(*(middle - 5e-4).T, *(middle + 5e-4).T)
    plots = dirty.plots(parcel_no=[f"A-{number}" for number in range(25)]).set_geometry(list(shapes), crs=4490)
    plots.to_file(tmp_path / "parcel.gpkg", layer="parcel")
    done = ingest(conn, [tmp_path / "parcel.gpkg"], "landgis-template", park=park, is_dry=True)
    # Told once of the layer; of the plots that the shift puts over the park's border each is told of as well.
    assert done.issues["code"].value_counts().to_dict() == {"120-layer-shifted": 1, "506-outside-park": 9}


def test_the_doctor_says_how_readers_are_kept_from_the_network() -> None:
    check = reader_check()
    assert check.is_ok and "system call" in check.detail.en
