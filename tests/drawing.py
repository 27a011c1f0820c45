"""Parcels drawn as text: one character is a square of 10 m by 10 m, a letter is a parcel, a dot is nobody's land."""

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from landgis.terms.crs import gauss_kruger

CELL_M = 10.0


def draw(text: str, *, corner: tuple[float, float] = (117.0, 33.0)) -> gpd.GeoDataFrame:
    """Draw parcels; ``parcel_no`` is the letter, the shape lies north-east of `corner` (longitude, latitude), EPSG:4490.

    Drawn in the Gauss-Krüger zone of the corner, on its central meridian where a metre is a metre.
    """
    lines = [line.strip() for line in text.strip().splitlines()]
    cells: dict[str, list[shapely.Polygon]] = {}
    for down, line in enumerate(reversed(lines)):
        for right, letter in enumerate(line):
            if letter != ".":
                square = shapely.box(*np.array([right, down, right + 1, down + 1]) * CELL_M)
                cells.setdefault(letter, []).append(square)
    letters = sorted(cells)
    zone = gauss_kruger(corner[0])
    origin = gpd.GeoSeries([shapely.Point(corner)], crs=4490).to_crs(zone).iloc[0]
    shapes = gpd.GeoSeries([shapely.union_all(cells[letter]) for letter in letters], crs=zone)
    shapes = shapes.translate(origin.x, origin.y).to_crs(4490)
    return gpd.GeoDataFrame(
        {"parcel_no": letters},
        geometry=[shapely.multipolygons([shape]) if shape.geom_type == "Polygon" else shape for shape in shapes],
        crs=4490,
    ).rename_geometry("geom")


def square(size_m: float = 100.0, *, west: float = 117.0, south: float = 33.0) -> np.ndarray[Any, Any]:
    """Give the corners of a square of this size at 33° N, where a degree is 110 914 m north and 93 456 m east."""
    return np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * size_m / [93_456, 110_914] + [west, south]
