"""A layer drawn on a web map lies half a kilometre off its park: told once, for the layer, and never where it lies right."""

import re

import numpy as np
import pandas as pd
import pytest
import shapely

from landgis.core.checking.shifted import shifted
from landgis.terms.crs import gcj02

PARK = shapely.box(120.70, 31.30, 120.73, 31.33)  # some 2.9 km x 3.3 km


def layer(move: tuple[float, float] = (0, 0), is_gcj02: bool = False) -> pd.DataFrame:
    """Lay 10 x 10 parcels out over the whole park."""
    east, north = np.meshgrid(np.linspace(120.701, 120.729, 10), np.linspace(31.301, 31.329, 10))
    middle = np.column_stack([east.ravel(), north.ravel()]) + move
    middle = gcj02(middle) if is_gcj02 else middle
    shapes = shapely.box(middle[:, 0] - 5e-4, middle[:, 1] - 5e-4, middle[:, 0] + 5e-4, middle[:, 1] + 5e-4)
    return pd.DataFrame(
        {
            "park_code": "p1",
            "source_file": "a.gpkg",
            "source_layer": "宗地",
            "source_row": range(1, 101),
            "geom": shapes,
        }
    )


def test_a_layer_of_a_web_map_is_told_with_its_metres() -> None:
    found = shifted({"parcel": layer(is_gcj02=True)}, {"p1": PARK})
    assert found["code"].tolist() == ["120-layer-shifted"]
    issue = found.iloc[0]
    assert (issue["layer"], pd.isna(issue["row"]), issue["severity"]) == ("宗地", True, "doubted")
    assert "GCJ-02" in issue["en"] and "100 parcels lie in the park" in issue["en"]
    metres = int(re.search(r"by some (\d+) m", issue["en"])[1])
    assert metres == pytest.approx(470, abs=15)


# A little, none, quite elsewhere, half a kilometre the other way.
@pytest.mark.parametrize("move", [(0, 0), (0.0005, 0), (1.0, 0.5), (-0.005, 0.005)])
def test_a_layer_that_lies_right_or_otherwise_wrong_is_not(move: tuple[float, float]) -> None:
    assert shifted({"parcel": layer(move)}, {"p1": PARK}).empty


def test_a_park_of_no_known_outline_says_nothing() -> None:
    assert shifted({"parcel": layer(is_gcj02=True)}, {}).empty


def test_the_park_of_the_same_batch_goes_before_the_one_that_stands() -> None:
    park = pd.DataFrame({"park_code": ["p1"], "geom": [PARK]})
    assert len(shifted({"parcel": layer(is_gcj02=True), "park": park}, {"p1": shapely.box(0, 0, 1, 1)})) == 1


def test_files_without_parcels_have_no_layer_to_doubt() -> None:
    assert shifted({"contract": pd.DataFrame()}, {"p1": PARK}).empty
