"""The pages beside the map: every text in both languages and used, nothing of a foreign host, nothing that a name from a file could run."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from landgis.exports.pages import _WORDS, PageName, Place, render_page
from landgis.terms.errors import SetupError

WEB = Path(__file__).parents[2] / "web"
PAGES = get_args(PageName)
SHARED = ("words.json", "places.words.json", "pages/frame.words.json", "pages/told.words.json")


def words(*names: str) -> dict[str, dict[str, str]]:
    return {key: pair for name in names for key, pair in json.loads((WEB / "static" / name).read_text("utf-8")).items()}


def page(name: str, given: dict | None = None, **more: object) -> str:
    return render_page(Place(name, "zh", given or {}, **more), web=WEB, nonce="n0nce")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_names_no_host(name: str) -> None:
    html = page(name, has_map=True)
    assert not re.findall(r"(?:https?:)?//[a-z]", html)
    assert '<html lang="zh-CN">' in html and "n0nce" in html
    assert all('nonce="n0nce"' in tag for tag in re.findall(r"<script[^>]*>", html) if "application/json" not in tag)
    assert not re.findall(r"\son\w+=", html)


@pytest.mark.parametrize("name", PAGES)
def test_a_hostile_name_stays_in_the_data_block(name: str) -> None:
    hostile = "</script><script>window.ran=1</script><!--\u2028"
    html = page(name, {"parks": [{"park_code": hostile, "name": hostile}]})
    block = re.search(r'id="landgis-view">(.*?)</script>', html, re.DOTALL)
    assert block and json.loads(block[1])["parks"][0]["name"] == hostile
    assert "window.ran" not in html.replace(block[1], "")


@pytest.mark.parametrize(
    "name", [*(f"pages/{one}.words.json" for one in ("frame", "told", *PAGES)), "places.words.json"]
)
def test_every_text_stands_in_both_languages(name: str) -> None:
    marks = re.compile(r"\{\w+\}")
    for key, pair in words(name).items():
        assert set(pair) == {"zh", "en"} and pair["zh"] and pair["en"], key
        # English words of which there are {n} have an s or not; elsewhere {s} is seconds.
        plural = {"{s}"} if "{n}" in pair["en"] else set()
        assert set(marks.findall(pair["zh"])) == set(marks.findall(pair["en"])) - plural, key


def test_every_used_text_is_written_and_every_written_one_used() -> None:
    modules = {path: path.read_text("utf-8") for path in sorted((WEB / "static/pages").glob("*.js"))}
    shared = [text for path, text in modules.items() if path.stem not in PAGES]
    frame = (WEB / "templates/pages/frame.html").read_text("utf-8")
    every = "".join(modules.values()) + "".join(path.read_text("utf-8") for path in WEB.glob("templates/pages/*.html"))
    for name in PAGES:
        own = (WEB / f"static/pages/{name}.js").read_text("utf-8")
        markup = (WEB / f"templates/pages/{name}.html").read_text("utf-8")
        named = set(re.findall(r'\bt\(\s*"(\w+)"', own + markup)) | set(re.findall(r'data-t(?:-\w+)?="(\w+)"', markup))
        assert named <= set(words(*SHARED, *_WORDS.get(name, ()), f"pages/{name}.words.json")), name
        # A key that is put together ("state_" and what the API says) counts for all that begin so.
        begun = tuple(re.findall(r"\bt\(`(\w+_)\$", own + "".join(shared)))
        said = set(re.findall(r'"(\w+)"', own + markup + "".join(shared)))
        unused = {key for key in words(f"pages/{name}.words.json") if key not in said and not key.startswith(begun)}
        assert unused <= {"title"}, name
    assert {key for key in words("pages/frame.words.json") if f'"{key}"' not in every + frame} == set()


def test_a_page_without_its_files_says_which(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be read") as refused:
        render_page(Place("jobs", "zh", {}), web=tmp_path, nonce="n")
    assert "words.json" in refused.value.at
