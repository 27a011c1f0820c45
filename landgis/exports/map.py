"""The one map 一张图, built with Folium, that needs no foreign host.

Folium lays out the page: the Leaflet map, the layer of parcels by address, and our own elements around it. What comes from files
(park names, test titles, base-map names) reaches the browser only as JSON in a data block, which the modules of ``web/static``
write with ``textContent``; no such value enters a script, a style or Folium's popups, tooltips and layer names.
"""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal, cast
from urllib.parse import urlsplit

import folium
import jinja2
from branca.element import Element, Figure, MacroElement
from folium.map import Layer
from folium.template import Template

from landgis.terms import frames
from landgis.terms.disposal import URGENCY
from landgis.terms.errors import InputError, SetupError, Words
from landgis.terms.measures import MEASURES
from landgis.terms.reasons import OWN_PROPOSAL
from landgis.terms.rules import CONFIDENCE
from landgis.terms.units import M2_PER_HA, M2_PER_MU

Language = Literal["zh", "en"]
Box = tuple[float, float, float, float]

#: What the browser gets: our modules and styles, the templates of our elements, third-party files with their digests.
WEB: Final = Path(__file__).resolve().parents[2] / "web"
LANGUAGE_TAGS: Final[Mapping[Language, str]] = {"zh": "zh-CN", "en": "en"}
#: The deepest zoom of the page; deeper than the deepest tile, tiles are drawn larger.
MAX_ZOOM: Final = 19


@dataclass(frozen=True)
class Paint:
    """How an answer is drawn: fill, a darker ink for lines and text, and a pattern that tells it without colour."""

    fill: str
    ink: str
    pattern: Literal["rising", "falling", "dots", "upright", "level", "crossed", "plain"]


#: The five answers. Any two fills differ by more than 15 (CIEDE2000) for full, deuteranope and protanope sight.
PAINTS: Final[Mapping[str, Paint]] = {
    "exit": Paint("#bf3b2b", "#6e1a10", "rising"),
    "swap": Paint("#f0b23c", "#7a5200", "falling"),
    "upgrade": Paint("#2e6db0", "#123a66", "upright"),
    "leave": Paint("#cbe3d0", "#4b7358", "plain"),
    "data_first": Paint("#9a97a0", "#4a4750", "dots"),
}

#: What else can colour the map, as far apart as the answers are.
FIELD_PAINTS: Final[Mapping[str, Mapping[str, Paint]]] = {
    "answer": PAINTS,
    "grade": {
        "A": Paint("#1f5f99", "#0f3457", "upright"),
        "B": Paint("#8fc1e8", "#2b6796", "plain"),
        "C": Paint("#f3d27a", "#7a5a00", "falling"),
        "D": Paint("#c2452d", "#6e1a10", "rising"),
        "T": Paint("#8d8a93", "#45424a", "dots"),
    },
    "idle_state": {
        "clear": Paint("#cadac2", "#4b7358", "plain"),
        "unknown": Paint("#9a97a0", "#4a4750", "dots"),
        "agreement": Paint("#f7dc6a", "#6f5600", "falling"),
        "fee": Paint("#d86a18", "#6b3000", "upright"),
        "take_back": Paint("#8c2418", "#4a0d06", "rising"),
    },
    "urgency": {
        "high": Paint("#a8301f", "#6e1a10", "rising"),
        "middle": Paint("#f0b23c", "#7a5200", "falling"),
        "low": Paint("#cadac2", "#4b7358", "plain"),
    },
}
#: The classes of a number, from little to much: lighter to darker for every sight, and hatched closer for print without colour.
STEPS: Final = (
    Paint("#fdf6dc", "#8a7a45", "plain"),
    Paint("#a5c96a", "#4c6a1e", "dots"),
    Paint("#3f958f", "#134a46", "falling"),
    Paint("#255a90", "#0f2f52", "upright"),
    Paint("#1c1440", "#0b0722", "crossed"),
)
#: Kinds without an order, as many as can be told apart; the ninth is all others. Source of the colours: Okabe and Ito 2008.
KINDS: Final = (
    Paint("#e69f00", "#6b4a00", "rising"),
    Paint("#56b4e9", "#1b5a80", "plain"),
    Paint("#009e73", "#00503a", "falling"),
    Paint("#f0e442", "#736c00", "dots"),
    Paint("#0072b2", "#003a5c", "upright"),
    Paint("#d55e00", "#6b2f00", "crossed"),
    Paint("#cc79a7", "#6e2f50", "level"),
    Paint("#4a4a4a", "#1a1a1a", "plain"),
    Paint("#b8bcbd", "#5a6062", "dots"),
)
#: What nothing is known of: as far from the classes of a number, and of a code that can be missing, as those are from each other.
UNKNOWN: Final = Paint("#e8f4fe", "#7d878c", "dots")


