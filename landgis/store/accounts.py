"""Accounts, sessions and tokens: kept by the owner of the tables, asked about by the application through functions that say no more."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import errors

from landgis.store import database
from landgis.store.audit import add_audit
from landgis.store.database import AsyncPool, Connection, refusals, told_at_once
from landgis.terms.accounts import Person
from landgis.terms.errors import ConflictError, NotFoundError, Words


@contextmanager
def _as_owner(conn: Connection) -> Iterator[None]:
    with database.scoped(conn, database.ALL_PARKS):
        conn.execute("SET LOCAL ROLE landgis_owner")
        yield


def unknown_parks(conn: Connection, codes: Sequence[str]) -> list[str]:
    """Give those of some codes that are no park of the stock, through an administrator's connection; ``*`` is none of them."""
    with database.scoped(conn, database.ALL_PARKS):
        known = {"*"} | {found["park_code"] for found in database.rows(conn, "parks_now")}
    return [code for code in codes if code not in known]


def add_account(
    conn: Connection,
    name: str,
    shown_name: str,
    role: str,
    park_codes: Sequence[str],
    kdf: str,
    salt: bytes,
    verifier: bytes,
) -> None:
    """Add an account, through an administrator's connection.

    Raises
    ------
    ConflictError
        An account has this name, or shows it.
    """
    try:
        with _as_owner(conn):
            database.row(
                conn, "account_add", called=name, shown_name=shown_name, role=role, park_codes=list(park_codes), kdf=kdf, salt=salt,
                verifier=verifier,
            )  # fmt: skip
            add_audit(conn, "account_add", park_codes, {"account": name, "role": role, "parks": list(park_codes)})
    except errors.UniqueViolation as error:
        raise ConflictError(
            Words("已有同名账号，或已有账号用这个姓名。", "An account has this name already, or shows it."),
            at=f"{name}, {shown_name}",
            why=Words("任务上的姓名须能认出一个人。", "A name on a case has to tell one person."),
            mend=Words("换一个名字，例如加上部门。", "Take another, with the office added."),
        ) from error


def change_account(
    conn: Connection,
    name: str,
    *,
    role: str | None = None,
    park_codes: Sequence[str] | None = None,
    password: tuple[str, bytes, bytes] | None = None,
    is_disabled: bool | None = None,
) -> None:
    """Change an account, through an administrator's connection; a new password (kdf, salt, verifier) or a stop ends its sessions.

    Raises
    ------
    NotFoundError
        There is no such account.
    """
    kdf, salt, verifier = password or (None, None, None)
    with _as_owner(conn):
        changed = database.row(
            conn, "account_change", called=name, role=role, park_codes=list(park_codes) if park_codes else None, kdf=kdf, salt=salt,
            verifier=verifier, is_disabled=is_disabled,
        )  # fmt: skip
        if changed is None:
            raise _no_account(name)
        noted = {
            "account": name,
            "role": role,
            "parks": list(park_codes) if park_codes else None,
            "password": bool(password) or None,
            "disabled": is_disabled,
        }
        add_audit(conn, "account_change", changed["park_codes"], noted)
        if password or is_disabled:
            conn.execute(database.statement("sessions_end"), {"account": changed["account"]})


def list_accounts(conn: Connection) -> list[dict[str, Any]]:
    """List the accounts: ``name, shown_name, role, park_codes, made_at, disabled_since, last_login_at, tokens`` (``label, ends_on``)."""
    with _as_owner(conn):
        return database.rows(conn, "accounts")


def add_token(conn: Connection, name: str, label: str, digest: bytes, days: int) -> Any:  # noqa: ANN401  a moment
    """Give an account a token for so many days; one of the same label is replaced. Gives when it ends.

    Raises
    ------
    NotFoundError
        There is no such account.
    """
    with _as_owner(conn):
        added = database.row(conn, "token_add", called=name, label=label, digest=digest, days=days)
        if added is None:
            raise _no_account(name)
        add_audit(conn, "token_add", added["park_codes"], {"account": name, "label": label})
    return added["ends_at"]


def end_token(conn: Connection, name: str, label: str) -> None:
    """End a token.

    Raises
    ------
    NotFoundError
        The account has no such token in force.
    """
    with _as_owner(conn):
        ended = database.row(conn, "token_end", called=name, label=label)
        if ended is None:
            raise NotFoundError(
                Words("没有这个有效的令牌。", "There is no such token in force."),
                at=f"{name} {label}",
                mend=Words("用 landgis account list 查看。", "`landgis account list` lists them."),
            )
        add_audit(conn, "token_end", ended["park_codes"], {"account": name, "label": label})


def has_accounts(conn: Connection) -> bool:
    """Tell whether there is any account, in use or not."""
    with refusals():
        found = database.row(conn, "has_accounts")
    return bool(found and found["has_accounts"])


def list_checkers(conn: Connection, park_code: str) -> list[str]:
    """List the names of those who may check cases in a park."""
    found = database.row(conn, "checkers", park=park_code)
    return list(found["names"]) if found else []


async def ask_has_accounts(pool: AsyncPool) -> bool:
    """Tell whether there is any account, in use or not."""
    return bool(await told_at_once(pool, "has_accounts"))


async def ask_salt(pool: AsyncPool, name: str, address: str) -> dict[str, Any]:
    """Ask how the key of a password is made: ``kdf, salt`` (hex); ``wait_s`` after too many failures; nothing for an unknown name."""
    return dict(await told_at_once(pool, "login_salt", called=name, address=address))


async def ask_login(
    pool: AsyncPool, name: str, address: str, key: bytes, digest: bytes, *, idle_s: int, life_s: int
) -> dict[str, Any]:
    """Begin a session: ``account`` where the key is right; ``wait_s`` after too many failures; nothing where it is wrong."""
    given = {"key": key, "digest": digest, "idle_s": idle_s, "life_s": life_s}
    return dict(await told_at_once(pool, "login", called=name, address=address, **given))


async def ask_change(
    pool: AsyncPool, own: bytes, address: str, key: bytes, kdf: str, salt: bytes, verifier: bytes
) -> dict[str, Any]:
    """Give the account of session `own` another password: ``account`` where the old one's key is right, else as `ask_login`."""
    given = {"key": key, "kdf": kdf, "salt": salt, "verifier": verifier}
    return dict(await told_at_once(pool, "change_password", own=own, address=address, **given))


async def ask_person(pool: AsyncPool, digest: bytes, *, is_seen: bool) -> Person | None:
    """Ask whose session or token it is; None where it is nobody's or over. One that is seen goes on."""
    found = await told_at_once(pool, "person_of", digest=digest, is_seen=is_seen)
    return Person(**found | {"park_codes": tuple(found["park_codes"])}) if found else None


async def ask_logout(pool: AsyncPool, digest: bytes) -> None:
    """End a session."""
    await told_at_once(pool, "logout", digest=digest)


def _no_account(name: str) -> NotFoundError:
    return NotFoundError(
        Words("没有这个账号。", "There is no such account."),
        at=name,
        mend=Words("用 landgis account list 查看。", "`landgis account list` lists them."),
    )
