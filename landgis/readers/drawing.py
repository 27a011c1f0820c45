"""CAD drawings: closed lines become parcels, the text inside one its number."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import shapely

from landgis.readers.sheets import Note, Sheet
from landgis.readers.vector import read_layer
from landgis.terms.errors import InputError, Words

_HATCH: Final = "AcDbHatch"
#: A hatch lies on the line around it when no corner is further from it than this, in the drawing's unit.
_SAME: Final = 0.001


def read_drawing(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read a DXF: one row for each closed line, with its CAD layer, the texts inside it, and of these the parcel's number.

    With one text inside, that is the number; with several, the only one that has a digit; otherwise there is none.
    """
    options = {"encoding": encoding} if encoding else {}
    for entities in read_layer(path, file, None, "DXF", **options):
        table = pa.Table.from_batches(entities.batches, entities.schema)
        shapes = shapely.force_2d(shapely.from_wkb(table.column(table.num_columns - 1).to_numpy(), on_invalid="ignore"))
        kinds = shapely.get_type_id(shapes)
        cells = {name: table.column(name).to_pylist() for name in ("Layer", "SubClasses", "EntityHandle", "Text")}
        closed = np.flatnonzero(np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)))
        closed = closed[~shapely.is_empty(shapes[closed])]
        closed = _without_hatches(closed, shapes, cells["SubClasses"])
        if not len(closed):
            _no_parcels(file)
        labels = np.array(
            [place for place in np.flatnonzero(kinds == shapely.GeometryType.POINT) if cells["Text"][place]],
            dtype=np.intp,
        )
        inside = _inside(shapes[closed], shapes[labels])
        texts: list[list[str]] = [[] for _ in closed]
        for label, parcel in zip(labels, inside, strict=True):
            if parcel >= 0:
                texts[parcel].append(" ".join(str(cells["Text"][label]).split()))
        left = len(shapes) - len(closed) - int((inside >= 0).sum())
        rows = pa.table(
            {
                "地块编号": pa.array([_number(one) for one in texts], pa.string()),
                "文字": pa.array(["；".join(one) or None for one in texts], pa.string()),
                "图层": pa.array([cells["Layer"][place] for place in closed], pa.string()),
                "图元句柄": pa.array([cells["EntityHandle"][place] for place in closed], pa.string()),
                "wkb": pa.array(shapely.to_wkb(shapes[closed]), pa.binary()),
            }
        )
        yield Sheet(
            file,
            Path(file).stem,
            rows.schema,
            rows.to_batches(),
            encoding=entities.encoding,
            has_shapes=True,
            notes=[Note("117-entities-unused", {"count": left})] if left else [],
        )


def _number(texts: list[str]) -> str | None:
    """Choose the parcel's number among the texts inside it.

    >>> _number(["A-7"]), _number(["A-7", "某公司"]), _number(["A-7", "B-2"]), _number([])
    ('A-7', 'A-7', None, None)
    """
    if len(texts) > 1:
        texts = [one for one in texts if any(sign.isdigit() for sign in one)]
    return texts[0] if len(texts) == 1 else None


def _without_hatches(closed: Any, shapes: Any, kinds: list[str | None]) -> Any:  # noqa: ANN401 - shapely tells no types
    """Drop a hatch that fills a closed line: it is the same parcel again."""
    hatch = np.array([_HATCH in (kinds[place] or "") for place in closed], dtype=bool)
    if not hatch.any() or hatch.all():
        return closed
    lines = shapely.STRtree(shapes[closed[~hatch]])
    fills, _ = lines.query(shapes[closed[hatch]], predicate="intersects")
    again = np.zeros(int(hatch.sum()), dtype=bool)
    for fill in np.unique(fills):
        one = shapes[closed[hatch][fill]]
        near = shapes[closed[~hatch]][lines.query(one)]
        again[fill] = bool((shapely.hausdorff_distance(near, one) <= _SAME).any())
    kept = np.ones(len(closed), dtype=bool)
    kept[np.flatnonzero(hatch)[again]] = False
    return closed[kept]


def _inside(parcels: Any, labels: Any) -> Any:  # noqa: ANN401
    """Give for each label the smallest parcel around it, or -1."""
    found = np.full(len(labels), -1)
    if not len(labels):
        return found
    label, parcel = shapely.STRtree(parcels).query(labels, predicate="intersects")
    order = np.argsort(-shapely.area(parcels[parcel]), kind="stable")
    found[label[order]] = parcel[order]
    return found


def _no_parcels(file: str) -> None:
    raise InputError(
        Words("图中没有闭合的线。", "There is no closed line in the drawing."),
        at=file,
        why=Words("只有闭合的多段线能成为地块。", "Only a closed polyline can become a parcel."),
        mend=Words(
            "在 CAD 中闭合地块边界（PEDIT → 闭合）后另存。", "Close the borders in CAD (PEDIT, Close) and save again."
        ),
    )
