"""A private cluster for the benches, and empty, migrated databases in it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import conninfo

from landgis.store import database
from landgis.store.cluster import Cluster, find_binaries
from landgis.store.migrate import migrate
from tests.bench.measuring import ROOT


@contextmanager
def private_cluster() -> Iterator[Cluster]:
    """Start a cluster with one migrated database; stop it and leave nothing."""
    home = Path(tempfile.mkdtemp(prefix="lgbench-", dir="/tmp"))
    home.chmod(0o755)
    cluster = Cluster(home, _binaries())
    cluster.start()
    socket = Path(conninfo.conninfo_to_dict(cluster.admin_url)["host"])
    try:
        with database.connect(cluster.admin_url) as conn:
            migrate(conn)
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(socket, ignore_errors=True)
        shutil.rmtree(home)


def fresh(cluster: Cluster, name: str) -> None:
    """Make a database anew as a copy of the empty, migrated one."""
    with psycopg.connect(cluster.url("landgis", "postgres"), autocommit=True) as conn:
        conn.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        conn.execute(f'CREATE DATABASE "{name}" TEMPLATE landgis')


def versions() -> str:
    """Say which PostgreSQL and PostGIS it is."""
    found = find_binaries(ROOT, _binaries())
    return f"PostgreSQL {found.major}, PostGIS {found.postgis}"


def _binaries() -> Path | None:
    return Path(os.environ["LANDGIS_PG_BIN"]) if os.environ.get("LANDGIS_PG_BIN") else None
