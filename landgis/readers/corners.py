"""Count the corners of a text's longest ring before a parser meets it: one that builds a tree of them takes a hundred bytes for each."""

import re
from pathlib import Path
from typing import Final

import numpy as np

from landgis.readers.refusals import CORNERS_MOST, too_many_corners

#: A corner is at most so many numbers: its coordinates, in boundary points the point's and the ring's too.
_NUMBERS_EACH: Final = 5
_NUMBERS_MOST: Final = _NUMBERS_EACH * CORNERS_MOST
_BLOCK: Final = 1 << 22
_OVERLAP: Final = 16
_IN_NUMBER: Final = np.isin(np.arange(256), np.frombuffer(b"0123456789.+-eE", np.uint8))
_IS_DIGIT: Final = np.isin(np.arange(256), np.frombuffer(b"0123456789", np.uint8))

#: What ends a ring, or the record that it could be in: in JSON, in KML and GML, in a CSV, in boundary points, in MIF.
JSON_RING: Final = re.compile(rb"\]\s{0,8}\]|\}")
XML_RING: Final = re.compile(rb"</([\w-]+:)?(coordinates|posList|LinearRing|featureMember|member|Placemark)\b")
CSV_RING: Final = re.compile(rb"[)\n]")
POINTS_RING: Final = re.compile(rb"@|\n\s{0,8}\n")
MIF_RING: Final = re.compile(rb"\n\s{0,8}[A-Za-z]")


def few_enough_between(path: Path, at: str, end: "re.Pattern[bytes]") -> None:
    """Refuse a file in which more numbers stand between two ends of rings than the corners of any parcel have.

    Raises
    ------
    InputError
        There are too many.
    """
    if path.stat().st_size < 2 * _NUMBERS_MOST:
        return
    count, tail, was_in = 0, b"", False
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            signs = np.frombuffer(block, np.uint8)
            inside = _IN_NUMBER[signs]
            # A number begins with a sign of numbers after one of none; "e" and "-" alone are words, of which a ring has none.
            begins = np.flatnonzero(inside & ~np.concatenate([[was_in], inside[:-1]]))
            begins = begins[_IS_DIGIT[signs[begins]] | (signs[begins] == ord("-"))]
            was_in = bool(inside[-1])
            ends = [one.end() - len(tail) for one in end.finditer(tail + block)]
            # No block is long enough for too many between two ends of its own.
            if ends:
                if count + int(np.searchsorted(begins, max(ends[0], 0))) > _NUMBERS_MOST:
                    too_many_corners(at, None)
                count = len(begins) - int(np.searchsorted(begins, max(ends[-1], 0)))
            else:
                count += len(begins)
            tail = block[-_OVERLAP:]
    if count > _NUMBERS_MOST:
        too_many_corners(at, None)
