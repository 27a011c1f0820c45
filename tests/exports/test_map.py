"""The map page as text: what it names, what it refuses, what a name from a file can do to it. How it behaves: tests/browser."""

import base64
import gzip
import itertools
import json
import re
import shutil
from collections import Counter
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from landgis.exports.map import (
    FIELD_PAINTS,
    PAINTS,
    STEPS,
    UNKNOWN,
    WEB,
    BaseMap,
    FindingLayer,
    Inlined,
    LegendRow,
    MapView,
    ParkExtent,
    Served,
    render_map,
)
from landgis.terms.errors import InputError, SetupError, Words
from landgis.terms.fields import FIELDS
from landgis.terms.frames import ANSWER
from landgis.terms.rules import MISSING
from tests.sight import SIGHT, ciede2000, lab, seen

SERVED = Served(nonce="n0nce")
HOSTILE = {
    "image": '<img src=x onerror="window.ran=1">',
    "script": "</script><script>window.ran=1</script>",
    "template": "`+(window.ran=1)+`${window.ran=1}",
    "quotes": "a'b\"c\\",
}


def view(**changes: Any) -> MapView:
    """One park with three parcels, 30 mu in all, one of them suspected."""
    usual: dict[str, Any] = {
        "run": 42,
        "on": date(2026, 6, 30),
        "made_at": datetime(2026, 7, 2, 9, 30, tzinfo=UTC),
        "rulesets": ("dongyang-2021",),
        "parks": (ParkExtent("P1", "示例园区", (120.0, 30.0, 120.02, 30.01)),),
        "bounds": (120.0, 30.0, 120.02, 30.01),
        "legend": (LegendRow("P1", "exit", 1, 10_000.0), LegendRow("P1", "leave", 2, 10_000.0)),
        "tests": (FindingLayer("dongyang-2021", "far", Words("容积率偏低", "Floor-area ratio low"), {"P1": 1}),),
    }
    return MapView(**{**usual, **changes})


