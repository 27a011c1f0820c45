"""Connect, transact, run a named statement from `sql/queries`."""

import select
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import conninfo, errors, sql
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout

from landgis.terms.errors import ConflictError, InputError, StoreError, Words

Connection = psycopg.Connection[Any]
Pool = ConnectionPool[Connection]
AsyncPool = AsyncConnectionPool[psycopg.AsyncConnection[Any]]

_POOLED: Final = {"autocommit": True, "application_name": "landgis", "connect_timeout": 5}

#: Every park: the scope of the operator.
ALL_PARKS: Final = ("*",)


def sql_folder() -> Path:
    """Give the folder of SQL files: inside the installed package, or beside it in a checkout."""
    package = Path(str(resources.files("landgis")))
    inside = package / "sql"
    return inside if inside.is_dir() else package.parent / "sql"


@cache
def statement(name: str) -> bytes:
    """Give the text of ``sql/queries/<name>.sql``; parameters are psycopg's ``%(name)s``."""
    return (sql_folder() / "queries" / f"{name}.sql").read_bytes()


def connect(url: str) -> Connection:
    """Open one connection.

    Raises
    ------
    StoreError
        The database does not answer, or refuses us.
    """
    with refusals():
        return psycopg.connect(url, autocommit=True, connect_timeout=10, application_name="landgis")


def with_role(url: str, role: str) -> str:
    """Give the address of the same database on which every session starts as `role`."""
    given = conninfo.conninfo_to_dict(url)
    options = f"{given.get('options') or ''} -c role={role}".strip()
    return conninfo.make_conninfo(url, options=options)


def open_pool(url: str, *, size: int, timeout_s: float) -> Pool:
    """Open a pool of checked connections; waiting longer than `timeout_s` for one is a refusal, not a queue without end."""
    return ConnectionPool(
        url, min_size=1, max_size=size, timeout=timeout_s, open=True, check=_still_there, kwargs=_POOLED
    )


def async_pool(url: str, *, size: int, timeout_s: float) -> AsyncPool:
    """Give such a pool for an event loop, to be opened there."""
    return AsyncConnectionPool(
        url, min_size=1, max_size=size, timeout=timeout_s, open=False, check=_async_still_there, kwargs=_POOLED
    )