@dataclass(frozen=True)
class ParkExtent:
    """A park of the run: code, name, and west, south, east, north in degrees."""

    park_code: str
    name: str
    bbox: Box


@dataclass(frozen=True)
class LegendRow:
    """How many parcels of a park got an answer, and their area in m²."""

    park_code: str
    answer: str
    parcels: int
    area_m2: float


@dataclass(frozen=True)
class FindingLayer:
    """A test that can be brought out on the map, and how many parcels of each park it suspects."""

    ruleset: str
    test: str
    title: Words
    suspected: Mapping[str, int]


@dataclass(frozen=True)
class BaseMap:
    """A background of raster tiles in Web Mercator, by address: XYZ, or WMTS with its parameters written out.

    ``urls`` are drawn one over the other (imagery, then its labels) and hold ``{z}``, ``{x}``, ``{y}``, and ``{s}`` where
    ``subdomains`` has one sign per host. An address of our own host begins with a slash.
    """

    name: Words
    urls: tuple[str, ...]
    attribution: str = ""
    max_zoom: int = 18
    subdomains: str = ""

    def __post_init__(self) -> None:
        """Refuse an address the page could not draw or the content policy could not name."""
        for url in self.urls:
            if not all(mark in url for mark in ("{z}", "{x}", "{y}")):
                raise _refused_base_map(url, Words("地址里缺少 {z}、{x} 或 {y}。", "It lacks {z}, {x} or {y}."))
            if "{s}" in url and not self.subdomains:
                raise _refused_base_map(
                    url, Words("有 {s} 而没有 subdomains。", "It has {s} but there are no subdomains.")
                )
            if not url.startswith("/") or url.startswith("//"):
                self._hosts(url)

    @classmethod
    def read(cls, setting: Mapping[str, Any]) -> "BaseMap":
        """Take one base map from the settings: ``zh``, ``en``, ``url`` or ``urls``, ``attribution``, ``max_zoom``, ``subdomains``.

        Raises
        ------
        InputError
            A name or an address is missing, a key is not known, or an address cannot be used.
        """
        known = {"zh", "en", "url", "urls", "attribution", "max_zoom", "subdomains"}
        urls = tuple(setting.get("urls") or filter(None, [setting.get("url")]))
        unknown = sorted(set(setting) - known)
        if unknown or not urls or not setting.get("zh"):
            raise InputError(
                Words("底图设置不完整。", "A base map's setting is incomplete."),
                at=json.dumps(dict(setting), ensure_ascii=False),
                why=Words("每个底图要有 zh（名称）和 url。", "Each base map needs zh (its name) and url."),
                mend=Words(f"可用的键：{'、'.join(sorted(known))}。", f"The keys are {', '.join(sorted(known))}."),
            )
        return cls(
            name=Words(str(setting["zh"]), str(setting.get("en") or setting["zh"])),
            urls=tuple(map(str, urls)),
            attribution=str(setting.get("attribution") or ""),
            max_zoom=int(setting.get("max_zoom") or 18),
            subdomains=str(setting.get("subdomains") or ""),
        )

    def origins(self) -> tuple[str, ...]:
        """Give the foreign origins the images come from, as the content policy writes them."""
        foreign = (url for url in self.urls if not url.startswith("/") or url.startswith("//"))
        return tuple(dict.fromkeys(origin for url in foreign for origin in self._hosts(url)))

    def _hosts(self, url: str) -> list[str]:
        filled = [url.replace("{s}", sign) for sign in self.subdomains] if "{s}" in url else [url]
        origins = []
        for address in filled:
            parts = urlsplit(address)
            if parts.scheme not in ("http", "https") or not re.fullmatch(r"[A-Za-z0-9.-]+(:\d{1,5})?", parts.netloc):
                why = Words("只能是 http(s) 地址或以 / 开头的本站地址。", "Only http(s) addresses and our own, from /.")
                raise _refused_base_map(url, why)
            origins.append(f"{parts.scheme}://{parts.netloc}")
        return origins


