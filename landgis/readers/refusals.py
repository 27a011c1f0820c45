"""The refusals that several formats share."""

from typing import NoReturn

import pyarrow as pa
import pyarrow.compute as pc

from landgis.terms.errors import InputError, Words

LAYERS_MOST = 200
COLUMNS_MOST = 2_000
#: A ring of a million corners is a coast, not a parcel; it would be held several times over in memory.
CORNERS_MOST = 1_000_000
#: The same as bytes of a shape of one ring.
WKB_MOST = 16 * CORNERS_MOST + 1024


def not_what_it_says(name: str, why: Words) -> NoReturn:
    """Refuse a file whose content is not that of its ending."""
    raise InputError(
        Words("文件内容与文件类型不符。", "The file is not what its name says."),
        at=name,
        why=why,
        mend=Words("用原软件重新导出，或改正扩展名。", "Export it again, or give it the right ending."),
    )


def unreadable(at: str, error: BaseException | str) -> InputError:
    """Say that the library that knows the format gave up."""
    return InputError(
        Words("文件损坏或无法读取。", "The file is damaged or cannot be read."),
        at=at,
        why=Words(f"读取时出错：{error}", f"While reading: {error}"),
        mend=Words("用原软件打开检查，再重新导出。", "Open it in the program it comes from and export it again."),
    )


def few_enough_columns(at: str, count: int) -> None:
    """Refuse a layer that is wider than any ledger."""
    if count > COLUMNS_MOST:
        raise InputError(
            Words(f"列数 {count:,} 超过上限 {COLUMNS_MOST:,}。", f"{count:,} columns are more than {COLUMNS_MOST:,}."),
            at=at,
            why=Words("台账没有这么宽；多为误操作或恶意文件。", "No ledger is so wide; it is a slip or an attack."),
            mend=Words("只保留需要的列。", "Keep only the columns that are needed."),
        )


def few_enough_layers(file: str, count: int) -> None:
    """Refuse a file with more layers than anybody means."""
    if count > LAYERS_MOST:
        raise InputError(
            Words(f"图层多于 {LAYERS_MOST} 个。", f"There are more than {LAYERS_MOST} layers."),
            at=file,
            mend=Words("只导出需要的图层。", "Export only the layers that are needed."),
        )


def too_many_corners(at: str, row: int | None) -> NoReturn:
    """Refuse a shape that has more corners than a parcel can have."""
    raise InputError(
        Words(f"一个图形的顶点多于 {CORNERS_MOST:,} 个。", f"A shape has more than {CORNERS_MOST:,} corners."),
        at=at if row is None else f"{at}; {row}",
        why=Words("宗地没有这么多顶点；多为误操作或恶意文件。", "No parcel has so many; it is a slip or an attack."),
        mend=Words("在原软件中抽稀或拆分该图形。", "Simplify or split the shape in the program it comes from."),
    )


def few_enough_corners(wkb: pa.Array, at: str, first_row: int) -> None:
    """Refuse a batch that holds a shape of too many corners; its rows are numbered from `first_row`."""
    most = pc.max(pc.binary_length(wkb)).as_py() or 0
    if most > WKB_MOST:
        place = pc.index(pc.binary_length(wkb), most).as_py()
        too_many_corners(at, first_row + place)
