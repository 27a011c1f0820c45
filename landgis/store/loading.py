"""Frames into PostgreSQL by binary COPY, a column at a time: no Python per row.

The wire form of a row is a 16-bit count of fields and, for each, a 32-bit length (-1: NULL) and the bytes, all big-endian
(PostgreSQL documentation, COPY, Binary Format).
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from psycopg import sql

from landgis.store.database import Connection
from landgis.terms.frames import Kind

_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL: Final = b"\xff\xff"
_BLOCK: Final = 1 << 20
_PIECE_ROWS: Final = 10_000
_POSTGRES_EPOCH: Final = np.datetime64("2000-01-01", "D")

Bytes = npt.NDArray[np.uint8]
Wire = Kind | Literal["bigint", "numbers", "json"]
Encode = Callable[[pd.DataFrame], Sequence[pa.LargeBinaryArray]]


def rows_as_bytes(frame: pd.DataFrame, kinds: Sequence[tuple[str, Wire]]) -> pa.LargeBinaryArray:
    """Encode each row's fields as COPY expects them, without the leading count.

    Parameters
    ----------
    frame
        One row per row; texts, float64, Int64, datetime64, boolean, lists of text, shapely geometries in EPSG:4490.
    kinds
        Which columns, in which order, as what.

    Returns
    -------
    LargeBinaryArray
        Same order; equal rows have equal bytes, so that a hash over them tells a changed row.
    """
    # Joining costs by the piece: all between the values of one text and those of the next is one.
    joined: list[pa.LargeBinaryArray] = []
    cells: list[_Cells] = []
    for name, kind in kinds:
        field, values = _field(frame[name], kind)
        cells.append(field)
        if values is not None:
            joined += [_side_by_side(cells), values]
            cells = []
    if cells:
        joined.append(_side_by_side(cells))
    return pc.binary_join_element_wise(*joined, pa.scalar(b"", pa.large_binary()))


def plainly(kinds: Sequence[tuple[str, Wire]]) -> Encode:
    """Give the encoder of rows that hold all their columns themselves."""
    return lambda rows: [rows_as_bytes(rows, kinds)]


def row_hashes(encoded: pa.LargeBinaryArray) -> npt.NDArray[np.int64]:
    """Hash each encoded row to 64 bits (SipHash with a fixed key)."""
    hashed = pd.util.hash_array(encoded.to_numpy(zero_copy_only=False), categorize=False)
    return np.asarray(hashed).view(np.int64)


def copy_rows(conn: Connection, relation: sql.Composable, names: Sequence[str], bodies: Iterable[memoryview]) -> None:
    """Send rows with the fields `names`, as `ready_to_copy` gives them, to a table.

    The connection's user must be allowed plain COPY into it: a temporary table of its own, since PostgreSQL refuses COPY under
    row-level security.
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    with (
        conn.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(relation, columns)) as copy,
    ):
        copy.write(_HEAD)
        for body in bodies:
            for start in range(0, len(body), _BLOCK):
                copy.write(body[start : start + _BLOCK])
        copy.write(_TAIL)


def ready_to_copy(rows: pd.DataFrame, names: Sequence[str], encode: Encode) -> Iterator[memoryview]:
    """Encode rows piece by piece, always one piece ahead of the one that is sent.

    Parameters
    ----------
    names
        The columns, in the order in which they are encoded.
    encode
        Gives the fields of some rows, in parts that belong side by side.
    """
    with ThreadPoolExecutor(1) as thread:
        made = (_body(encode(piece), len(names)) for piece in pieces(rows))
        coming = thread.submit(next, made, None)
        while (body := coming.result()) is not None:
            coming = thread.submit(next, made, None)
            yield body


def _body(encoded: Sequence[pa.LargeBinaryArray], fields: int) -> memoryview:
    count = pa.scalar(fields.to_bytes(2, "big"), pa.large_binary())
    body = pc.binary_join_element_wise(count, *encoded, pa.scalar(b"", pa.large_binary()))
    offsets = np.frombuffer(body.buffers()[1], np.int64, len(body) + 1, body.offset * 8)
    return memoryview(body.buffers()[2])[offsets[0] : offsets[-1]]


