"""Count the names that a text gives its columns before a parser meets them: one that looks each up among all takes minutes for many."""

import mmap
import re
from pathlib import Path
from typing import Final

from landgis.readers.refusals import few_enough_columns

#: What names a column, or could: in GML, in KML, in TopoJSON. A format's own names are among them, and are few.
GML_NAME: Final = re.compile(rb"<([^\s/>!?][^\s/>]*)")
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
