"""A real PostGIS for every test that needs one: one private cluster a session, a fresh copy of the migrated database a test."""

import itertools
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright
from psycopg import conninfo

from landgis.api.app import create_app
from landgis.core.planning import sites
from landgis.sample import make_city, write_city
from landgis.settings import Settings
from landgis.store import database
from landgis.store.cluster import Cluster, find_binaries
from landgis.store.migrate import migrate
from landgis.workflows.assess import assess
from landgis.workflows.ingest import ingest

# What is compiled for plans is kept beside its source: a home is another one in every test.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(sites.__file__).parent / "__pycache__"))

# A busy machine is no failure: no time limit decides a test. The same cases are drawn every time, so that a change is judged by itself;
# `pytest --hypothesis-profile=searching` draws new ones.
_ALWAYS = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "print_blob": True}
settings.register_profile("landgis", derandomize=True, database=None, **_ALWAYS)
settings.register_profile("searching", **_ALWAYS)
settings.load_profile("landgis")

NEEDS_DATABASE = ("store", "sql", "workflows", "api", "journey", "browser", "real")
SAMPLE_DAY = date(2026, 6, 30)
RULES = ("cn-idle-2012", "dongyang-2021", "cn-zombie", "huangyan-2022", "cn-triage")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by folder: who stands beside a door needs what is behind it."""
    for item in items:
        room = (
            item.path.relative_to(Path(__file__).parent).parts[0]
            if item.path.is_relative_to(Path(__file__).parent)
            else ""
        )
        if room in NEEDS_DATABASE:
            item.add_marker(pytest.mark.db)
        if room in ("browser", "real"):
            item.add_marker(getattr(pytest.mark, room))


@dataclass(frozen=True)
class Database:
    """One database of the test cluster: its address for the administrator and for the application."""

    admin_url: str
    app_url: str


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Give a cluster in a short folder that the user a root-run server drops to can enter."""
    home = Path(tempfile.mkdtemp(prefix="lgtest-", dir="/tmp"))
    home.chmod(0o755)
    served = Cluster(home, find_binaries(Settings().home, Settings().pg_bin).folder)
    served.start()
    with psycopg.connect(served.admin_url, autocommit=True) as conn:
        # No test pulls the plug of the machine: nothing needs to reach the disk. A server that is killed loses nothing by it.
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            conn.execute(f"ALTER SYSTEM SET {name} = off")
        conn.execute("SELECT pg_reload_conf()")
    socket = Path(conninfo.conninfo_to_dict(served.admin_url)["host"])
    try:
        yield served
    finally:
        served.stop()
        shutil.rmtree(socket, ignore_errors=True)
        shutil.rmtree(home)


class Databases:
    """Makes databases as copies of others, file by file: a twentieth of a second each."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._numbers = itertools.count(1)

    def copy(self, template: str) -> tuple[str, Database]:
        """Copy a database that nobody is connected to."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.cluster.url("landgis", "postgres"), autocommit=True) as conn:
            conn.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return name, Database(self.cluster.url("landgis", name), self.cluster.url("landgis_app", name))

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        with psycopg.connect(self.cluster.url("landgis", "postgres"), autocommit=True) as conn:
            conn.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def databases(cluster: Cluster) -> Databases:
    """Give the maker of databases; ``landgis`` is migrated and empty."""
    with database.connect(cluster.admin_url) as conn:
        migrate(conn)
    return Databases(cluster)


@pytest.fixture
def fresh(databases: Databases) -> Iterator[Database]:
    """Give a migrated, empty database."""
    name, made = databases.copy("landgis")
    yield made
    databases.drop(name)


@pytest.fixture
def conn(fresh: Database) -> Iterator[psycopg.Connection]:
    """Give a connection of the application's role to a migrated, empty database."""
    with database.connect(fresh.app_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def city():
    """Give the sample city of six hundred parcels with its answer key."""
    return make_city(parcels=600, parks=4, seed=20260630, on=SAMPLE_DAY, origin=(115.2, 33.0))


@pytest.fixture(scope="session")
def city_file(city, tmp_path_factory) -> Path:
    """Give the sample city as a file."""
    path = tmp_path_factory.mktemp("city") / "city.gpkg"
    write_city(city, path)
    return path


@pytest.fixture(scope="session")
def assessed_city(databases: Databases, city_file: Path) -> Iterator[SimpleNamespace]:
    """Give a database with the sample city that nobody is connected to, to be copied: its ``name``, ``ingested``, ``assessed``."""
    name, made = databases.copy("landgis")
    with database.connect(made.app_url) as opened:
        ingested = ingest(opened, [city_file], "landgis-template")
        assessed = assess(opened, None, RULES, SAMPLE_DAY)
    yield SimpleNamespace(name=name, ingested=ingested, assessed=assessed)
    databases.drop(name)


@pytest.fixture(scope="module")
def sample(databases: Databases, assessed_city: SimpleNamespace) -> Iterator[SimpleNamespace]:
    """Give a module its own database with the sample city, ingested and assessed: ``admin_url, app_url, ingested, assessed``."""
    name, made = databases.copy(assessed_city.name)
    yield SimpleNamespace(
        admin_url=made.admin_url,
        app_url=made.app_url,
        ingested=assessed_city.ingested,
        assessed=assessed_city.assessed,
    )
    databases.drop(name)


@dataclass(frozen=True)
class Service:
    """A running service: its address and the application behind it."""

    url: str
    app: FastAPI


@contextmanager
def serving(app: FastAPI) -> Iterator[Service]:
    """Serve an application on a free port of this machine until the block ends."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", server_header=False, proxy_headers=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.started
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Service(f"http://127.0.0.1:{port}", app)
    server.should_exit = True
    thread.join(timeout=30)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def service(sample, tmp_path_factory) -> Iterator[Service]:
    """Give the service on the sample city, all parks in scope; what is asked of it is queued, and nobody works on it."""
    settings = Settings(inbox=tmp_path_factory.mktemp("inbox"))
    with serving(create_app(settings, sample.app_url)) as running:
        yield running


#: No graphics card, no WebGL, nothing Chromium asks of its maker at start.
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-webgl", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give Debian's Chromium, or the one `LANDGIS_CHROMIUM` names; one for all, because a process can drive only one."""
    path = os.environ.get("LANDGIS_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield launched
        launched.close()
