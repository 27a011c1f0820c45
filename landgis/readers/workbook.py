"""Workbooks, new and old: merged cells, several rows of header, a column a year."""

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import python_calamine

from landgis.readers.archive import inflated, safe_members, unzipping
from landgis.readers.refusals import COLUMNS_MOST, few_enough_columns, few_enough_layers, unreadable
from landgis.readers.sheets import Note, Sheet
from landgis.readers.tables import Row, table_sheet
from landgis.terms.errors import InputError, Words

_ERROR_CELL: Final = re.compile(
    rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]{1,3})(\d{1,7})"[^>]*>.{0,4000}?<v>([^<]{1,20})</v>', re.DOTALL
)
_CELL: Final = re.compile(rb'<c\b[^>]*\br="([A-Z]{3,4})\d')
_REDEFINES: Final = re.compile(rb"<!(DOCTYPE|ENTITY)")


def read_workbook(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read the sheets of a workbook; a sheet without a cell is left out."""
    errors: dict[str, dict[tuple[int, int], str]] = {}
    if path.suffix.lower() != ".xls":
        with unzipping(file), zipfile.ZipFile(path) as archive:
            safe_members(archive, file)
            errors = _scanned(archive, file)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
    except python_calamine.PasswordError:
        raise InputError(
            Words("工作簿有密码保护。", "The workbook is locked by a password."),
            at=file,
            mend=Words("去掉密码后再导入。", "Take the password off first."),
        ) from None
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise unreadable(file, error) from error
    sheets = [one for one in book.sheets_metadata if one.typ == python_calamine.SheetTypeEnum.WorkSheet]
    few_enough_layers(file, len(sheets))
    # What nobody sees is mostly last year's; a book of which all is hidden was hidden by a program.
    shown = [one.name for one in sheets if one.visible == python_calamine.SheetVisibleEnum.Visible]
    hidden = [Note("124-sheet-hidden", {"name": one.name}) for one in sheets if shown and one.name not in shown]
    for number, name in enumerate((one.name for one in sheets), start=1):
        if shown and name not in shown:
            continue
        try:
            sheet = book.get_sheet_by_name(name)
        except (python_calamine.CalamineError, OSError, ValueError) as error:
            raise unreadable(f"{file}: {name}", error) from error
        few_enough_columns(f"{file}: {name}", sheet.total_width)
        found = table_sheet(file, name, _rows(sheet, errors.get(_part(number), {})), merged=_merged(sheet))
        if found is not None:
            found.notes, hidden = [*found.notes, *hidden], []
            yield found


def _part(number: int) -> str:
    return f"xl/worksheets/sheet{number}.xml"


def _merged(sheet: Any) -> list[tuple[int, int, int, int]]:  # noqa: ANN401 - the library has no types of its own
    return [(*first, *last) for first, last in sheet.merged_cell_ranges or ()]


def _rows(sheet: Any, errors: dict[tuple[int, int], str]) -> list[tuple[int, Row]]:  # noqa: ANN401
    rows: list[tuple[int, Row]] = []
    for number, values in enumerate(sheet.to_python(skip_empty_area=False), start=1):
        cells = [text_of_cell(value) for value in values]
        while cells and cells[-1] is None:
            cells.pop()
        rows.append((number, cells))
    for (row, column), text in errors.items():
        if row < len(rows):
            cells = rows[row][1]
            cells += [None] * (column + 1 - len(cells))
            cells[column] = text
    return rows


def _scanned(archive: zipfile.ZipFile, file: str) -> dict[str, dict[tuple[int, int], str]]:
    """Look through the sheets' XML for what calamine does not tell: cells that hold an error, and cells beyond any ledger's width."""
    errors: dict[str, dict[tuple[int, int], str]] = {}
    for info in archive.infolist():
        name = info.filename.lower()
        if not name.endswith((".xml", ".rels")):
            continue
        tail = b""
        found: dict[tuple[int, int], str] = {}
        for block in inflated(archive, info, file):
            content = tail + block
            if _REDEFINES.search(content):
                raise unreadable(file, "DOCTYPE")
            if name.startswith("xl/worksheets/"):
                for letters in set(_CELL.findall(content)):
                    few_enough_columns(file, _column(letters) + 1) if _column(letters) >= COLUMNS_MOST else None
                for letters, row, text in _ERROR_CELL.findall(content):
                    found[int(row) - 1, _column(letters)] = text.decode("ascii", "replace")
            tail = content[-8192:]
        if found:
            errors[name] = found
    return errors


def _column(letters: bytes) -> int:
    """Give the place of a column, counted from 0.

    >>> _column(b"A"), _column(b"AA"), _column(b"XFD")
    (0, 26, 16383)
    """
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1


def text_of_cell(value: object) -> str | None:
    """Give a cell as text. A number of more than 15 digits has lost the rest in the workbook: it is shown as the float it is.

    >>> text_of_cell(2021), text_of_cell(2.5), text_of_cell(3.0), text_of_cell(914403001922038216.0), text_of_cell(True)
    ('2021', '2.5', '3', '9.144030019220383e+17', 'true')
    >>> text_of_cell(date(2021, 5, 1)), text_of_cell(datetime(2021, 5, 1, 8, 30)), text_of_cell("  ")
    ('2021-05-01', '2021-05-01 08:30:00', None)
    """
    if isinstance(value, str):
        return value.strip() or None
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        if abs(value) >= 1e15:
            return repr(float(value))
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(sep=" ")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return str(value)
