"""One parcel's paper: whole, without a host or a script, and a name in it is only text."""

import re
from html import unescape
from typing import Any

import pytest
from core.judging.test_explanation import trace
from drawing import draw

from landgis.exports.dossier import dossier_html

HOSTILE = '<img src="https://example.org/x" onerror=alert(1)>'
WORDS = {"zh": "退出", "en": "exit"}


def told(name: str = "P-204") -> dict[str, Any]:
    """Give an explanation as the workflow gives it, of a drawn parcel."""
    whole = trace(floor_area_m2=3000.0).tell(1)
    return {
        "run": 7, "on": "2024-06-30", "agrees": True, **whole,
        "facts": [fact | {"cells": []} for fact in whole["facts"]],
        "parcel": {"parcel_no": name, "park_code": "p1", "park_name": name, "area_m2": 20_000.0, "owner_name": name, "is_seized": None},
        "enterprises": [{"name": name, "uscc": "U0", "role": "owner", "area_m2": None, "industry_code": "3612"}],
        "triage": {"title": WORDS, "reason": WORDS, "freeable_m2": 20_000.0, "upgrade_m2": None, "urgency_title": None},
        "findings": [
            {
                "test": "low_tax", "title": {"zh": name, "en": name}, "finding": "suspected",
                "value": 1 / 3, "threshold": 0.5, "unit": "ratio",
                "article": name, "ruleset": "r", "confidence": "M", "missing_titles": [],
            }
        ],
        "grades": [{"year": 2023, "uscc": "U0", "total": 61.5, "grade": "C", "reason": None}],
        "rulesets": [{"code": "r", "title": WORDS, "document": name, "confidence": "H", "sha256": "0" * 64}],
        "changes": [{"title": {"zh": name, "en": name}}],
    }  # fmt: skip


@pytest.fixture
def shapes() -> dict[str, Any]:
    drawn = draw("""
        AAB
        AAB
        .CD
    """)
    return dict(zip(drawn["parcel_no"], drawn["geom"], strict=True))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_paper_is_whole_and_says_that_it_is_a_suspicion(shapes, language) -> None:
    page = dossier_html(told(), shapes["A"], [(name, shapes[name]) for name in "BCD"], language)
    text = unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.S))
    assert page.startswith("<!doctype html>") and page.count("<section>") == 11
    assert ("不是认定" if language == "zh" else "not a finding of law") in text
    assert "#7" in text and "2024-06-30" in text and "0" * 64 in text and "landgis run verify 7" in text
    assert "33.3%" in text and "0.333" not in text  # a share is read as per cent
    assert ("30 亩" if language == "zh" else "30 mu") in text  # 20 000 m²
    assert ("不明" if language == "zh" else "unknown") in text  # whether it is seized
    assert not re.search(r"None|nan\b|\{|\}", text)
    assert re.search("安全不达标 +否" if language == "zh" else "fails safety requirements +no", text)
    if language == "en":
        assert not re.search(
            "[\u4e00-\u9fff]{5}", text.split("Rules, and how")[0].split("Gates and answer")[0].split("Tests")[0]
        )


def test_a_floor_area_ratio_is_no_share(shapes) -> None:
    given = told()
    of = {"measure": "far", "unit": "ratio"}
    given["tests"] = [
        *given["tests"],
        {"test": "low_far", "conditions": [{**given["tests"][0]["conditions"][0], **of}]},
    ]
    given["findings"][0] |= {"test": "low_far", "value": 0.42, "threshold": 0.7}
    text = re.sub(r"<[^>]+>", " ", dossier_html(given, shapes["A"], [], "zh"))
    assert re.search(r"疑似 +0\.42 +0\.7 ", text) and "42%" not in text
    assert "大意可靠、措辞待核" in text and "[M]" not in text


def test_no_host_no_script_and_a_name_is_only_text(shapes) -> None:
    page = dossier_html(told(HOSTILE), shapes["A"], [(HOSTILE, shapes["B"])], "zh")
    assert "<script" not in page and "<img" not in page and "onerror=alert(1)>" not in page
    assert not re.search(r"""(?:src|href)\s*=|url\(|@import""", page.replace("&lt;img src=", ""))
    assert "&lt;img src=&quot;https://example.org/x&quot;" in page


def test_the_sketch_is_in_proportion_and_north_is_up(shapes) -> None:
    """A is 20 m wide and high; C lies below it, B to its right."""
    page = dossier_html(told(), shapes["A"], [("B", shapes["B"]), ("C", shapes["C"])], "zh")
    paths = re.findall(r'<path d="(M[^"]+Z)"', page)
    boxes = []
    for path in paths:
        points = [tuple(map(float, pair.split())) for pair in re.findall(r"[\d.-]+ [\d.-]+", path)]
        xs, ys = zip(*points, strict=True)
        boxes.append((min(xs), min(ys), max(xs), max(ys)))
    b, c, a = boxes
    assert a[2] - a[0] == pytest.approx(a[3] - a[1], abs=0.5)
    assert b[0] == pytest.approx(a[2], abs=0.2) and c[1] == pytest.approx(a[3], abs=0.2)
