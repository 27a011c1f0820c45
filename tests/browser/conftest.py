"""A real Chromium before the real service: every page is watched, and whatever it complains of fails its test."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from landgis.api.app import create_app
from landgis.sample import make_city, write_city
from landgis.settings import Settings
from landgis.store import database
from landgis.workflows.assess import assess
from landgis.workflows.ingest import ingest
from tests.conftest import RULES, SAMPLE_DAY, Databases

#: Names a file may bring. None of them may run; `window.ran` would tell.
HOSTILE = (
    '<img src=x onerror="window.ran=1">',
    "</script><script>window.ran=2</script>",
    "`+(window.ran=3)+`${window.ran=3}",
    "a'b\"c\\",
)
HOSTILE_PARCELS = tuple(f"{number}号{name}" for number, name in enumerate(HOSTILE))
#: So long a page may take for what is waited for: a busy machine is no failure.
PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def serving(app_url: str, **settings: Any) -> Iterator[str]:
    """Run the service on a free port of this machine; give its address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        app = create_app(Settings(**settings), app_url)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                thread.join(0.02)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def service(sample: SimpleNamespace) -> Iterator[str]:
    """Give the address of a service over the sample city."""
    with serving(sample.app_url, tile_timeout_s=30) as address:
        yield address


@pytest.fixture(scope="session")
def hostile_service(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a service over a small city where park, parcels, owners and enterprises bear hostile names."""
    city = make_city(parcels=400, parks=1, seed=7, on=SAMPLE_DAY, origin=(115.2, 33.0))
    parcel, enterprise = city.frames["parcel"], city.frames["enterprise"]
    renamed = dict(zip(parcel["parcel_no"].unique(), HOSTILE_PARCELS, strict=False))
    for frame in city.frames.values():
        if "parcel_no" in frame:
            frame["parcel_no"] = frame["parcel_no"].replace(renamed)
    parcel["owner_name"] = parcel["location"] = HOSTILE[0]
    enterprise["name"] = [HOSTILE[row % len(HOSTILE)] for row in range(len(enterprise))]
    city.frames["park"]["name"] = HOSTILE[1]
    path = tmp_path_factory.mktemp("hostile") / "<img src=x onerror=window.ran=5>.gpkg"
    write_city(city, path)
    name, made = databases.copy("landgis")
    with database.connect(made.app_url) as conn:
        ingest(conn, [path], "landgis-template")
        assess(conn, None, RULES, SAMPLE_DAY)
    with serving(made.app_url, tile_timeout_s=30) as address:
        yield address
    databases.drop(name)


@dataclass
class Watched:
    """A page and what it complained of: errors of its console and scripts, and requests to other hosts."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self._complain(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "willReadFrequently" not in text:  # it is the tests that read pixels back
            self.complaints.append(text)

    def _asked(self, url: str) -> None:
        self.requests.append(url)
        own = urlsplit(self.address)
        asked = urlsplit(url)
        if asked.scheme not in ("data", "blob") and (asked.scheme, asked.netloc) != (own.scheme, own.netloc):
            self.foreign.append(url)

    def settle(self) -> None:
        """Wait until the map has its tiles."""
        self.page.wait_for_selector("body[data-ready]", state="attached")
        self.page.wait_for_selector("#loading", state="hidden")

    def renew(self, address: str) -> Self:
        """Watch for another address, as if nothing had been seen yet."""
        self.address, self.complaints, self.foreign, self.requests = address, [], [], []
        return self

    def wipe(self, *, is_offline: bool) -> None:
        """Leave the browser as one that has never been anywhere; only its cache stays."""
        context = self.page.context
        if self.page.url.startswith("http"):
            self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        self.page.unroute_all()
        self.page.goto("about:blank")
        self.page.mouse.move(-1, -1)
        for other in context.pages[1:]:
            other.close()
        context.clear_cookies()
        context.set_offline(is_offline)


Lend = Callable[..., AbstractContextManager[Watched]]


@pytest.fixture(scope="session")
def lend(browser: Browser) -> Lend:
    """Give a function that lends a page and takes it back: a page of a new context costs three times the work of one that was open."""
    idle: dict[tuple[tuple[str, Any], ...], list[Watched]] = {}

    @contextmanager
    def lend(address: str, *, width: int = 1366, height: int = 768, **context: Any) -> Iterator[Watched]:
        kept = idle.setdefault(tuple(sorted(context.items())), [])
        if kept:
            found = kept.pop().renew(address)
        else:
            page = browser.new_context(**context).new_page()
            page.set_default_timeout(PATIENCE_MS)
            found = Watched(page, address)
        found.page.set_viewport_size({"width": width, "height": height})
        yield found
        found.wipe(is_offline=context.get("offline", False))
        kept.append(found)

    return lend


@pytest.fixture
def watched(lend: Lend) -> Iterator[Callable[..., Watched]]:
    """Give a function that opens an address and watches the page; complaints fail the test unless it takes them away itself."""
    opened: list[Watched] = []
    with ExitStack() as lent:

        def open_page(address: str, **context: Any) -> Watched:
            found = lent.enter_context(lend(address, **context))
            opened.append(found)
            found.page.goto(address)
            found.settle()
            return found

        yield open_page
    assert [(one.complaints, one.foreign) for one in opened if one.complaints or one.foreign] == []


@pytest.fixture
def map_page(watched: Callable[..., Watched], service: str) -> Page:
    """Give the map of the sample city, in Chinese."""
    return watched(f"{service}/map").page


@pytest.fixture(scope="session")
def screenshots() -> Path | None:
    """Give the folder for pictures of what was seen, if `LANDGIS_SCREENSHOTS` names one."""
    folder = os.environ.get("LANDGIS_SCREENSHOTS")
    return Path(folder) if folder else None
