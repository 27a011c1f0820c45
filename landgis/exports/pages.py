"""The pages beside the map: one frame, one way about, the same modules, words and dark side; nothing of a foreign host.

A page is a template of ``web/templates/pages`` in the frame, a module of ``web/static/pages`` that fills it, and a file of words. What
the page knows of the service reaches the browser as JSON in a data block; everything else it asks of the API.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import jinja2
from markupsafe import Markup

from landgis.exports.map import LANGUAGE_TAGS, PAINTS, Language, field_names, script_json
from landgis.terms import frames
from landgis.terms.accounts import PASSWORD_MIN
from landgis.terms.audit import NOTED
from landgis.terms.errors import LandgisError, SetupError, Words
from landgis.terms.reasons import OWN_PROPOSAL
from landgis.terms.units import M2_PER_HA, M2_PER_MU

PageName = Literal["audit", "cases", "cockpit", "import", "jobs"]

#: Codes whose words the pages show.
_CODES: Final = {
    "answer": frames.ANSWER,
    "finding": frames.FINDING,
    "grade": frames.GRADE,
    "stock_class": frames.STOCK_CLASS,
    "noted": NOTED,
    "track": frames.TRACK,
}
#: By what names the modules import each other: those of the map, and those of the pages.
_FOLDERS: Final = ("", "pages")
#: What of the map's a page shows too: its styles and its words.
_STYLES: Final[Mapping[str, tuple[str, ...]]] = {"cases": ("cases.css",)}
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {"cases": ("cases.words.json",)}
_LEAFLET: Final = "leaflet/dist/leaflet"


@dataclass(frozen=True)
class Place:
    """Where a page stands: its name, language, for which role, whether it draws a map, and what its modules read at start.

    What the role may not do is not offered; None where no login is asked for.
    """

    name: PageName
    language: Language
    given: Mapping[str, Any]
    role: str | None = None
    has_map: bool = False


def render_page(place: Place, *, web: Path, nonce: str) -> str:
    """Give a page as HTML.

    Parameters
    ----------
    place
        Which page, and what it is told.
    web
        The folder of what the browser gets.
    nonce
        The one of the content policy sent with this very page.

    Raises
    ------
    SetupError
        A file of ``web`` is missing.
    """
    shelf = _Shelf(web)
    words = shelf.words(place.name)
    view = {
        "page": place.name,
        "role": place.role,
        "language": place.language,
        "languageTags": LANGUAGE_TAGS,
        "words": words,
        "units": {"m2PerMu": float(M2_PER_MU), "m2PerHa": M2_PER_HA},
        "paints": {answer: asdict(paint) for answer, paint in PAINTS.items()},
        "codes": {
            name: {code: asdict(one) for code, one in domain.items()} for name, domain in _CODES.items()
        },
        "ownProposal": asdict(OWN_PROPOSAL),
        "names": field_names() if place.has_map else {},
        **place.given,
    }  # fmt: skip
    return (
        _templates(web)
        .get_template(f"{place.name}.html")
        .render(
            t=lambda key: words[key][place.language],
            language=place.language,
            language_tag=LANGUAGE_TAGS[place.language],
            page=place.name,
            nonce=nonce,
            view=Markup(script_json(view)),
            modules=Markup(script_json({"imports": shelf.modules()})),
            styles=[
                shelf.address("static", name) for name in ("tokens.css", "pages/page.css", *_STYLES.get(place.name, ()))
            ],
            leaflet=shelf.leaflet() if place.has_map else None,
        )
    )


def render_login(
    following: str,
    called: str,
    refused: LandgisError | None,
    request_id: str,
    *,
    language: Language,
    web: Path,
    nonce: str,
) -> str:
    """Give the page that asks for name and password: a form that needs no script.

    Parameters
    ----------
    following
        The address it leads to.
    called, refused, request_id
        The name of the last try, why it was refused and its number in the log; empty and None before the first.
    web, nonce
        As for `render_page`.

    Raises
    ------
    SetupError
        A file of ``web`` is missing.
    """
    return _asking(
        "login", language, web, nonce, following=following, called=called, refused=refused, request_id=request_id
    )


def render_password(
    following: str,
    account: str,
    refused: LandgisError | None,
    request_id: str,
    *,
    is_changed: bool,
    language: Language,
    web: Path,
    nonce: str,
) -> str:
    """Give the page on which a person changes the own password: a form that needs no script.

    Parameters
    ----------
    following
        The address it leads to in the end.
    account
        Whose password it is, for the browser's store of passwords.
    refused, request_id
        Why the last try was refused and its number in the log; None before the first.
    is_changed
        Whether it is done.
    web, nonce
        As for `render_page`.

    Raises
    ------
    SetupError
        A file of ``web`` is missing.
    """
    return _asking(
        "password", language, web, nonce, following=following, called=account, refused=refused, request_id=request_id,
        is_changed=is_changed, least=PASSWORD_MIN,
    )  # fmt: skip


def _asking(
    name: str, language: Language, web: Path, nonce: str, *, refused: LandgisError | None, **given: object
) -> str:
    shelf = _Shelf(web)
    words = shelf.words("login")
    return (
        _templates(web)
        .get_template(f"{name}.html")
        .render(
            name=name,
            t=lambda key: words[key][language],
            language=language,
            language_tag=LANGUAGE_TAGS[language],
            nonce=nonce,
            said=refused.text(language).splitlines() if refused else [],
            tokens=shelf.address("static", "tokens.css"),
            style=shelf.address("static", "pages/page.css"),
            **given,
        )
    )


def _templates(web: Path) -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(web / "templates" / "pages")
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)


class _Shelf:
    """The files of ``web`` by addresses that hold their digest, so that a browser may keep them for ever."""

    def __init__(self, web: Path) -> None:
        self._web = web

    def words(self, page: str) -> dict[str, dict[str, str]]:
        """Give the words of a page: those of the map, of the frame, of jobs, and its own, the last to say a thing being right."""
        found: dict[str, dict[str, str]] = {}
        for name in (
            "words.json",
            "places.words.json",
            "session.words.json",
            *_WORDS.get(page, ()),
            "pages/frame.words.json",
            "pages/told.words.json",
            f"pages/{page}.words.json",
        ):
            found |= json.loads(self._bytes(f"static/{name}"))
        return found

    def modules(self) -> dict[str, str]:
        """Give the address of every module by the name under which it is imported."""
        static = self._web / "static"
        return {
            f"landgis/{path.relative_to(static).as_posix()}": self.address(
                "static", path.relative_to(static).as_posix()
            )
            for folder in _FOLDERS
            for path in sorted((static / folder).glob("*.js"))
        }

    def leaflet(self) -> dict[str, str]:
        """Give the addresses of Leaflet's script and style, with what they must be."""
        manifest = json.loads(self._bytes("vendor/manifest.json"))
        return {
            f"{kind}{what}": value
            for kind in ("js", "css")
            for what, value in (
                ("", self.address("vendor", f"{_LEAFLET}.{kind}")),
                ("_integrity", manifest[f"{_LEAFLET}.{kind}"]["integrity"]),
            )
        }

    def address(self, folder: str, name: str) -> str:
        digest = hashlib.sha256(self._bytes(f"{folder}/{name}")).hexdigest()[:12]
        return f"/{folder}/{name}?v={digest}"

    def _bytes(self, name: str) -> bytes:
        path = self._web / name
        try:
            return path.read_bytes()
        except OSError as error:
            raise SetupError(
                Words("页面的一个文件读不到。", "A file of a page cannot be read."),
                at=path.as_posix(),
                mend=Words("恢复 web 目录。", "Restore the folder web."),
            ) from error
