"""One layer or sheet on its way out of the jail: a head of plain data, then its rows as Arrow record batches."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import pyarrow as pa

from landgis.terms.errors import InputError, Words

ROWS_AT_ONCE: Final = 10_000
_HEAD: Final = ("file", "name", "crs", "encoding", "has_numbers", "has_shapes", "above")


@dataclass(frozen=True)
class Note:
    """What a reader did or left out, to become an issue: a code of `landgis.terms.issues`, what fills its words, and which rows."""

    code: str
    values: Mapping[str, Any]
    rows: tuple[int, ...] = ()


@dataclass
class Sheet:
    """A layer as it is read.

    Parameters
    ----------
    file, name
        As in `landgis.readers.files.Layer`.
    schema, batches
        Where `has_numbers`, the first column is the number of each row as the user sees it; where `has_shapes`, the last is WKB.
    crs, encoding
        As the file states or its bytes tell; None where nobody knows.
    notes
        May grow until the last batch is read.
    above
        The text above the header of a sheet.
    """

    file: str
    name: str
    schema: pa.Schema
    batches: Iterable[pa.RecordBatch]
    crs: str | None = None
    encoding: str | None = None
    has_numbers: bool = False
    has_shapes: bool = False
    above: str = ""
    notes: list[Note] = field(default_factory=list)


def write_sheet(sink: BinaryIO, sheet: Sheet) -> None:
    """Send a sheet: its head as a line, its rows as an Arrow stream, its notes as a line."""
    head = {name: getattr(sheet, name) for name in _HEAD}
    _write_line(sink, {"sheet": head})
    with pa.ipc.new_stream(sink, sheet.schema) as writer:
        for batch in sheet.batches:
            writer.write_batch(batch)
    _write_line(sink, {"notes": [[note.code, _plain(note.values), list(note.rows)] for note in sheet.notes]})


def write_refusal(sink: BinaryIO, refusal: InputError) -> None:
    """Send why the file is not read; nothing comes after it."""
    _write_line(sink, {"refused": refusal.as_dict()})


def write_end(sink: BinaryIO) -> None:
    """Say that all was sent: a reader that dies midway says nothing."""
    _write_line(sink, {"end": True})


def read_sheets(source: BinaryIO) -> Iterator[Sheet]:
    """Take sheets as they come; the batches of one are to be read before the next is asked for.

    Raises
    ------
    InputError
        What the other side refused.
    EOFError
        The other side ended before it said so.
    """
    while True:
        told = _read_line(source)
        if "end" in told:
            return
        if "refused" in told:
            raise _refusal(told["refused"])
        sheet = Sheet(schema=pa.schema([]), batches=(), **told["sheet"])
        try:
            with pa.ipc.open_stream(pa.PythonFile(source, mode="r")) as reader:
                sheet.schema = reader.schema
                sheet.batches = reader
                yield sheet
                # What a consumer leaves would be taken for the next line.
                with suppress(StopIteration):
                    while True:
                        reader.read_next_batch()
        except (pa.ArrowInvalid, OSError) as error:
            raise EOFError(str(error)) from error
        told = _read_line(source)
        if "refused" in told:
            raise _refusal(told["refused"])
        sheet.notes += [Note(code, _worded(values), tuple(rows)) for code, values, rows in told["notes"]]


def _write_line(sink: BinaryIO, content: Mapping[str, Any]) -> None:
    sink.write(json.dumps(content, ensure_ascii=True).encode() + b"\n")
    sink.flush()


def _read_line(source: BinaryIO) -> dict[str, Any]:
    line = source.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    told: dict[str, Any] = json.loads(line)
    return told


def _refusal(told: Mapping[str, Any]) -> InputError:
    words = {name: Words(**told[name]) for name in ("why", "mend") if name in told}
    return InputError(Words(**told["what"]), at=told.get("at", ""), **words)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"zh": value.zh, "en": value.en} if isinstance(value, Words) else value for name, value in values.items()
    }


def _worded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Words(**value) if isinstance(value, dict) else value for name, value in values.items()}
