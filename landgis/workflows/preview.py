"""What is in files, before anything is taken in: layers, columns, first rows, where they lie, and which systems their numbers fit."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyproj
import shapely

from landgis.readers.coordinates import Extent, called, candidates
from landgis.readers.files import Layer
from landgis.terms import crs as terms
from landgis.terms.issues import shown
from landgis.workflows.ingest import named_layers
from landgis.workflows.steps import Tell, quietly

_ROWS: Final = 20
_OUTLINES: Final = 200
#: Degrees; a corner nearer to the line between its neighbours is left out of an outline: a metre, which no preview shows.
_SMOOTH: Final = 1e-5

_KINDS: Final = {"b": "boolean", "i": "integer", "u": "integer", "f": "number", "M": "date"}


def preview(
    paths: Sequence[Path],
    *,
    crs: str | None = None,
    encoding: str | None = None,
    park: Extent | None = None,
    tell: Tell = quietly,
) -> dict[str, Any]:
    """Say what is in some files, and store nothing.

    Parameters
    ----------
    paths, crs, encoding
        As `landgis.workflows.ingest.ingest`.
    park
        Extent of the park that the shapes belong to: west, south, east, north in degrees.

    Returns
    -------
    dict
        ``files`` and ``layers``. Of each layer:

        - ``file``, ``layer``, ``rows`` (how many), ``encoding``;
        - ``columns``: ``name``, ``kind``, ``filled`` (how many rows have a value);
        - ``sample``: the first 20 rows, each with its number ``row`` and its ``cells`` as texts;
        - ``notes``: what was done while reading, each a ``code`` and what fills its words;
        - ``shapes``: None where it has none, else how many are of which ``kinds`` and how many are ``missing``; ``crs`` (``name``,
          ``epsg``, ``title``), and with it ``extent`` (degrees) and ``outline`` (up to 200 shapes, spread over the layer, as GeoJSON in
          degrees); where nobody knows the system, ``candidates`` in its place: ``epsg``, ``title``, ``extent``, ``outline`` of each.

    Raises
    ------
    InputError
        A file cannot be taken as it is.
    """
    called_files, layers = named_layers(paths, crs=crs, encoding=encoding, park=park, is_asking=False, tell=tell)
    return describe(called_files, layers, park=park)


def describe(files: Sequence[str], layers: Sequence[Layer], *, park: Extent | None = None) -> dict[str, Any]:
    """Say what is in layers that were read, as `preview` gives it."""
    return {"files": list(files), "layers": [_layer(layer, park) for layer in layers]}


def _layer(layer: Layer, park: Extent | None) -> dict[str, Any]:
    head = layer.rows.head(_ROWS)
    return {
        "file": layer.file,
        "layer": layer.name,
        "rows": len(layer.rows),
        "columns": [
            {"name": str(name), "kind": _kind(column), "filled": int(column.notna().sum())}
            for name, column in layer.rows.items()
        ],
        "sample": [
            {"row": int(number), "cells": [shown(value) for value in cells]}
            for number, *cells in head.astype(object).itertuples(name=None)
        ],
        "encoding": layer.encoding,
        "notes": [
            {"code": note.code, **{name: _said(one) for name, one in note.values.items()}} for note in layer.notes
        ],
        "shapes": None if layer.shapes is None else _shapes(layer, park),
    }


def _said(value: object) -> object:
    return {"zh": value.zh, "en": value.en} if hasattr(value, "zh") and hasattr(value, "en") else value


def _kind(column: "pd.Series[Any]") -> str:
    return _KINDS.get(getattr(column.dtype, "kind", "O"), "text")


def _shapes(layer: Layer, park: Extent | None) -> dict[str, Any]:
    shapes = np.asarray(layer.shapes, dtype=object)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    kinds = pd.Series([one.geom_type for one in shapes[there]], dtype="str").value_counts()
    told: dict[str, Any] = {
        "kinds": {str(kind): int(count) for kind, count in kinds.items()},
        "missing": int((~there).sum()),
        "crs": None,
        "candidates": [],
        "extent": None,
        "outline": None,
    }
    bounds = shapely.bounds(shapes)
    sound = np.flatnonzero(there & np.isfinite(bounds).all(axis=1))
    if not len(sound):
        return told
    sample = shapes[sound[np.unique(np.linspace(0, len(sound) - 1, _OUTLINES).astype(int))]]
    if layer.crs is None:
        told["candidates"] = [
            {**one.as_dict(), "outline": _outline(sample, pyproj.CRS.from_epsg(one.epsg))}
            for one in candidates(shapes, park)
        ]
        return told
    told["crs"] = {"name": called(layer.crs), "epsg": layer.crs.to_epsg(min_confidence=60), "title": layer.crs.name}
    boxes = bounds[sound]
    move = pyproj.Transformer.from_crs(layer.crs, terms.STORED, always_xy=True)
    extent = move.transform_bounds(*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))
    told["extent"] = [round(one, 6) for one in extent] if np.isfinite(extent).all() else None
    told["outline"] = _outline(sample, layer.crs)
    return told


def _outline(sample: Any, system: pyproj.CRS) -> dict[str, Any]:  # noqa: ANN401 - shapely tells no types
    move = pyproj.Transformer.from_crs(system, terms.STORED, always_xy=True)
    moved = shapely.transform(sample, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1])))
    moved = moved[np.isfinite(shapely.bounds(moved)).all(axis=1)]
    plain = shapely.simplify(moved, _SMOOTH)
    return {
        "type": "GeometryCollection",
        "geometries": [
            {"type": one.geom_type, "coordinates": _rounded(shapely.geometry.mapping(one)["coordinates"])}
            for one in plain
            if one.geom_type != "GeometryCollection" and not one.is_empty
        ],
    }


def _rounded(coordinates: Any) -> Any:  # noqa: ANN401 - numbers, or lists of them to any depth
    if isinstance(coordinates, float | int):
        return round(float(coordinates), 6)
    return [_rounded(one) for one in coordinates]