def _has_word(conn: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> bool:
    """Look whether an idle connection has something to say: one that lives has not, one whose server has gone has."""
    waiting = select.poll()
    waiting.register(conn.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def _still_there(conn: Connection) -> None:
    """Ask a connection whether it lives only if it has something to say."""
    if _has_word(conn):
        ConnectionPool.check_connection(conn)


async def _async_still_there(conn: psycopg.AsyncConnection[Any]) -> None:
    if _has_word(conn):
        await AsyncConnectionPool.check_connection(conn)


@contextmanager
def scoped(
    conn: Connection, parks: Sequence[str], *, timeout_s: float = 0, snapshot: bool = False
) -> Iterator[Connection]:
    """Run one transaction that sees these parks and no others.

    Parameters
    ----------
    parks
        Park codes; `ALL_PARKS` for the operator. Empty: nothing is seen.
    timeout_s
        A statement that takes longer is refused; 0 is no limit.
    snapshot
        Read everything as of one moment (REPEATABLE READ), for an assessment that reads table after table.

    Raises
    ------
    StoreError
        The database went away, is full, lacks our tables, or the time was up.
    """
    with refusals(), conn.transaction():
        settings = [sql.SQL("SET LOCAL landgis.parks = {}").format(sql.Literal(",".join(parks)))]
        if snapshot:
            settings.insert(0, sql.SQL("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").format())
        if timeout_s:
            settings.append(sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(int(timeout_s * 1000))))
        conn.execute(sql.SQL("; ").join(settings))  # one way to the server and back: a tile takes hardly longer
        yield conn


def act_as(conn: Connection, person: str) -> None:
    """Note what is written through a connection, until it is told another, under the name of an account."""
    conn.execute(sql.SQL("SET landgis.person = {}").format(sql.Literal(person)))


def rows(conn: Connection, name: str, **values: object) -> list[dict[str, Any]]:
    """Run a named statement; give its rows as dicts."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement(name), values).fetchall()


def row(conn: Connection, name: str, **values: object) -> dict[str, Any] | None:
    """Run a named statement that gives at most one row."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement(name), values).fetchone()


async def told_at_once(pool: AsyncPool, name: str, **values: object) -> Any:  # noqa: ANN401  one value of any SQL type
    """Run a named message of several statements; give the one value of the last.

    It goes to the server and back once, where a transaction around a query takes four journeys. The server makes one transaction
    of a message, so what its statements SET LOCAL ends with it.
    """
    with refusals():
        async with pool.connection() as conn, psycopg.AsyncClientCursor(conn) as cursor:
            await cursor.execute(statement(name), values)
            while cursor.nextset():
                pass
            (value,) = await cursor.fetchone() or (None,)
            return value


def refresh_statistics(conn: Connection) -> None:
    """Tell the planner what has just been added; outside the transaction that added it, so that nobody waits for both."""
    with refusals():
        conn.execute("SELECT api.refresh_statistics()")


@contextmanager
def refusals() -> Iterator[None]:
    """Say a database's refusal in our words; anything unforeseen passes as it is."""
    try:
        yield
    except errors.DiskFull as error:
        raise StoreError(
            Words(
                "数据库的磁盘已满，本次工作已整体撤回。", "The database's disk is full; the whole work was rolled back."
            ),
            why=Words("没有写入任何半截数据。", "Nothing half-written was left."),
            mend=Words("腾出磁盘空间后重做。", "Free some disk space and run it again."),
        ) from error
    except (
        errors.UndefinedTable,
        errors.InvalidSchemaName,
        errors.UndefinedColumn,
        errors.UndefinedFunction,
    ) as error:
        raise StoreError(
            Words("数据库缺少本版本需要的表。", "The database lacks tables this version needs."),
            at=str(error.diag.message_primary),
            mend=Words("先运行 landgis migrate。", "Run `landgis migrate` first."),
        ) from error
    except errors.QueryCanceled as error:
        raise StoreError(
            Words("查询超时，已中止。", "The query took too long and was stopped."),
            mend=Words("缩小范围后再试。", "Try a smaller extent."),
        ) from error
    except errors.InsufficientPrivilege as error:
        raise StoreError(
            Words("数据库不允许这项操作。", "The database does not allow this."),
            at=str(error.diag.message_primary),
            mend=Words("检查连接所用的角色与园区范围。", "Check the role of the connection and the park scope."),
        ) from error
    except (errors.LockNotAvailable, errors.SerializationFailure, errors.DeadlockDetected) as error:
        raise ConflictError(
            Words("同一园区正有另一项写入。", "Another write to the same park is under way."),
            mend=Words("稍后重试。", "Try again shortly."),
        ) from error
    except PoolTimeout as error:
        raise no_connection() from error
    except psycopg.DataError as error:
        if "NUL" not in str(error) and not isinstance(error, errors.UntranslatableCharacter):
            raise
        raise InputError(
            Words(
                "文字里有空字符（NUL），数据库存不下。", "A text holds the sign NUL, which the database cannot keep."
            ),
            mend=Words("去掉这个不可见的字符。", "Take that unseen sign away."),
        ) from error
    except psycopg.OperationalError as error:
        if "role " in str(error) and "does not exist" in str(error):
            raise StoreError(
                Words("数据库还没有建表。", "The database has not been set up yet."),
                at=str(error).strip().splitlines()[0],
                mend=Words("先运行 landgis migrate。", "Run `landgis migrate` first."),
            ) from error
        raise StoreError(
            Words("连不上数据库。", "The database cannot be reached."),
            at=str(error).strip().splitlines()[0] if str(error).strip() else "",
            why=Words("没有数据库就不能读写地块。", "Without it no parcel can be read or stored."),
            mend=Words(
                "运行 landgis db start，或检查 DATABASE_URL。", "Run `landgis db start`, or check DATABASE_URL."
            ),
        ) from error


def no_connection() -> StoreError:
    """Say that no connection came free."""
    return StoreError(
        Words("没有等到数据库连接。", "No database connection came free in time."),
        why=Words("数据库正忙，或没有运行。", "The database is busy, or away."),
        mend=Words(
            "稍后再试；若一直如此，用 landgis db status 查看数据库，或调大 LANDGIS_POOL_SIZE。",
            "Try again shortly; if it stays so, look at `landgis db status`, or raise LANDGIS_POOL_SIZE.",
        ),
    )
