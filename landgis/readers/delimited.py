"""CSV and its like, as offices write them: any encoding, any separator, shapes as well-known text or as two columns."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from landgis.readers.corners import CSV_RING, few_enough_between
from landgis.readers.encodings import text_of
from landgis.readers.refusals import few_enough_columns
from landgis.readers.sheets import Sheet
from landgis.readers.tables import Row, table_sheet
from landgis.terms.errors import InputError, Words

_CELL_MOST: Final = 64 * 1024**2
_HEAD: Final = 65_536
_SIGNS: Final = ",;\t|"
#: So many lines may stand above the header.
_TITLES: Final = 3


def read_delimited(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read a CSV."""
    few_enough_between(path, file, CSV_RING)
    text, used = text_of(path.read_bytes(), encoding, file)
    csv.field_size_limit(_CELL_MOST)
    first_lines = text[: 32 * _HEAD].split("\n", _TITLES)[:_TITLES]
    header = next((line for line in first_lines if any(sign in line for sign in _SIGNS)), "")
    delimiter = max(_SIGNS, key=header.count)
    few_enough_columns(file, header.count(delimiter) + 1)
    rows: list[tuple[int, Row]] = []
    width = 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
            while cells and not cells[-1]:
                cells.pop()
            if len(cells) > width and len(rows) > 1:
                _ragged(file, f"Expected {width} fields in line {number}, saw {len(cells)}")
            # Above the header may stand a title: the first rows may grow in width.
            width = max(width, len(cells))
            rows.append((number, [cell or None for cell in cells]))
    except csv.Error as error:
        _ragged(file, str(error))
    del text
    sheet = table_sheet(file, Path(file).stem, rows, header_first=True, encoding=used)
    if sheet is not None:
        yield sheet


def _ragged(file: str, error: str) -> None:
    raise InputError(
        Words("CSV 的列数前后不一致。", "The CSV does not have the same number of columns throughout."),
        at=file,
        why=Words(f"{error}（多为字段内有未加引号的逗号）", f"{error} (often a comma without quotes inside a field)"),
        mend=Words("改正该行，或导出为 XLSX。", "Mend that line, or export it as XLSX."),
    )
