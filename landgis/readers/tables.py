"""A grid of texts becomes a table: where its header stands, what flattened header cells are called, where its shapes are."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from landgis.readers.refusals import few_enough_columns
from landgis.readers.sheets import ROWS_AT_ONCE, Note, Sheet
from landgis.readers.vector import distinct_names
from landgis.terms.errors import Words

Row = list[str | None]
#: First row, first column, last row, last column of cells that are merged, counted from 0.
Merged = tuple[int, int, int, int]

_HEADER_WITHIN: Final = 30
#: So much of what stands above the header is kept.
_ABOVE_MOST: Final = 1_000
_HEADER_DEEP: Final = 4
_NUMBER: Final = re.compile(r"[-+]?[\d,]*\.?\d+(e[-+]?\d+)?%?", re.IGNORECASE)
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,15}")
_YEAR: Final = re.compile(r"(19|20)\d\d(\s*年度?)?")
_SUMS: Final = ("合计", "总计", "小计", "累计", "合计：", "总计：", "小计：")
_NOTE: Final = re.compile(r"(备?注|说明|填[表报]|制表|审[核批]|复核|负责人|单位负责人|联系|数据来源)\w{0,8}[:：]")
_WKT_NAMES: Final = ("wkt", "geom", "geometry", "the_geom", "geom_wkt", "wkt_geom", "图形")
_POINT_NAMES: Final = (
    ("lon", "lat"), ("lng", "lat"), ("longitude", "latitude"), ("经度", "纬度"), ("x", "y"), ("x坐标", "y坐标"), ("横坐标", "纵坐标"),
    ("东坐标", "北坐标"), ("easting", "northing"),
)  # fmt: skip


def table_sheet(
    file: str,
    name: str,
    rows: Sequence[tuple[int, Row]],
    *,
    merged: Sequence[Merged] = (),
    header_first: bool = False,
    encoding: str | None = None,
) -> Sheet | None:
    """Make a sheet of a grid.

    Parameters
    ----------
    rows
        The number of each row as the user sees it, and its cells; None is an empty one.
    merged
        The merged cells, their rows counted as the user sees them less one.
    header_first
        The header is the first row that has more than one cell, as in a CSV, and not to be looked for.

    Returns
    -------
    Sheet or None
        None where no row has a cell.
    """
    filled = [(number, cells) for number, cells in rows if any(cells)]
    if not filled:
        return None
    width = max(len(cells) for _, cells in filled)
    few_enough_columns(f"{file}: {name}", width)
    grid = [
        (number, cells + [None] * (width - len(cells)) if len(cells) < width else cells) for number, cells in filled
    ]
    if merged:
        grid = _unmerged(grid, merged)
    top, deep = _header(grid, merged, header_first)
    names, notes = _names(grid[top : top + deep])
    body = grid[top + deep :]
    skipped = _no_records(body)
    if skipped:
        numbers = ", ".join(str(number) for number, _ in body[:skipped])
        notes.append(Note("111-header-joined", {"names": numbers, "what": _CODES_BELOW}))
        body = body[skipped:]
    body, foot = _without_foot(body)
    if foot:
        notes.append(Note("111-header-joined", {"names": ", ".join(map(str, foot)), "what": _FOOT}))
    kept = [place for place in range(width) if names[place] or any(cells[place] is not None for _, cells in body)]
    distinct, twice = distinct_names([names[place] or f"column_{place + 1}" for place in kept])
    if twice:
        notes.append(Note("112-names-collide", {"names": ", ".join(twice)}))
    above = " ".join(dict.fromkeys(cell for _, cells in grid[:top] for cell in cells if cell is not None))
    return replace(_sheet(file, name, body, kept, distinct, encoding, notes), above=above[:_ABOVE_MOST])


_JOINED: Final = Words("多行表头合并为列名", "the rows of the header became the names")
_CODES_BELOW: Final = Words(
    "表头下的代码或序号行不是记录，行号", "codes or numbers beneath the header are no records, rows"
)


_FOOT: Final = Words(
    "合计行和表尾的说明、签名行不是记录，行号", "sums, and the notes and names beneath the table, are no records, rows"
)


def _without_foot(body: Sequence[tuple[int, Row]]) -> tuple[list[tuple[int, Row]], list[int]]:
    """Leave out the rows of sums, wherever they stand, and what stands beneath the last record; give their numbers, too."""
    last = len(body)
    while last and _is_note(body[last - 1][1]):
        last -= 1
    foot = {number for number, _ in body[last:]} | {number for number, cells in body if _first(cells) in _SUMS}
    return [row for row in body if row[0] not in foot], sorted(foot)


def _first(cells: Row) -> str:
    return "".join(next((cell for cell in cells if cell is not None), "").split())


def _is_note(cells: Row) -> bool:
    return _first(cells) in _SUMS or _NOTE.match(_first(cells)) is not None


def _sheet(
    file: str,
    name: str,
    body: Sequence[tuple[int, Row]],
    kept: Sequence[int],
    names: Sequence[str],
    encoding: str | None,
    notes: list[Note],
) -> Sheet:
    lower = {one.lower(): place for place, one in reversed(list(zip(kept, names, strict=True)))}
    wkt = next((lower[one] for one in _WKT_NAMES if one in lower), None)
    point = next(((lower[x], lower[y]) for x, y in _POINT_NAMES if x in lower and y in lower), None)
    has_shapes = wkt is not None or point is not None
    fields = [pa.field("row", pa.int64()), *(pa.field(one, pa.string()) for one in names)]
    schema = pa.schema([*fields, pa.field("wkb", pa.binary())] if has_shapes else fields)

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(body), ROWS_AT_ONCE):
            part = body[start : start + ROWS_AT_ONCE]
            columns: list[pa.Array] = [pa.array([number for number, _ in part], pa.int64())]
            across = list(zip(*(cells for _, cells in part), strict=True))
            columns += [pa.array(across[place], pa.string()) for place in kept]
            if wkt is not None:
                columns.append(_from_wkt(across[wkt]))
            elif point is not None:
                columns.append(_points(across[point[0]], across[point[1]]))
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return Sheet(file, name, schema, batches(), encoding=encoding, has_numbers=True, has_shapes=has_shapes, notes=notes)


def _from_wkt(texts: Sequence[str | None]) -> pa.Array:
    shapes = shapely.from_wkt(np.array(texts, dtype=object), on_invalid="ignore")
    return pa.array(shapely.to_wkb(shapes), pa.binary())


def _points(x: Sequence[str | None], y: Sequence[str | None]) -> pa.Array:
    xy = np.column_stack([_floats(x), _floats(y)])
    shapes: npt.NDArray[np.object_] = np.full(len(xy), None, dtype=object)
    known = np.isfinite(xy).all(axis=1)
    shapes[known] = shapely.points(xy[known])
    return pa.array(shapely.to_wkb(shapes), pa.binary())


def _floats(texts: Sequence[str | None]) -> npt.NDArray[np.float64]:
    def number(text: str | None) -> float:
        try:
            return float(text) if text is not None else np.nan
        except ValueError:
            return np.nan

    return np.array([number(text) for text in texts], dtype=np.float64)


# --- the header ---------------------------------------------------------------------------------------------------------------


def _unmerged(grid: list[tuple[int, Row]], merged: Sequence[Merged]) -> list[tuple[int, Row]]:
    """Give every cell of a merged one its text: three plots of one firm name it once."""
    place = {number - 1: index for index, (number, _) in enumerate(grid)}
    width = len(grid[0][1])
    for top, left, bottom, right in merged:
        first = place.get(top)
        if first is None or left >= width or grid[first][1][left] is None:
            continue
        text = grid[first][1][left]
        for row in range(top, min(bottom, top + len(grid) * 4) + 1):
            if row in place:
                cells = grid[place[row]][1]
                for column in range(left, min(right, width - 1) + 1):
                    cells[column] = text
    return grid


def _header(grid: Sequence[tuple[int, Row]], merged: Sequence[Merged], header_first: bool) -> tuple[int, int]:
    """Find the header: at which place of the grid it begins, and of how many rows it is.

    It begins with the first row that fills most of the width with different words, few of them numbers: above it stand a title, a note
    on the unit, the date of the export. It goes on while its cells are merged across columns, or a row fills just the gaps of the one
    above.
    """
    top = _first_header_row(grid, header_first)
    deep = 1
    while deep < _HEADER_DEEP and top + deep < len(grid) - 1 and _goes_on(grid, top, deep, merged):
        deep += 1
    return top, deep


def _first_header_row(grid: Sequence[tuple[int, Row]], header_first: bool) -> int:
    head = grid[:_HEADER_WITHIN]
    filled = [sum(cell is not None for cell in cells) for _, cells in head]
    if header_first:
        return next((place for place, count in enumerate(filled) if count > 1), 0)
    for place, (_, cells) in enumerate(head):
        words = [cell for cell in cells if cell is not None]
        numeric = sum(_NUMBER.fullmatch(word) is not None and not _YEAR.fullmatch(word) for word in words)
        different = len(set(words))
        if (
            len(words) * 10 >= max(filled) * 6
            and numeric * 2 < len(words)
            and different * 2 > len(words)
            and (different == len(words) or _below_differs(grid, place))
        ):
            return place
    return 0


def _below_differs(grid: Sequence[tuple[int, Row]], place: int) -> bool:
    """Tell whether the names that repeat in a row have different ones beneath them: 税收, 税收 over 2021, 2022."""
    if place + 1 >= len(grid):
        return False
    pairs = list(zip(grid[place][1], grid[place + 1][1], strict=True))
    return len(set(pairs)) == len(pairs)


def _goes_on(grid: Sequence[tuple[int, Row]], top: int, deep: int, merged: Sequence[Merged]) -> bool:
    above, below = grid[top + deep - 1], grid[top + deep]
    row = above[0] - 1
    inside = [one for one in merged if one[0] <= row <= one[2]]
    if any(one[2] > row for one in inside if one[0] >= grid[top][0] - 1):
        return all(_is_word(cell) for cell in below[1] if cell is not None)
    if any(one[3] > one[1] and one[2] == row for one in inside):
        return True
    if inside:
        return False
    gaps = [
        place
        for place in range(len(above[1]))
        if above[1][place] is None and any(cells[place] is not None for _, cells in grid[top + deep :])
    ]
    fills = [place for place, cell in enumerate(below[1]) if cell is not None]
    return (
        bool(gaps)
        and set(gaps) <= set(fills)
        and len(fills) < len(below[1])
        and all(_is_word(below[1][place]) for place in fills)
        and below[1][0] is None
    )


def _is_word(cell: str | None) -> bool:
    return cell is not None and (_NUMBER.fullmatch(cell) is None or _YEAR.fullmatch(cell) is not None)


def _names(rows: Sequence[tuple[int, Row]]) -> tuple[list[str], list[Note]]:
    """Join what stands above each column, from the top down; a cell without text beside a wider one has that one's."""
    grid = [list(cells) for _, cells in rows]
    for above, below in pairwise(grid):
        last = None
        for place, cell in enumerate(above):
            last = cell if cell is not None else last
            if cell is None and below[place] is not None:
                above[place] = last
    names = []
    for place in range(len(grid[0])):
        parts: list[str] = []
        for cells in grid:
            text = " ".join((cells[place] or "").split())
            if text and text not in parts:
                parts.append(text)
        names.append("_".join(parts))
    if len(rows) == 1:
        return names, []
    joined = [name for name in names if "_" in name]
    return names, [Note("111-header-joined", {"names": ", ".join(joined), "what": _JOINED})]


def _no_records(body: Sequence[tuple[int, Row]]) -> int:
    """Count the rows right beneath the header that are no records: field codes, and the columns' numbers 1, 2, 3."""
    count = 0
    for _, cells in body[:2]:
        words = [cell for cell in cells if cell is not None]
        numbered = words == [str(number + 1) for number in range(len(words))]
        coded = all(_CODE.fullmatch(word) for word in words) and len(set(words)) == len(words)
        if len(words) * 10 < len(cells) * 8 or len(words) < 5 or not (numbered or coded):
            break
        count += 1
    return count
