"""Hold a MIF to its own counts before a parser meets it: one that counts wrongly is read all the same, with other shapes."""

import re
from pathlib import Path
from typing import Final

from landgis.terms.errors import InputError, Words

_NUMBER: Final = rb"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
_END: Final = rb"[ \t]*(?:\r?\n|\Z)"
_CORNER: Final = rb"[ \t]*" + _NUMBER + rb"[ \t,]+" + _NUMBER + _END
_SHAPES: Final = rb"point|line|pline|region|arc|text|rect|roundrect|ellipse|multipoint|none"
_STYLES: Final = rb"collection|pen|brush|symbol|center|smooth|font|spacing|justify|angle|label"
_FLAGS: Final = re.IGNORECASE | re.MULTILINE

_DATA: Final = re.compile(rb"^[ \t]*data\b[^\r\n]*", _FLAGS)
#: A line that is no word of the format, nor one to four numbers, nor a text in quotation marks.
_NO_LINE: Final = re.compile(
    rb"^[ \t]*+(?!(?:" + _SHAPES + rb"|" + _STYLES + rb")\b|\"|[\r\n]|\Z)"
    rb"(?!" + _NUMBER + rb"(?:[ \t,]+" + _NUMBER + rb"){0,3}[ \t]*\r?$)[^\r\n]*",
    _FLAGS,
)  # fmt: skip
#: So many parts are said to follow; so many corners, and those that do. The number below a rounded rectangle counts nothing.
_COUNTED: Final = re.compile(
    rb"^[ \t]*(?:roundrect[^\n]*\n[^\n]*"
    rb"|(?:region|pline[ \t]+multiple)[ \t]+(?P<parts>\d+)" + _END +
    rb"|(?P<of>(?:pline|multipoint)[ \t]+)?(?P<corners>\d+)" + _END + rb"(?P<these>(?:" + _CORNER + rb")*))",
    _FLAGS,
)  # fmt: skip
_SHAPE: Final = re.compile(rb"^[ \t]*(?:(?:" + _SHAPES + rb")\b|collection[ \t]+(?P<parts>\d+))", _FLAGS)
_QUOTED: Final = re.compile(rb'"[^"]*"')
_SHOWN: Final = 60


def counts_hold(path: Path, mid: Path, file: str) -> None:
    """Refuse a MIF with a line of no meaning, or whose counts of corners, parts or rows do not hold.

    Parameters
    ----------
    path, mid
        The shapes and the rows.
    file
        What the file is called to those who read of it.

    Raises
    ------
    InputError
        A line belongs to no shape; a shape has more or fewer parts or corners than it says; there are not as many shapes as rows.
    """
    content = path.read_bytes()
    head = _DATA.search(content)
    start = head.end() if head else len(content)
    strange = _NO_LINE.search(content, start)
    if strange:
        raise _wrong(content, strange.start(), file, Words("这一行不属于任何图形。", "This line belongs to no shape."))
    parts, of = 0, start
    for said in _COUNTED.finditer(content, start):
        if said["parts"]:
            if parts:
                break
            parts, of = int(said["parts"]), said.start()
        elif said["corners"]:
            these = said["these"]
            found = these.count(b"\n") + (these[-1:] not in (b"", b"\n"))
            if int(said["corners"]) != found:
                why = Words(f"写明的顶点数与实有的 {found} 个不符。", f"It has {found} corners and says otherwise.")
                raise _wrong(content, said.start(), file, why)
            parts -= not said["of"]
            if parts < 0:
                break
    if parts:
        raise _wrong(content, of, file, Words("写明的部分数与实有的不符。", "It has more or fewer parts than it says."))
    shapes = sum(1 - int(shape["parts"] or 0) for shape in _SHAPE.finditer(content, start))
    rows = mid.read_bytes().rstrip(b"\x1a").removesuffix(b"\n")
    if rows.count(b"\n") + 1 == shapes:
        return
    rows = _QUOTED.sub(b"_", rows)  # a text may hold ends of lines
    most = rows.count(b"\n") + bool(rows)
    without_value = rows[len(rows.rstrip(b"\r\n")) :].count(b"\n")  # rows of one empty column, or no rows
    if not most - without_value <= shapes <= most:
        raise InputError(
            Words("图形数与属性行数不符。", "There are not as many shapes as rows."),
            at=file,
            why=Words(f".mif 有 {shapes} 个图形，.mid 有 {most} 行。", f"The .mif has {shapes}, the .mid {most}."),
            mend=Words("用原软件重新导出，两个文件须同时导出。", "Export both files anew, at one time."),
        )


def _wrong(content: bytes, at: int, file: str, why: Words) -> InputError:
    line = content[:at].count(b"\n") + 1
    shown = content[at : at + _SHOWN].split(b"\n")[0].strip().decode("utf-8", "replace")
    return InputError(
        Words("MIF 的图形写得不对。", "A shape of the MIF is written wrongly."),
        at=f"{file}: {line}: {shown}",
        why=why,
        mend=Words("改正该图形，或用原软件重新导出。", "Mend the shape, or export it again."),
    )