class Page(HTMLParser):
    """The elements of a page, in order, and the text of each script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and self.scripts:
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)

    def block(self, name: str) -> str:
        return next(text for attributes, text in self.scripts if attributes.get("id") == name)


def described(html: str) -> dict[str, Any]:
    return json.loads(Page(html).block("landgis-view"))


# What a page is


@pytest.mark.parametrize(
    ("language", "tag", "title"), [("zh", "zh-CN", "存量用地一张图"), ("en", "en", "Land stock map")]
)
def test_a_page_speaks_its_language(language: str, tag: str, title: str) -> None:
    html = render_map(view(language=language), SERVED)
    assert ("html", {"lang": tag}) in Page(html).tags
    assert f"<title>{title}</title>" in html


def test_every_script_that_runs_carries_the_nonce_and_nothing_runs_from_an_attribute() -> None:
    page = Page(render_map(view(), SERVED))
    running = [attributes for attributes, _ in page.scripts if attributes.get("type") != "application/json"]
    assert len(running) == 4  # Leaflet, the map of modules, Folium's own, the entry
    assert {attributes["nonce"] for attributes in running} == {"n0nce"}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_a_page_loads_only_what_it_needs_and_what_it_pins() -> None:
    page = Page(render_map(view(), SERVED))
    loaded = [
        attributes.get("src") or attributes.get("href")
        for tag, attributes in page.tags
        if tag in ("script", "link") and attributes.get("rel") != "modulepreload"
    ]
    assert [re.sub(r"\?v=\w+", "", address) for address in loaded if address and not address.startswith("data:")] == [
        "/vendor/leaflet/dist/leaflet.css", "/static/tokens.css", "/static/map.css", "/static/desk.css", "/static/cases.css",
        "/vendor/leaflet/dist/leaflet.js",
    ]  # fmt: skip
    pinned = [attributes["integrity"] for _, attributes in page.tags if "integrity" in attributes]
    assert len(pinned) == 2 and all(str(digest).startswith("sha384-") for digest in pinned)


def test_a_page_does_not_forbid_enlarging_by_touch() -> None:
    assert "user-scalable" not in render_map(view(), SERVED)


def test_the_same_run_makes_the_same_page() -> None:
    assert render_map(view(), SERVED) == render_map(view(), SERVED)


def test_the_page_knows_the_run() -> None:
    found = described(render_map(view(), SERVED))
    assert (found["run"], found["on"]) == (42, "2026-06-30")
    assert found["legend"][0] == {"park_code": "P1", "answer": "exit", "parcels": 1, "area_m2": 10_000.0}
    assert found["addresses"] == {
        "parcel": "/api/runs/42/parcels/{id}",
        "search": "/api/runs/42/search",
        "run": "/api/runs/42",
        "plans": "/api/plans",
        "demands": "/api/demands",
        "jobs": "/api/jobs",
        "cases": "/api/cases",
    }
    assert found["units"]["m2PerMu"] * 15 == pytest.approx(10_000)


def test_folium_is_told_where_the_tiles_are() -> None:
    script = Page(render_map(view(detail_zoom=15), SERVED)).scripts[-2][1]
    assert '"address": "/tiles/42/{z}/{x}/{y}.pbf"' in script
    assert '"detailZoom": 15' in script
    assert "fitBounds" in script


def test_a_run_without_parcels_still_has_a_page() -> None:
    html = render_map(view(bounds=None, parks=(), legend=(), tests=()), SERVED)
    assert described(html)["bounds"] is None
    assert "fitBounds" not in html


# What a page refuses


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """Give a copy of the folder `web` that a test may spoil."""
    return Path(shutil.copytree(WEB, tmp_path / "web"))


def test_a_file_that_differs_from_its_digest_is_refused(web: Path) -> None:
    (web / "vendor/leaflet/dist/leaflet.js").write_text("alert(1)")
    with pytest.raises(SetupError) as refused:
        render_map(view(), Served(nonce="n", web=web))
    assert "leaflet.js" in refused.value.at


def test_a_file_that_is_away_is_refused(web: Path) -> None:
    (web / "vendor/pbf/index.js").unlink()
    with pytest.raises(SetupError):
        render_map(view(), Served(nonce="n", web=web))


@pytest.mark.parametrize(
    "foreign",
    [
        '<img src="https://tiles.example/1.png">',
        "<link rel=stylesheet href=//cdn.example/a.css>",
        '<style>@import "http://cdn.example/a.css";</style>',
        '<div style="background: url(//cdn.example/a.png)"></div>',
        "<script>import('https://cdn.example/a.js')</script>",
    ],
)
@pytest.mark.parametrize("assets", [Served, Inlined])
def test_a_page_that_names_a_foreign_host_is_refused(web: Path, foreign: str, assets: type) -> None:
    template = web / "templates/map/tools.html"
    template.write_text(template.read_text() + foreign)
    given = Served(nonce="n", web=web) if assets is Served else Inlined(tiles={}, web=web)
    with pytest.raises(SetupError) as refused:
        render_map(view(), given)
    assert ".example/" in refused.value.at


def test_a_nonce_cannot_leave_its_attribute() -> None:
    assert 'nonce="&quot;&lt;b>"' in render_map(view(), Served(nonce='"<b>'))


# What a name can do: nothing

SINKS = {
    "park name": lambda text: view(parks=(ParkExtent("P1", text, (120.0, 30.0, 120.02, 30.01)),)),
    "park code": lambda text: view(legend=(LegendRow(text, "exit", 1, 1.0),)),
    "answer": lambda text: view(legend=(LegendRow("P1", text, 1, 1.0),)),
    "test title": lambda text: view(tests=(FindingLayer("r", "t", Words(text, text), {}),)),
    "test code": lambda text: view(tests=(FindingLayer("r", text, Words("t", "t"), {text: 1}),)),
    "ruleset": lambda text: view(rulesets=(text,)),
    "base map name": lambda text: view(base_maps=(BaseMap(Words(text, text), ("/b/{z}/{x}/{y}.png",)),)),
    "attribution": lambda text: view(base_maps=(BaseMap(Words("b", "b"), ("/b/{z}/{x}/{y}.png",), text),)),
    "address": lambda text: view(base_maps=(BaseMap(Words("b", "b"), ("/b/{z}/{x}/{y}.png?k=" + text,)),)),
}


@pytest.mark.parametrize(("sink", "kind"), list(itertools.product(SINKS, HOSTILE)))
def test_a_hostile_text_stays_in_the_data_block(sink: str, kind: str) -> None:
    text = HOSTILE[kind]
    page = Page(render_map(SINKS[sink](text), SERVED))
    assert len(page.scripts) == 5
    assert not [attributes for tag, attributes in page.tags if tag == "img"]
    assert text in _texts(json.loads(page.block("landgis-view")))
    outside = [code for attributes, code in page.scripts if attributes.get("id") != "landgis-view"]
    assert not [code for code in outside if "window.ran" in code or text in code]


def _texts(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join([*map(str, value), *map(_texts, value.values())])
    return "\n".join(map(_texts, value)) if isinstance(value, list) else str(value)


# One file


def test_one_file_holds_everything_and_names_no_host() -> None:
    tile, detail = b"\x1a\x00", {"parcel": {"parcel_no": HOSTILE["script"]}}
    html = render_map(view(), Inlined(tiles={"14/13654/6745": tile}, details={7: detail}))
    page = Page(html)
    packed = json.loads(gzip.decompress(base64.b64decode(page.block("landgis-pack"))))
    assert base64.b64decode(packed["tiles"]["14/13654/6745"]) == tile
    assert packed["details"] == {"7": detail}
    assert not [
        attributes
        for tag, attributes in page.tags
        if attributes.get("src") or (tag == "link" and attributes["href"] != "data:,")
    ]
    modules = json.loads(next(text for attributes, text in page.scripts if attributes.get("type") == "importmap"))[
        "imports"
    ]
    assert "landgis/app.js" in modules and all(
        address.startswith("data:text/javascript;base64,") for address in modules.values()
    )
    policy = next(
        attributes["content"] for tag, attributes in page.tags if tag == "meta" and "http-equiv" in attributes
    )
    assert policy is not None and "connect-src 'none'" in policy and "default-src 'none'" in policy
    assert described(html)["addresses"] is None


def test_one_file_draws_its_deepest_tiles_larger() -> None:
    html = render_map(view(), Inlined(tiles={"14/1/1": b"", "16/1/1": b"", "9/1/1": b""}))
    assert '"tileZoom": 16' in html


def test_one_file_is_made_the_same_twice() -> None:
    first, second = (render_map(view(), Inlined(tiles={"14/1/1": b"a"})) for _ in range(2))
    assert first == second


# Base maps


def test_a_base_map_is_read_from_the_settings() -> None:
    tianditu = BaseMap.read(
        {
            "zh": "天地图影像",
            "urls": [
                "https://t{s}.tianditu.gov.cn/img_w/wmts?TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=k",
                "https://t{s}.tianditu.gov.cn/cia_w/wmts?TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=k",
            ],
            "subdomains": "01",
        }
    )
    assert tianditu.name == Words("天地图影像", "天地图影像")
    assert tianditu.origins() == ("https://t0.tianditu.gov.cn", "https://t1.tianditu.gov.cn")
    assert view(base_maps=(tianditu, tianditu)).image_origins() == tianditu.origins()


def test_a_base_map_of_our_own_host_needs_no_origin() -> None:
    assert BaseMap.read({"zh": "本地", "url": "/base/{z}/{x}/{y}.png"}).origins() == ()


@pytest.mark.parametrize(
    "setting",
    [
        {"zh": "无地址"},
        {"url": "/b/{z}/{x}/{y}.png"},
        {"zh": "缺 y", "url": "/b/{z}/{x}.png"},
        {"zh": "拼错", "url": "/b/{z}/{x}/{y}.png", "maxzoom": 18},
        {"zh": "协议", "url": "javascript:alert('{z}{x}{y}')"},
        {"zh": "策略注入", "url": "https://a.example; script-src */{z}/{x}/{y}"},
        {"zh": "省略协议", "url": "//a.example/{z}/{x}/{y}"},
        {"zh": "子域", "url": "https://t{s}.example/{z}/{x}/{y}"},
    ],
)
def test_a_base_map_that_cannot_work_is_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        BaseMap.read(setting)
    assert refused.value.mend is not None


# Words


def written(*patterns: str) -> dict[str, dict[str, str]]:
    """Give the words of these files of ``web/static``."""
    files = [path for pattern in patterns for path in sorted((WEB / "static").glob(pattern))]
    return {key: pair for path in files for key, pair in json.loads(path.read_text(encoding="utf-8")).items()}


def test_every_text_stands_in_both_languages() -> None:
    words = written("words.json", "*.words.json")
    marks = re.compile(r"\{\w+\}")
    for key, pair in words.items():
        assert set(pair) == {"zh", "en"}, key
        assert pair["zh"], key
        english = marks.findall(pair["en"].replace("{s}", ""))  # English words of which there are {n} have an s or not
        assert sorted(marks.findall(pair["zh"])) == sorted(english), key
        assert "{s}" not in pair["en"] or "{n}" in english, key


def test_no_file_of_words_overwrites_a_text_of_another() -> None:
    files = sorted((WEB / "static").glob("*words.json"))
    keys = [key for path in files for key in json.loads(path.read_text(encoding="utf-8"))]
    assert [key for key, times in Counter(keys).items() if times > 1] == []


def test_every_text_is_used_and_every_used_text_exists() -> None:
    words = set(written("words.json", "*.words.json"))
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted(WEB.glob("static/*.js")))
    markup = "\n".join(path.read_text(encoding="utf-8") for path in sorted(WEB.glob("templates/map/*.html")))
    python = (Path(WEB).parent / "landgis/exports/map.py").read_text(encoding="utf-8")
    named = set(re.findall(r"""\bt\(\s*"(\w+)\"""", code + markup)) | set(
        re.findall(r'data-t(?:-\w+)?="(\w+)"', markup)
    )
    assert named <= words, f"used, not written: {sorted(named - words)}"
    quoted = set(re.findall(r'"(\w+)"', code + markup + python)) | {f"missing_{way}" for way in MISSING}
    # A text that is named by what it says of: t(`state_${one.state}`) uses all that begin so.
    begun = tuple(re.findall(r"""\bt\(\s*`(\w+_)\$\{""", code))
    assert all(any(word.startswith(start) for word in words) for start in begun), begun
    quoted |= {word for word in words if word.startswith(begun)}
    assert words <= quoted, f"written, not used: {sorted(words - quoted)}"