def insert_rows(
    conn: Connection,
    table: str,
    names: Sequence[str],
    rows: pd.DataFrame,
    encode: Encode,
    constants: Mapping[str, sql.Composable],
) -> None:
    """Add rows to ``land.<table>``: COPY into a temporary table of our own, then INSERT from there with the constant columns.

    The detour is PostgreSQL's: under row-level security it refuses COPY into the table itself. Rows go in pieces, and while the
    server stores one the next is encoded.

    Parameters
    ----------
    names, encode
        As for `ready_to_copy`.
    constants
        Columns with one value for all rows.
    """
    arriving, target = sql.Identifier("pg_temp", "arriving"), sql.Identifier("land", table)
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    insert = sql.SQL("INSERT INTO {} ({}, {}) SELECT {}, {} FROM {}").format(
        target,
        sql.SQL(", ").join(map(sql.Identifier, constants)),
        columns,
        sql.SQL(", ").join(constants.values()),
        columns,
        arriving,
    )
    conn.execute("DROP TABLE IF EXISTS pg_temp.arriving")
    conn.execute(
        sql.SQL("CREATE TEMPORARY TABLE arriving ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
            columns, target
        )
    )
    for body in ready_to_copy(rows, names, encode):
        copy_rows(conn, arriving, names, [body])
        conn.execute(insert)
        conn.execute("TRUNCATE pg_temp.arriving")


