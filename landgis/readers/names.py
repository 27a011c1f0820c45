"""Count the names that a text gives its columns before a parser meets them: one that looks each up among all takes minutes for many."""

import mmap
import re
from pathlib import Path
from typing import Final

from landgis.readers.refusals import COLUMNS_MOST, few_enough_columns
from landgis.terms.errors import InputError, Words

#: What names a column, or could: in KML, in TopoJSON. A format's own names are among them, and are few.
KML_NAME: Final = re.compile(rb"<(?:Simple)?(?:Data|Field)\s[^>]*?\bname\s*=\s*(\"[^\"]*\"|'[^']*')")
JSON_NAME: Final = re.compile(rb'"((?:[^"\\]++|\\.)*+)"\s*:')


def few_enough_names(path: Path, at: str, name: "re.Pattern[bytes]") -> None:
    """Refuse a file that names more columns than any ledger has.

    Raises
    ------
    InputError
        There are too many.
    """
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        few_enough_columns(at, len({one[1] for one in name.finditer(content)}))


#: In a GML: the end of an element; or its name, and what ends it at once, be it "/>" or a text and "</"; or what is passed over.
_ELEMENT: Final = re.compile(
    rb"<(?:(/)|([^\s/>!?]++)(?:[^>\"'/]++|\"[^\"]*+\"|'[^']*+'|/(?!>))*+(/>|>[^<]*+</)?|!--.*?-->|!\[CDATA\[.*?\]\]>)",
    re.DOTALL,
)


def few_enough_paths(path: Path, at: str) -> None:
    """Refuse a GML whose elements stand inside each other in more ways than any ledger has columns.

    Each way becomes a column, and two names make 65 536 of them, sixteen deep.

    Raises
    ------
    InputError
        There are too many.
    """
    known: dict[tuple[int, bytes], int] = {}
    above: list[int] = []
    here = 0
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for found in _ELEMENT.finditer(content):
            ends, name, is_whole = found.groups()
            if name:
                way = known.setdefault((here, name), len(known) + 1)
                if way > COLUMNS_MOST:
                    raise InputError(
                        Words(
                            f"元素的嵌套方式超过 {COLUMNS_MOST:,} 种，每种都会成为一列。",
                            f"Its elements stand inside each other in more than {COLUMNS_MOST:,} ways, which would be its columns.",
                        ),
                        at=at,
                        why=Words(
                            "台账没有这么宽；多为误操作或恶意文件。", "No ledger is so wide; it is a slip or an attack."
                        ),
                        mend=Words(
                            "只导出需要的列，且不要嵌套。",
                            "Export only the columns that are needed, none inside another.",
                        ),
                    )
                if not is_whole:
                    above.append(here)
                    here = way
            elif ends:
                here = above.pop() if above else 0