def test_every_module_is_asked_for_at_once() -> None:
    page = Page(render_map(view(), SERVED))
    (named,) = (json.loads(text) for attributes, text in page.scripts if attributes.get("type") == "importmap")
    asked = [attributes["href"] for tag, attributes in page.tags if attributes.get("rel") == "modulepreload"]
    assert sorted(asked) == sorted(named["imports"].values())


# Colours: told apart by those who lack red or green, and by pattern without any colour


def test_every_answer_has_a_paint_and_a_pattern_of_its_own() -> None:
    assert set(PAINTS) == set(ANSWER)
    assert len({paint.pattern for paint in PAINTS.values()}) == len(PAINTS)


@pytest.mark.parametrize("sight", SIGHT)
def test_classes_differ_in_colour_for_every_sight(sight: str) -> None:
    palettes = {**FIELD_PAINTS, "steps": dict(enumerate(STEPS))}
    for name, paints in palettes.items():
        paints = {**paints, **({} if name == "answer" else {"missing": UNKNOWN})}  # every parcel has an answer
        labs = {key: lab(seen(paint.fill, SIGHT[sight])) for key, paint in paints.items()}
        nearest = min((ciede2000(labs[a], labs[b]), a, b) for a, b in itertools.combinations(labs, 2))
        assert nearest[0] > 15, (name, nearest)


@pytest.mark.parametrize("name", FIELD_PAINTS)
def test_a_coded_field_has_a_paint_and_a_pattern_for_each_code(name: str) -> None:
    paints = FIELD_PAINTS[name]
    assert set(paints) == set(FIELDS[name].codes or {})
    assert len({paint.pattern for paint in paints.values()}) == len(paints)


def test_the_colour_difference_is_the_published_one() -> None:
    """Sharma, Wu, Dalal 2005, test pairs 1, 17 and 25."""
    assert ciede2000((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000((50, 2.5, 0), (73, 25, -18)) == pytest.approx(27.1492, abs=1e-4)
    assert ciede2000((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387)) == pytest.approx(1.2644, abs=1e-4)
