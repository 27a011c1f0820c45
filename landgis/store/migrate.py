"""Bring a database to the schema in `sql/`."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from procrastinate.schema import SchemaManager

from landgis.store.cluster import POSTGIS_MIN
from landgis.store.database import Connection, refusals, sql_folder
from landgis.terms.errors import StoreError, Words

_QUEUE: Final = "procrastinate/"
_LOCK: Final = 0x1A4D615  # held for the whole migration: two starters at once go one after the other


@dataclass(frozen=True)
class Migrated:
    """What a migration did: the files applied now, and all that stand."""

    applied: tuple[str, ...]
    standing: tuple[str, ...]
    postgis: str


def migrate(conn: Connection) -> Migrated:
    """Apply what is new in one transaction; make schema ``api`` again from its files; grant.

    Parameters
    ----------
    conn
        A connection of an administrator: may create roles, schemas and (once) the PostGIS extension.

    Raises
    ------
    StoreError
        PostGIS is missing or too old, or a file that was applied has changed since.
    """
    folder = sql_folder()
    with refusals(), conn.transaction():
        conn.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        conn.execute("SET LOCAL client_min_messages = warning")
        postgis = _extensions(conn)
        _run(conn, folder / "roles.sql")
        conn.execute("SET LOCAL ROLE landgis_owner")
        conn.execute(
            "CREATE TABLE IF NOT EXISTS land.migration"
            " (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        conn.execute("DROP SCHEMA IF EXISTS api CASCADE")
        applied = (*_apply(conn, sorted((folder / "migrations").glob("*.sql"))), *_apply_queue(conn))
        conn.execute("CREATE SCHEMA api")
        for kind in ("functions", "views"):
            for path in sorted((folder / kind).glob("*.sql")):
                _run(conn, path)
        conn.execute("SET LOCAL ROLE NONE")
        _run(conn, folder / "privileges.sql")
        standing = tuple(name for (name,) in conn.execute("SELECT name FROM land.migration ORDER BY name").fetchall())
    return Migrated(applied, standing, postgis)


def pending(conn: Connection) -> list[str]:
    """List the migrations this database still lacks."""
    files = [path.name for path in sorted((sql_folder() / "migrations").glob("*.sql"))] + _queue_steps()
    with refusals():
        if not _one(conn, "SELECT to_regclass('land.migration') IS NOT NULL"):
            return files
        standing = {name for (name,) in conn.execute("SELECT name FROM land.migration").fetchall()}
    return [name for name in files if name not in standing]


def _extensions(conn: Connection) -> str:
    for name in ("postgis", "btree_gist"):
        if _one(conn, "SELECT count(*) FROM pg_available_extensions WHERE name = %s", name) == 0:
            raise StoreError(
                Words(f"数据库服务器没有安装扩展 {name}。", f"The database server has no extension {name}."),
                mend=Words(
                    "在服务器上安装 PostGIS ≥ 3.3 与 contrib。", "Install PostGIS ≥ 3.3 and contrib on the server."
                ),
            )
    conn.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    conn.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    version = str(_one(conn, "SELECT extversion FROM pg_extension WHERE extname = 'postgis'"))
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < POSTGIS_MIN:
        least = ".".join(map(str, POSTGIS_MIN))
        raise StoreError(
            Words(f"PostGIS {version} 太旧。", f"PostGIS {version} is too old."),
            mend=Words(f"升级到 PostGIS ≥ {least}。", f"Update to PostGIS ≥ {least}."),
        )
    return version


def _apply(conn: Connection, paths: list[Path]) -> list[str]:
    standing = dict(conn.execute("SELECT name, sha256 FROM land.migration").fetchall())
    applied = []
    for path in paths:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        if path.name in standing:
            if standing[path.name] != sha256:
                raise StoreError(
                    Words("已执行过的迁移文件被改动。", "A migration that was applied has been changed."),
                    at=f"sql/migrations/{path.name}",
                    why=Words("数据库与文件不再一致。", "The database and its files no longer agree."),
                    mend=Words(
                        "恢复原文件，把改动写进新的迁移。", "Restore the file and put the change into a new migration."
                    ),
                )
            continue
        _run(conn, path)
        conn.execute("INSERT INTO land.migration (name, sha256) VALUES (%s, %s)", [path.name, sha256])
        applied.append(path.name)
    return applied


def _apply_queue(conn: Connection) -> list[str]:
    """Bring the tables of the job queue, which are procrastinate's own, to the version that is installed."""
    standing = {name for (name,) in conn.execute("SELECT name FROM land.migration").fetchall()}
    steps = [name for name in _queue_steps() if name not in standing]
    conn.execute("CREATE SCHEMA IF NOT EXISTS queue")
    conn.execute("SET LOCAL search_path = queue, public")
    if _one(conn, "SELECT to_regclass('queue.procrastinate_jobs') IS NULL"):
        conn.execute(SchemaManager.get_schema().encode())
    else:
        for name in steps:
            _run(conn, Path(SchemaManager.get_migrations_path()) / name.removeprefix(_QUEUE))
    conn.execute("RESET search_path")
    for name in steps:
        conn.execute("INSERT INTO land.migration (name, sha256) VALUES (%s, '')", [name])
    return steps


def _queue_steps() -> list[str]:
    folder = Path(SchemaManager.get_migrations_path())
    return [_QUEUE + path.name for path in sorted(folder.glob("*.sql"))]


def _run(conn: Connection, path: Path) -> None:
    conn.execute(path.read_bytes())


def _one(conn: Connection, query: str, *values: object) -> Any:  # noqa: ANN401  one value of any SQL type
    found = conn.execute(query.encode(), values).fetchone()
    return found[0] if found else None
