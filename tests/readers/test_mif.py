"""A MIF that counts wrongly would be read with other shapes, or with fewer rows than it has."""

from pathlib import Path

import dirty
import pytest

from landgis.readers.mif import counts_hold
from landgis.terms.errors import InputError

HEAD = 'Version 300\nCharset "Neutral"\nDelimiter ","\nColumns 1\n  no Char(9)\nData\n\n'
#: Eight lines: Region, count, four corners, pen, brush.
SQUARE = "Region  1\n  4\n0 0\n1 0\n1 1\n0 0\n    Pen (1,2,0)\n    Brush (1,0,16777215)\n"
TWO_RINGS = "Region  2\n  4\n0 0\n9 0\n9 9\n0 0\n  4\n4 1\n5 1\n5 2\n4 1\n    Center 5 5\n"
OTHERS = (
    "Point 1 1\n    Symbol (35,0,12)\n",
    "Line 0 0 1 1\n",
    "Pline 2\n0 0\n1 1\n    Smooth\n",
    "Pline Multiple 2\n  2\n0 0\n1 1\n  2\n2 2\n3 3\n",
    'Text "4\\n示例"\n0 0 1 1\n    Font ("SimSun",0,0,0)\n    Label Line Simple 1 1\n',
    "Roundrect 0 0 1 1\n  4\n",
    "Arc 0 0 1 1\n0 90\n",
    "Multipoint 2\n0 0\n1 1\n",
    "Collection 2\nRegion 1\n  3\n0 0\n1 0\n0 0\nMultipoint 1\n0 0\n",
    "none\n",
)


def hold(folder: Path, shapes: str, rows: str) -> None:
    (folder / "a.mif").write_text(HEAD + shapes, encoding="utf-8")
    (folder / "a.mid").write_text(rows, encoding="utf-8")
    counts_hold(folder / "a.mif", folder / "a.mid", "a.mif")


@pytest.mark.parametrize(
    ("shapes", "rows"),
    [
        (SQUARE * 2, '"a"\n"b"\n'),
        (SQUARE * 2, '"a"\n"b"'),  # no end of the last line
        (SQUARE * 2, '"a\nb"\n"c"\n'),  # a text of two lines
        (SQUARE * 2, '"a"\n\n'),  # a row of one empty column
        (SQUARE.replace("1 1\n", "-1.5E+2, .5\n") + TWO_RINGS, '"a"\n"b"\n'),
        ("".join(OTHERS), '"a"\n' * len(OTHERS)),
        ("", ""),
    ],
)
def test_a_sound_one_holds(tmp_path: Path, shapes: str, rows: str) -> None:
    hold(tmp_path, shapes, rows)
    hold(tmp_path, shapes.replace("\n", "\r\n"), rows.replace("\n", "\r\n"))


@pytest.mark.parametrize(
    ("shapes", "told"),
    [
        (SQUARE.replace("1 1", "abc 1"), "a.mif: 12: abc 1"),  # read as 0 1
        (SQUARE.replace("1 1", "1 NaN"), "a.mif: 12: 1 NaN"),
        (SQUARE.replace("Region", "Regoin"), "a.mif: 8: Regoin  1"),  # its row would get the next shape
        (SQUARE.replace("  4", "  3"), "a.mif: 9: 3"),  # a corner passed over
        (SQUARE.replace("  4", "  5"), "a.mif: 9: 5"),  # the pen read as a corner
        (SQUARE.replace("  4", "  2000000000"), "a.mif: 9: 2000000000"),
        (TWO_RINGS.replace("Region  2", "Region  1"), "a.mif: 8: Region  1"),  # the hole passed over
        (TWO_RINGS.replace("Region  2", "Region  3"), "a.mif: 8: Region  3"),
    ],
)
def test_what_does_not_hold_is_told_with_its_line(tmp_path: Path, shapes: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        hold(tmp_path, shapes + SQUARE, '"a"\n"b"\n')
    assert refused.value.at == told


@pytest.mark.parametrize("rows", ['"a"\n', '"a"\n"b"\n"c"\n', ""])
def test_a_row_without_its_shape_is_told(tmp_path: Path, rows: str) -> None:
    with pytest.raises(InputError, match="as many shapes as rows"):
        hold(tmp_path, SQUARE * 2, rows)


def test_what_gdal_writes_holds(tmp_path: Path) -> None:
    dirty.plots(no=["甲\n乙", 'say "4"', ""]).to_file(tmp_path / "a.mif", driver="MapInfo File")
    counts_hold(tmp_path / "a.mif", tmp_path / "a.mid", "a.mif")