def _refused_base_map(url: str, why: Words) -> InputError:
    return InputError(
        Words("底图地址不能用。", "The base map's address cannot be used."),
        at=url,
        why=why,
        mend=Words(
            "形如 https://主机/{z}/{x}/{y}.png；WMTS 把 TILEMATRIX={z}&TILEROW={y}&TILECOL={x} 写进地址。",
            "Like https://host/{z}/{x}/{y}.png; for WMTS write TILEMATRIX={z}&TILEROW={y}&TILECOL={x} into it.",
        ),
    )


@dataclass(frozen=True)
class MapView:
    """All that the page needs to know of a run.

    ``bounds`` is west, south, east, north in degrees, or None for a run without parcels. From ``detail_zoom`` on the tiles hold
    parcels, below it squares with counts; ``tile_zoom`` is the deepest zoom that is asked for. ``titles`` are those of the rulesets.
    """

    run: int
    on: date
    made_at: datetime
    rulesets: tuple[str, ...]
    parks: tuple[ParkExtent, ...]
    bounds: Box | None
    legend: tuple[LegendRow, ...]
    tests: tuple[FindingLayer, ...] = ()
    titles: Mapping[str, Words] = field(default_factory=dict)
    detail_zoom: int = 14
    tile_zoom: int = MAX_ZOOM
    language: Language = "zh"
    base_maps: tuple[BaseMap, ...] = ()

    def image_origins(self) -> tuple[str, ...]:
        """Give the foreign origins of all base maps, for the ``img-src`` of the content policy."""
        return tuple(dict.fromkeys(origin for base_map in self.base_maps for origin in base_map.origins()))


@dataclass(frozen=True)
class Newer:
    """A run later than the one that is shown: its number, its day, and its parcels in scope."""

    run: int
    on: date
    parcels: int


@dataclass(frozen=True)
class Served:
    """The page asks our own host for everything: scripts, styles, tiles, answers.

    ``nonce`` is the one of the content policy sent with this very page. Addresses may hold ``{run}``, ``{id}`` and a tile's marks.
    ``role`` is that of the account the page is for: what it may not do is not offered; None where no login is asked for. ``newer`` is the
    latest run where the page shows another.
    """

    nonce: str
    role: str | None = None
    newer: Newer | None = None
    static: str = "/static"
    vendor: str = "/vendor"
    tiles: str = "/tiles/{run}/{z}/{x}/{y}.pbf"
    parcel: str = "/api/runs/{run}/parcels/{id}"
    search: str = "/api/runs/{run}/search"
    run: str = "/api/runs/{run}"
    plans: str = "/api/plans"
    demands: str = "/api/demands"
    jobs: str = "/api/jobs"
    cases: str = "/api/cases"
    web: Path = WEB


@dataclass(frozen=True)
class Inlined:
    """The page is one file that opens without any host, with the tiles and, if given, the parcels' details inside.

    ``tiles`` maps ``"z/x/y"`` to the bytes of a vector tile; ``details`` maps a parcel's number in the database to the same JSON the
    service answers for it, with ``bbox`` (west, south, east, north) added where search shall find it.
    """

    tiles: Mapping[str, bytes]
    details: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    web: Path = WEB


Assets = Served | Inlined


def render_map(view: MapView, assets: Assets) -> str:
    """Give the page of a run's map as HTML.

    Parameters
    ----------
    view
        The run: parks, legend, tests, base maps, language.
    assets
        Where scripts, styles and tiles come from: our own host, or inside the file.

    Raises
    ------
    SetupError
        A file of ``web`` is missing or differs from its digest, or the page would load something from a foreign host.
    """
    shelf = _Shelf(assets)
    page = _Page(view, shelf)
    parcel_map = _ParcelMap(view, shelf)
    page.add_child(parcel_map)
    if isinstance(assets, Served):
        tiles = assets.tiles.replace("{run}", str(view.run))
        parcel_map.add_child(ParcelTiles(tiles, view.detail_zoom, view.tile_zoom))
        parcel_map.add_child(Plans())
    else:
        parcel_map.add_child(ParcelTiles("", view.detail_zoom, _deepest(assets.tiles, view.tile_zoom)))
    if view.bounds:
        west, south, east, north = view.bounds
        parcel_map.fit_bounds([(south, west), (north, east)], padding=(24, 24))
    served = isinstance(assets, Served)  # a file on its own leads nowhere and asks for no work
    places, plans = (("places",), ("plan",)) if served else ((), ())
    for name in ("header", *places, "search", "legend", "filter", "findings", *plans, "base_maps"):
        parcel_map.add_child(Part(name, view, shelf, place="sidebar"))
    for name in ("tools", "why", "dock", "print"):
        parcel_map.add_child(Part(name, view, shelf, place="html"))
    html: str = page.render()
    _refuse_foreign_hosts(html)
    return shelf.fill(html)