def pieces(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Cut a frame into pieces that are encoded together; none where it is empty."""
    return (rows.iloc[start : start + _PIECE_ROWS] for start in range(0, len(rows), _PIECE_ROWS))


@dataclass(frozen=True)
class _Cells:
    """Bytes of the same width for each row, of which those that are unknown send only the first four: the length -1."""

    data: Bytes
    unknown: npt.NDArray[np.bool_] | None = None


def _field(column: "pd.Series[Any]", kind: Wire) -> tuple[_Cells, pa.LargeBinaryArray | None]:
    """Give a field's length and, of a fixed width, its bytes; else its bytes apart, none where all are unknown."""
    if kind == "number":
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return _fixed(values.astype(">f8"), np.isnan(values)), None
    if kind in ("integer", "bigint"):
        unknown = column.isna().to_numpy()
        values = column.fillna(0).to_numpy(dtype=np.int64)
        return _fixed(values.astype(">i4" if kind == "integer" else ">i8"), unknown), None
    if kind == "boolean":
        unknown = column.isna().to_numpy()
        return _fixed(column.fillna(False).to_numpy(dtype=np.uint8), unknown), None
    if kind == "date":
        days = column.to_numpy(dtype="datetime64[D]")
        unknown = np.isnat(days)
        since = (np.where(unknown, _POSTGRES_EPOCH, days) - _POSTGRES_EPOCH).astype(np.int64)
        return _fixed(since.astype(">i4"), unknown), None
    if kind == "geometry":  # without a number of its own a shape takes the coordinate system of its column
        return _varying(pa.array(shapely.to_wkb(column.to_numpy(dtype=object), byte_order=1), pa.large_binary()))
    if kind == "numbers":
        return _Cells(np.empty((len(column), 0), np.uint8)), _number_arrays(column)
    if kind == "json":
        return _varying(pa.array(_json_texts(column), pa.large_binary()))
    if kind == "texts":
        return _varying(pa.array([_text_array(value) for value in column], pa.large_binary()))
    return _varying(pa.array(column, pa.large_string(), from_pandas=True).cast(pa.large_binary()))


def _fixed(values: npt.NDArray[Any], unknown: npt.NDArray[np.bool_]) -> _Cells:
    """Length and bytes of a fixed-width column; an unknown has the length -1 and no bytes."""
    count, width = len(values), values.dtype.itemsize
    cells = np.empty((count, 4 + width), dtype=np.uint8)
    cells[:, :4] = np.frombuffer(width.to_bytes(4, "big"), np.uint8)
    cells[:, 4:] = np.ascontiguousarray(values).view(np.uint8).reshape(count, width)
    if not unknown.any():
        return _Cells(cells)
    cells[unknown, :4] = 0xFF
    return _Cells(cells, unknown)


def _side_by_side(fields: Sequence[_Cells]) -> pa.LargeBinaryArray:
    """Put the fields of each row side by side, without the bytes that unknown ones do not send."""
    data = np.concatenate([one.data for one in fields], axis=1)
    count, width = data.shape
    lengths = np.full(count, width)
    if all(one.unknown is None for one in fields):
        return _binary(lengths, data)
    sent = np.ones((count, width), dtype=bool)
    end = 0
    for one in fields:
        begin, end = end, end + one.data.shape[1]
        if one.unknown is not None:
            sent[one.unknown, begin + 4 : end] = False
            lengths -= one.unknown * (end - begin - 4)
    return _binary(lengths, data[sent])


def _number_arrays(column: "pd.Series[Any]") -> pa.LargeBinaryArray:
    """Length and bytes of float8[], NaN as NULL: dimensions, has-null flag, element type 701, length, lower bound, elements."""
    arrays = column.to_numpy(dtype=object)
    counts = np.fromiter((0 if one is None else len(one) for one in arrays), np.int64, len(arrays))
    absent = pa.array([b"\xff" * 4], pa.large_binary())
    given = np.flatnonzero(counts)  # an array of nothing says as much as none
    if not len(given):
        return absent.take(pa.array(counts))
    values = np.concatenate(arrays[given])
    elements = _side_by_side([_fixed(values.astype(">f8"), np.isnan(values))])
    ends = np.frombuffer(elements.buffers()[1], np.int64, len(elements) + 1)
    sizes = np.diff(ends[np.r_[0, np.cumsum(counts[given])]])
    heads = np.tile(np.array([0, 1, 1, 701, 0, 1], dtype=">i4"), (len(given), 1))
    heads[:, 0], heads[:, 4] = 20 + sizes, counts[given]
    fields = pc.binary_join_element_wise(
        _binary(np.full(len(given), heads[0].nbytes), heads.view(np.uint8)),
        _binary(sizes, np.frombuffer(elements.buffers()[2], np.uint8)),
        pa.scalar(b"", pa.large_binary()),
    )
    place = np.where(counts > 0, np.cumsum(counts > 0), 0)
    return pa.concat_arrays([absent, fields]).take(pa.array(place))


def _varying(values: pa.LargeBinaryArray) -> tuple[_Cells, pa.LargeBinaryArray | None]:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    lengths = pc.binary_length(values).fill_null(-1).to_numpy(zero_copy_only=False).astype(">i4")
    length = _Cells(lengths.view(np.uint8).reshape(-1, 4))
    if values.null_count == len(values):
        return length, None
    return length, values.fill_null(b"") if values.null_count else values


def _binary(lengths: npt.NDArray[np.int64], data: Bytes) -> pa.LargeBinaryArray:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data))]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(lengths), buffers)


def _json_texts(column: "pd.Series[Any]") -> list[bytes]:
    """Write each value in jsonb's wire form, version 1 and the text; rows that share one value share its text."""
    shared = {id(value): value for value in column}
    written = {
        place: b"\1" + json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        for place, value in shared.items()
    }
    return [written[id(value)] for value in column]


def _text_array(value: object) -> bytes | None:
    """One text[] in wire form: dimensions, has-null flag, element type 25 (text), length, lower bound, elements."""
    if value is None or value is pd.NA or isinstance(value, float):
        return None
    parts = [str(part).encode() for part in value]  # type: ignore[attr-defined]
    head = (1 if parts else 0, 0, 25, *((len(parts), 1) if parts else ()))
    elements = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return b"".join(number.to_bytes(4, "big") for number in head) + elements
