"""Arcs become lines before a shape leaves the reader, and heights are told: a parcel is a plan of straight borders."""

import ctypes
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from landgis.readers.drivers import library
from landgis.readers.refusals import few_enough_corners, unreadable
from landgis.readers.sheets import Note, Sheet

#: An arc becomes lines of so many degrees: on a radius of 100 m they leave it by 4 mm, and a full circle loses 0.005 % of its area.
STEP_DEG: Final = 1.0
_LINEAR: Final = frozenset(range(7))
_MULTIPOLYGON: Final = 6
#: Kinds of ISO 13249-3 that are no plain ones; a collection may hold any of them.
_KINDS: Final = {
    7: "collection", 8: "circular string", 9: "compound curve", 10: "curve polygon", 11: "multicurve", 12: "multisurface",
    13: "curve", 14: "surface", 15: "polyhedral surface", 16: "TIN", 17: "triangle",
}  # fmt: skip
_FACETS: Final = (15, 16, 17)


def straightened(sheet: Sheet) -> Sheet:
    """Give a sheet whose shapes have no arcs and no facets; note the rows that had them, and how many have heights or measures."""
    return replace(sheet, batches=_batches(sheet)) if sheet.has_shapes else sheet


def _batches(sheet: Sheet) -> Iterator[pa.RecordBatch]:
    straight: dict[str, list[int]] = {}
    high, row = 0, 1
    for batch in sheet.batches:
        place = batch.num_columns - 1
        wkb = batch.column(place)
        heads = pc.binary_slice(wkb, 0, 5)
        kinds = {head: _kind(head) for head in pc.unique(heads).to_pylist() if head is not None and len(head) == 5}
        if any(is_high for _, is_high in kinds.values()):
            high += sum(kinds.get(head, (0, False))[1] for head in heads.to_pylist())
        if any(kind not in _LINEAR for kind, _ in kinds.values()):
            cells = wkb.to_pylist()
            for number, head in enumerate(heads.to_pylist()):
                kind = kinds.get(head, (0, False))[0]
                if kind in _LINEAR:
                    continue
                made = _straight(cells[number], kind, f"{sheet.file}: {sheet.name}; {row + number}")
                is_same, cells[number] = made == cells[number], made
                if made is not None and not is_same:
                    at = batch.column(0)[number].as_py() if sheet.has_numbers else row + number
                    straight.setdefault(_KINDS.get(kind, str(kind)), []).append(at)
            wkb = pa.array(cells, wkb.type)
            few_enough_corners(wkb, f"{sheet.file}: {sheet.name}", row)
            batch = batch.set_column(place, batch.schema.field(place), wkb)
        row += batch.num_rows
        yield batch
    sheet_notes = sheet.notes
    sheet_notes += [Note("121-curves-straightened", {"kind": kind}, tuple(rows)) for kind, rows in straight.items()]
    if high:
        sheet_notes.append(Note("122-heights-dropped", {"count": high}))


def _kind(head: bytes) -> tuple[int, bool]:
    r"""Give the kind of a shape without its dimensions, and whether it has heights or measures; from the first five bytes of its WKB.

    >>> _kind(b"\x01\x03\x00\x00\x00"), _kind(b"\x00\x00\x00\x03\xf2"), _kind(b"\x01\x03\x00\x00\x80")
    ((3, False), (10, True), (3, True))
    """
    told = int.from_bytes(head[1:5], "little" if head[0] else "big")
    flags, plain = told >> 29, told & 0x1FFFFFFF
    return plain % 1000, bool(flags & 0b110) or plain >= 1000


def _straight(wkb: bytes, kind: int, at: str) -> bytes | None:
    """Have GDAL make lines of a shape's arcs, polygons of its facets; None where it is no shape, which refuses its row."""
    gdal = _functions(at)
    shape = ctypes.c_void_p()
    if gdal.OGR_G_CreateFromWkb(wkb, None, ctypes.byref(shape), len(wkb)) or not shape:
        return None
    try:
        if kind in _FACETS:
            # It takes the given shape over.
            shape = ctypes.c_void_p(gdal.OGR_G_ForceTo(shape, _MULTIPOLYGON, None))
        elif gdal.OGR_G_HasCurveGeometry(shape, 0):
            lines = ctypes.c_void_p(gdal.OGR_G_GetLinearGeometry(shape, STEP_DEG, None))
            gdal.OGR_G_DestroyGeometry(shape)
            shape = lines
        else:
            return wkb
        if not shape:
            return None
        content = ctypes.create_string_buffer(gdal.OGR_G_WkbSize(shape))
        gdal.OGR_G_ExportToIsoWkb(shape, 1, content)
        return content.raw
    finally:
        if shape:
            gdal.OGR_G_DestroyGeometry(shape)


def _functions(at: str) -> Any:  # noqa: ANN401 - a library's functions have no type
    gdal = library()
    if gdal is None:
        raise unreadable(at, "curves, and GDAL's library is not found")
    gdal.OGR_G_CreateFromWkb.argtypes = [ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    gdal.OGR_G_ForceTo.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    gdal.OGR_G_GetLinearGeometry.argtypes = [ctypes.c_void_p, ctypes.c_double, ctypes.c_void_p]
    gdal.OGR_G_HasCurveGeometry.argtypes = [ctypes.c_void_p, ctypes.c_int]
    gdal.OGR_G_ExportToIsoWkb.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p]
    for function in (gdal.OGR_G_WkbSize, gdal.OGR_G_DestroyGeometry):
        function.argtypes = [ctypes.c_void_p]
    gdal.OGR_G_DestroyGeometry.restype = None
    for function in (gdal.OGR_G_ForceTo, gdal.OGR_G_GetLinearGeometry):
        function.restype = ctypes.c_void_p
    return gdal