def _deepest(tiles: Mapping[str, bytes], otherwise: int) -> int:
    return max((int(key.partition("/")[0]) for key in tiles), default=otherwise)


class ParcelTiles(Layer):
    """The parcels as a Folium layer of vector tiles by address.

    In the browser it is a group with the address in its options, into which the module ``app.js`` puts the tiles. An empty address
    means: inside this file.
    """

    _template = Template("""
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.layerGroup([], {{ {"parcelTiles": this.drawing}|tojson }});
        {% endmacro %}
        """)

    def __init__(self, address: str, detail_zoom: int, tile_zoom: int) -> None:
        super().__init__(name="parcel")
        self._name, self._id = "ParcelTiles", "group"
        self.drawing = {"address": address, "detailZoom": detail_zoom, "tileZoom": tile_zoom}


class Plans(Layer):
    """The plans of a run as a Folium layer: an empty group, into which the module ``plan.js`` draws the plan that is chosen."""

    _template = Template("""
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.layerGroup([], {"plans": true});
        {% endmacro %}
        """)

    def __init__(self) -> None:
        super().__init__(name="plans")
        self._name, self._id = "Plans", "group"


class Part(MacroElement):
    """One of our elements of the page: a template of ``web/templates/map`` in the page's language, enlivened by a module."""

    def __init__(self, name: str, view: MapView, shelf: "_Shelf", *, place: Literal["sidebar", "html"]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = name
        self._place = place
        self._markup = shelf.template(name, view.language)

    def render(self, **_kwargs: object) -> str:
        """Put the element into its place of the page."""
        page = cast("_Page", self.get_root())
        (page.sidebar if self._place == "sidebar" else page.html).add_child(_Markup(self._markup), name=self._name)
        return ""


class _Markup(Element):
    """Markup that is final: branca would read braces in it as a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def render(self, **_kwargs: object) -> str:
        return self._text


class _ParcelMap(folium.Map):
    """Folium's map with our head instead of its own: no script of a foreign host, no ban on enlarging the page by touch."""

    def __init__(self, view: MapView, shelf: "_Shelf") -> None:
        west, south, east, north = view.bounds or (73.0, 18.0, 135.0, 54.0)
        super().__init__(
            [(south + north) / 2, (west + east) / 2],
            tiles=None,
            zoom_start=view.detail_zoom if view.bounds else 4,
            max_zoom=MAX_ZOOM,
            min_zoom=3,
            zoom_control=False,
            attributionControl=False,
            fadeAnimation=False,
        )
        self._id = "parcels"
        self._shelf = shelf

    def render(self, **kwargs: object) -> str:
        page = cast("_Page", self.get_root())
        for markup in self._shelf.head():
            page.header.add_child(_Markup(markup))
        macros = folium.Map._template.module
        page.html.add_child(_Markup(macros.html(self, kwargs)), name=self.get_name())
        page.script.add_child(_Markup(macros.script(self, kwargs)), name=self.get_name())
        for child in self._children.values():
            child.render(**kwargs)
        return ""


class _Page(Figure):
    """Branca's figure with a language, a side bar, a main part, and scripts that a strict content policy lets run."""

    _template = jinja2.Template("""\
<!DOCTYPE html>
<html lang="{{ this.language_tag }}">
<head>
<meta charset="utf-8">
{{ this.policy }}<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ this.title }}</title>
<link rel="icon" href="data:,">
{{ this.header.render() }}
</head>
<body>
<a class="skip" href="#stage" data-t="skip">{{ this.skip }}</a>
<aside class="sidebar" id="sidebar" data-t-label="panel_label" aria-label="{{ this.panel_label }}">
{{ this.sidebar.render() }}
</aside>
<main class="stage" id="stage" tabindex="-1">
{{ this.html.render() }}
</main>
{{ this.data }}
<script{{ this.nonce }}>
{{ this.script.render() }}
</script>
{{ this.entry }}
</body>
</html>
""")

    def __init__(self, view: MapView, shelf: "_Shelf") -> None:
        super().__init__(title=shelf.word("title", view.language))
        self.header = Element()
        self.sidebar = Element()
        self.sidebar._parent = self
        self.language_tag = LANGUAGE_TAGS[view.language]
        self.skip = shelf.word("skip", view.language)
        self.panel_label = shelf.word("panel_label", view.language)
        self.policy = shelf.policy(view)
        self.data = shelf.data(view)
        self.nonce = shelf.nonce_attribute
        self.entry = shelf.entry()

    def render(self, **kwargs: object) -> str:
        for child in self._children.values():
            child.render(**kwargs)
        html: str = self._template.render(this=self)
        return html


class _Shelf:
    """The files of ``web`` in the form this page takes them: by address, or inside.

    What goes inside is put in last (`fill`), after the page has been searched for foreign hosts: a library may name its home in a
    comment, the page may not.
    """

    #: Bare names by which modules import each other; the same in the served page and in the one file.
    _LIBRARIES: Final = {
        "pbf": "pbf/index.js",
        "@mapbox/vector-tile": "@mapbox/vector-tile/index.js",
        "@mapbox/point-geometry": "@mapbox/point-geometry/index.js",
    }

    def __init__(self, assets: Assets) -> None:
        self._assets = assets
        self._static = assets.web / "static"
        self._vendor = assets.web / "vendor"
        self._inside: dict[str, str] = {}
        self._manifest = json.loads(self._read(self._vendor / "manifest.json"))
        self._words: dict[str, dict[str, str]] = {}
        for path in (self._static / "words.json", *sorted(self._static.glob("*.words.json"))):
            self._words |= json.loads(self._read(path))
        loader = jinja2.FileSystemLoader(assets.web / "templates" / "map")
        self._templates = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
        self._pack = _pack(assets) if isinstance(assets, Inlined) else ""
        self.nonce = (
            assets.nonce if isinstance(assets, Served) else hashlib.sha256(self._pack.encode()).hexdigest()[:32]
        )
        self.nonce_attribute = f' nonce="{_attribute(self.nonce)}"'

    def word(self, key: str, language: Language) -> str:
        return str(self._words[key][language])

    def template(self, name: str, language: Language) -> str:
        page = self._templates.get_template(f"{name}.html")
        return page.render(t=lambda key: self.word(key, language), language=language)

    def policy(self, view: MapView) -> str:
        """Give the one file its content policy; with a served page it comes as a header."""
        if isinstance(self._assets, Served):
            return ""
        images = " ".join(("data:", "blob:", *view.image_origins()))
        policy = (
            f"default-src 'none'; script-src 'nonce-{self.nonce}' 'strict-dynamic'; style-src 'unsafe-inline'; "
            f"img-src {images}; connect-src 'none'; base-uri 'none'; form-action 'none'"
        )
        return f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'

    def head(self) -> Iterable[str]:
        """Styles, Leaflet, and the map of module names."""
        yield self._style(self._vendor, "leaflet/dist/leaflet.css")
        yield self._style(self._static, "tokens.css")
        yield self._style(self._static, "map.css")
        yield self._style(self._static, "desk.css")
        yield self._style(self._static, "cases.css")
        yield self._script(self._vendor, "leaflet/dist/leaflet.js")
        modules = {
            f"landgis/{path.name}": self._module(self._static, path.name) for path in sorted(self._static.glob("*.js"))
        }
        modules |= {name: self._module(self._vendor, path) for name, path in self._LIBRARIES.items()}
        yield f'<script type="importmap"{self.nonce_attribute}>{script_json({"imports": modules})}</script>'
        if isinstance(self._assets, Served):  # all at once, and not one import after the other
            yield from (f'<link rel="modulepreload" href="{_attribute(address)}">' for address in modules.values())

    def entry(self) -> str:
        """Name the module that starts the page."""
        start = self._later('import "landgis/app.js";')
        return f'<script type="module"{self.nonce_attribute}>{start}</script>'

    def data(self, view: MapView) -> str:
        """Give everything the modules read as data blocks, which no browser runs."""
        blocks = [
            f'<script type="application/json" id="landgis-view">{self._later(script_json(self._described(view)))}</script>'
        ]
        if self._pack:
            blocks.append(f'<script type="text/plain" id="landgis-pack">{self._later(self._pack)}</script>')
        return "\n".join(blocks)

    def fill(self, html: str) -> str:
        """Put in what was held back."""
        return re.sub(r"\ue000(\d+)\ue001", lambda mark: self._inside[mark[1]], html)

    def _later(self, text: str) -> str:
        key = str(len(self._inside))
        self._inside[key] = text
        return f"\ue000{key}\ue001"

    def _described(self, view: MapView) -> dict[str, Any]:
        served = self._assets if isinstance(self._assets, Served) else None
        return {
            "run": view.run,
            "newer": served and served.newer and asdict(served.newer) | {"on": served.newer.on.isoformat()},
            "on": view.on.isoformat(),
            "madeAt": view.made_at.isoformat(timespec="minutes"),
            "rulesets": list(view.rulesets),
            "titles": {code: asdict(words) for code, words in view.titles.items()},
            "parks": [asdict(park) for park in view.parks],
            "bounds": view.bounds,
            "legend": [asdict(row) for row in view.legend],
            "tests": [asdict(layer) for layer in view.tests],
            "role": served and served.role,
            "language": view.language,
            "languageTags": LANGUAGE_TAGS,
            "maxZoom": MAX_ZOOM,
            "baseMaps": [asdict(base_map) for base_map in view.base_maps],
            "addresses": served
            and {
                name: getattr(served, name).replace("{run}", str(view.run))
                for name in ("parcel", "search", "run", "plans", "demands", "jobs", "cases")
            },
            "hasDetails": bool(served or (isinstance(self._assets, Inlined) and self._assets.details)),
            "units": {"m2PerMu": float(M2_PER_MU), "m2PerHa": M2_PER_HA},
            "paints": {answer: asdict(paint) for answer, paint in PAINTS.items()},
            "fieldPaints": {
                name: {code: asdict(paint) for code, paint in paints.items()} for name, paints in FIELD_PAINTS.items()
            },
            "steps": [asdict(paint) for paint in STEPS],
            "kinds": [asdict(paint) for paint in KINDS],
            "unknown": asdict(UNKNOWN),
            "codes": {
                name: {code: asdict(words) for code, words in domain.items()}
                for name, domain in (
                    ("answer", frames.ANSWER),
                    ("finding", frames.FINDING),
                    ("track", frames.TRACK),
                    ("grade", frames.GRADE),
                    ("role", frames.USE_ROLE),
                    ("idle", frames.IDLE_STATE),
                    ("urgency", URGENCY),
                    ("confidence", CONFIDENCE),
                )
            },
            "names": field_names(),
            "ownProposal": asdict(OWN_PROPOSAL),
            "words": self._words,
        }

    def _style(self, folder: Path, name: str) -> str:
        if isinstance(self._assets, Served):
            return f'<link rel="stylesheet" href="{_attribute(self._address(folder, name))}"{self._integrity(folder, name)}>'
        return f"<style>{self._later(self._css_with_images(folder, name))}</style>"

    def _script(self, folder: Path, name: str) -> str:
        if isinstance(self._assets, Served):
            address = _attribute(self._address(folder, name))
            return f'<script{self.nonce_attribute} src="{address}"{self._integrity(folder, name)}></script>'
        text = self._text(folder, name)
        if "</script" in text.lower() or "<!--" in text:
            raise _unusable(
                folder / name, Words("内容会提前结束脚本标签。", "Its text would end the script element early.")
            )
        return f"<script{self.nonce_attribute}>{self._later(text)}</script>"

    def _module(self, folder: Path, name: str) -> str:
        if isinstance(self._assets, Served):
            return self._address(folder, name)
        return self._later(_data_address("text/javascript", self._text(folder, name).encode()))

    def _address(self, folder: Path, name: str) -> str:
        """Give an address with the file's digest in it, so that a browser may keep the file for ever."""
        assert isinstance(self._assets, Served)
        base = self._assets.vendor if folder == self._vendor else self._assets.static
        digest = hashlib.sha256(self._bytes(folder, name)).hexdigest()[:12]
        return f"{base}/{name}?v={digest}"

    def _integrity(self, folder: Path, name: str) -> str:
        return f' integrity="{self._manifest[name]["integrity"]}"' if folder == self._vendor else ""

    def _css_with_images(self, folder: Path, name: str) -> str:
        def inside(found: re.Match[str]) -> str:
            target = found[1].strip("'\"")
            if target.startswith(("#", "data:")):
                return found[0]
            path = (Path(name).parent / target).as_posix()
            return f"url({_data_address('image/png', self._bytes(folder, path))})"

        return re.sub(r"url\(([^)]*)\)", inside, self._text(folder, name))

    def _text(self, folder: Path, name: str) -> str:
        return self._bytes(folder, name).decode("utf-8")

    def _bytes(self, folder: Path, name: str) -> bytes:
        """Read a file; a third-party one must be in the manifest and be what it was when it was fetched."""
        data = self._read(folder / name)
        if folder == self._vendor:
            digest = "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()
            if self._manifest.get(name, {}).get("integrity") != digest:
                raise _unusable(
                    folder / name,
                    Words(
                        "它不在清单里，或与清单的摘要不符。",
                        "It is not in the manifest, or differs from its digest there.",
                    ),
                )
        return data

    @staticmethod
    def _read(path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise _unusable(path, Words("读不到这个文件。", "It cannot be read.")) from error


def field_names() -> dict[str, dict[str, str]]:
    """Give the words of all that a finding may lack or a grade may count: tables, ``table.column``, ``zone.layer``, measures."""
    found: dict[str, dict[str, str]] = {name: asdict(measure.words) for name, measure in MEASURES.items()}
    found |= {f"zone.{code}": asdict(words) for code, words in frames.LAYER.items()}
    for table in frames.STOCK:
        found[table.name] = {"zh": table.zh, "en": table.en}
        found |= {f"{table.name}.{column.name}": {"zh": column.zh, "en": column.en} for column in table.columns}
    return found


def _unusable(path: Path, why: Words) -> SetupError:
    return SetupError(
        Words("地图页面的一个文件不能用。", "A file of the map page cannot be used."),
        at=path.as_posix(),
        why=why,
        mend=Words(
            "恢复 web 目录；第三方文件用 web/vendor/fetch.py 重取。",
            "Restore the folder web; web/vendor/fetch.py gets third-party files again.",
        ),
    )


def _pack(assets: Inlined) -> str:
    tiles = {key: base64.b64encode(data).decode() for key, data in sorted(assets.tiles.items())}
    details = {str(parcel_id): detail for parcel_id, detail in sorted(assets.details.items())}
    text = json.dumps({"tiles": tiles, "details": details}, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _data_address(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def script_json(value: object) -> str:
    """Write JSON that may stand inside a script element whatever the texts in it say."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


_FOREIGN: Final = re.compile(
    r"""(?:\b(?:src|href|srcset|action|data|poster)\s*=\s*["']?\s*|url\(\s*["']?|@import\s+["']?|\bfrom\s*["']|\bimport\s*\(?\s*["'])"""
    r"""(?P<address>(?:[a-z][a-z0-9+.-]*:)?//[^\s"'<>)]+)""",
    re.IGNORECASE,
)
_ANYWHERE: Final = re.compile(r"""(?:https?|wss?):\\?/\\?/[^\s"'<>);]+""", re.IGNORECASE)


def _refuse_foreign_hosts(html: str) -> None:
    """Refuse a page that would load from a foreign host: any address in it, apart from the policy's own image origins."""
    outside_policy = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    foreign = [match["address"] for match in _FOREIGN.finditer(outside_policy)] + _ANYWHERE.findall(outside_policy)
    if foreign:
        raise SetupError(
            Words("地图页面会向外部主机取文件。", "The map page would load from a foreign host."),
            at=", ".join(dict.fromkeys(foreign)),
            why=Words(
                "内网里取不到，外网里会泄露谁在看什么。",
                "An intranet has no such host, and elsewhere it would learn who looks at what.",
            ),
            mend=Words(
                "把文件放进 web/vendor（fetch.py），并改成本站地址。",
                "Put the file into web/vendor (fetch.py) and use our own address.",
            ),
        )
