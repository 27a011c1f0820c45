"""The printed sheet: its scale measured back, its texts read back, and refused where Chinese would be blank."""

import re
from datetime import UTC, date, datetime

import numpy as np
import pyproj
import pytest
import typst
from drawing import draw

from landgis.exports.sheet import Sheet, _drawing, frame_of, render_sheet
from landgis.terms.errors import InputError, SetupError

HOSTILE = '<script>#panic("x")</script>&"\'`$*_'
PICTURE = """
    AAAABB
    AAAACC
"""


def sheet(**more) -> Sheet:
    parcels = draw(PICTURE)
    parcels = parcels.assign(
        answer=["exit", "swap", "leave"], area_m2=[800.0, 200.0, 200.0], is_shown=[True, True, False]
    )
    given = {
        "parcels": parcels, "bbox": tuple(parcels.total_bounds), "run": 7, "on": date(2026, 6, 30),
        "made_at": datetime(2026, 7, 1, 9, 30, tzinfo=UTC), "rulesets": ["cn-triage"], "parks": ["示例园区"],
    }  # fmt: skip
    return Sheet(**{**given, **more})


def test_a_metre_on_the_ground_is_a_millimetre_on_paper_at_1_to_1000():
    given = sheet()
    frame = frame_of(given.bbox, "a4")
    assert frame.scale == 400  # 60 m on 217 mm of paper: 1:277 would fit, 1:400 is the next people know
    drawn = _drawing(given, frame)
    corners = np.array([list(map(float, pair)) for pair in re.findall(r"(-?[\d.]+) (-?[\d.]+)(?=[LZ])", drawn)])
    wide, high = corners.max(axis=0) - corners.min(axis=0)
    assert wide == pytest.approx(60 * 1000 / 400, abs=0.05)
    assert high == pytest.approx(20 * 1000 / 400, abs=0.05)


@pytest.mark.parametrize("place", [(115.2, 33.0), (-73.9, 40.7), (120.0, -30.0)])
def test_the_scale_holds_wherever_the_sheet_lies(place):
    lon, lat = place
    frame = frame_of((lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01), "a3")
    ends = np.array([[lon - 0.005, lat], [lon + 0.005, lat]])
    paper_mm = np.hypot(*np.diff(frame.on_paper(ends), axis=0)[0])
    ground_m = pyproj.Geod(ellps="GRS80").inv(*ends[0], *ends[1])[2]
    assert paper_mm / 1000 * frame.scale == pytest.approx(ground_m, rel=1e-4)
    west, south, east, north = frame.bounds()
    assert west < lon - 0.01 and east > lon + 0.01 and south < lat - 0.01 and north > lat + 0.01


def test_a_sheet_is_one_lying_page_that_is_made_the_same_twice():
    once, again = render_sheet(sheet(), "pdf"), render_sheet(sheet(), "pdf")
    assert once == again and once.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", once)) == 1
    wide, high = map(float, re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", once).groups())
    assert (wide / 72 * 25.4, high / 72 * 25.4) == (pytest.approx(297, abs=0.1), pytest.approx(210, abs=0.1))


@pytest.mark.parametrize(("paper", "size"), [("a4", (2339, 1654)), ("a3", (3307, 2339))])
def test_a_picture_has_the_size_of_the_paper(paper, size):
    made = render_sheet(sheet(paper=paper), "png")
    assert made.startswith(b"\x89PNG")
    width, height = (int.from_bytes(made[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (pytest.approx(size[0], abs=1), pytest.approx(size[1], abs=1))


def test_what_comes_from_files_is_text_and_nothing_else():
    parcels = sheet().parcels.assign(parcel_no=HOSTILE)
    for form in ("pdf", "png"):
        assert render_sheet(
            sheet(parcels=parcels, title=HOSTILE, wanted=HOSTILE, secrecy=HOSTILE, approval=HOSTILE, parks=[HOSTILE]),
            form,
        )


def test_without_a_chinese_font_it_is_refused_and_says_which_package_mends_it():
    with pytest.raises(SetupError) as refused:
        render_sheet(sheet(), "pdf", fonts=typst.Fonts(include_system_fonts=False))
    assert "fonts-noto-cjk" in refused.value.mend.zh and "fonts-noto-cjk" in refused.value.mend.en


@pytest.mark.parametrize(
    "bbox", [(1, 1, 1, 2), (2, 1, 1, 2), (-200, 0, 1, 1), (0, 0, float("nan"), 1), (-100, -60, 100, 60)]
)
def test_an_extent_that_cannot_be_drawn_is_refused(bbox):
    with pytest.raises(InputError):
        frame_of(bbox, "a4")


def test_a_run_without_parcels_in_the_extent_is_an_empty_sheet():
    assert render_sheet(sheet(parcels=sheet().parcels.iloc[:0]), "pdf")
