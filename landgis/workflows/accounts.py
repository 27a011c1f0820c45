"""Accounts are kept, and people let in: passwords become keys, numbers become sessions and tokens; only digests are stored."""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from anyio import to_thread

from landgis.store import accounts
from landgis.store.database import AsyncPool, Connection
from landgis.terms.accounts import PASSWORD_MIN
from landgis.terms.errors import InputError, LoginError, TriesError, Words

#: 32 MB and a quarter of a second for each try.
_KDF: Final = "scrypt:32768:8:3"
_SALT_BYTES: Final = 16
#: A password longer than this is not one.
_PASSWORD_MAX: Final = 1024
#: Of 0 to 4: from here on more than 10⁸ guesses, which nobody has who is heard fifty times in a quarter of an hour.
_SCORE_LEAST: Final = 3
#: So many characters are scored; more take very long, and make it no easier to guess.
_SCORED_MOST: Final = 72
_BETTER: Final = Words(
    "几个不相干的词比符号更好记、更难猜。", "Some words that have nothing to do with each other do best."
)
_NAME: Final = re.compile(r"[^\s:,/]{1,64}")
_PARK: Final = re.compile(r"[^\s,*]{1,100}")


def add(conn: Connection, name: str, shown_name: str, role: str, parks: Sequence[str], password: str) -> dict[str, Any]:
    """Add an account, through an administrator's connection.

    Returns
    -------
    dict
        ``account, shown_name, role, parks``, and ``unknown_parks``: those that nothing is known of yet, as a slip of the pen has it.

    Raises
    ------
    InputError
        Name, parks or password cannot be taken.
    ConflictError
        An account has this name, or shows it.
    """
    called, shown = account_name(name), unicodedata.normalize("NFC", shown_name).strip()
    if not _is_name(called) or not 1 <= len(shown) <= 80 or not shown.isprintable():
        raise InputError(
            Words("账号或姓名不可用。", "The account's name or the name shown cannot be used."),
            at=f"{name}, {shown_name}",
            mend=Words("账号不含空格、冒号、逗号、斜线，至多 64 个字；姓名至多 80 个字。",
                       "No spaces, colons, commas or slashes, 64 characters at most; the name shown has 80 at most."),
        )  # fmt: skip
    codes = _checked(parks)
    accounts.add_account(conn, called, shown, role, codes, *_kept(password, called, shown))
    unknown = accounts.unknown_parks(conn, codes)
    return {"account": called, "shown_name": shown, "role": role, "parks": codes, "unknown_parks": unknown}


def set_password(conn: Connection, name: str, password: str) -> None:
    """Give an account another password, which ends its sessions."""
    called = account_name(name)
    accounts.change_account(conn, called, password=_kept(password, called))


def set_parks(conn: Connection, name: str, parks: Sequence[str]) -> dict[str, Any]:
    """Say which parks an account may see; give ``account, parks, unknown_parks`` as `add` does."""
    called, codes = account_name(name), _checked(parks)
    accounts.change_account(conn, called, park_codes=codes)
    return {"account": called, "parks": codes, "unknown_parks": accounts.unknown_parks(conn, codes)}


def set_role(conn: Connection, name: str, role: str) -> None:
    """Say what an account may do."""
    accounts.change_account(conn, account_name(name), role=role)


def disable(conn: Connection, name: str, is_disabled: bool = True) -> None:
    """Let an account in no more, which ends its sessions; or let it in again."""
    accounts.change_account(conn, account_name(name), is_disabled=is_disabled)


def make_token(conn: Connection, name: str, label: str, days: int) -> tuple[str, datetime]:
    """Make a token for a desktop program; give it, which nothing keeps, and when it ends."""
    secret = new_secret()
    return secret, accounts.add_token(conn, account_name(name), label, digest_of(secret), days)


def account_name(text: str) -> str:
    """Give the name of an account as it is kept: in small letters, whatever keyboard wrote it."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def new_secret() -> str:
    """Draw a number of 256 bits, as text."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> bytes:
    """Give the digest by which a session or a token is known: nobody guesses 256 bits, so it needs neither salt nor delay."""
    return hashlib.sha256(secret.encode()).digest()


async def log_in(pool: AsyncPool, name: str, password: str, address: str, *, idle_s: int, life_s: int) -> str:
    """Begin a session; give its number, which nothing keeps.

    The same work is done for a name that nobody has.

    Raises
    ------
    LoginError
        Name and password are not those of an account in use.
    TriesError
        Too many tries failed; it says when to come again.
    """
    called = account_name(name)
    if not _is_name(called) or len(password) > _PASSWORD_MAX:
        called = "\N{REPLACEMENT CHARACTER}"  # nobody is called so, and the try is counted
    key = await _asked_key(pool, called, password, address)
    secret = new_secret()
    begun = await accounts.ask_login(pool, called, address, key, digest_of(secret), idle_s=idle_s, life_s=life_s)
    if "wait_s" in begun:
        raise _too_many(begun["wait_s"])
    if "account" not in begun:
        raise LoginError(
            Words("账号或口令不对。", "The name or the password is wrong."),
            mend=Words("请再试；忘记时请管理员重设口令。", "Try again; the administrator can set another password."),
        )
    return secret


async def change_password(pool: AsyncPool, name: str, secret: str, old: str, new: str, address: str) -> None:
    """Give a person another password, who knows the old one; the other sessions of the account end, this one and its tokens do not.

    Parameters
    ----------
    name, secret
        The account, and the number of the session in which it is asked.

    Raises
    ------
    InputError
        The new password cannot be taken, or is the old one.
    LoginError
        The old password is wrong.
    TriesError
        Too many tries failed, here or at the login; it says when to come again.
    """
    if new == old:
        raise InputError(
            Words("新口令与旧口令相同。", "The new password is the old one."),
            mend=Words("换一个。", "Take another."),
        )
    kept = await to_thread.run_sync(_kept, new, account_name(name))
    key = await _asked_key(pool, account_name(name), old, address)
    changed = await accounts.ask_change(pool, digest_of(secret), address, key, *kept)
    if "wait_s" in changed:
        raise _too_many(changed["wait_s"])
    if "account" not in changed:
        raise LoginError(
            Words("当前口令不对，口令没有改变。", "The current password is wrong; nothing was changed."),
            mend=Words("请再试；忘记时请管理员重设口令。", "Try again; the administrator can set another password."),
        )


async def _asked_key(pool: AsyncPool, called: str, password: str, address: str) -> bytes:
    """Make the key of a password as the account's keys are made; the same work is done for a name that nobody has.

    Raises
    ------
    TriesError
        Too many tries failed.
    """
    told = await accounts.ask_salt(pool, called, address)
    if "wait_s" in told:
        raise _too_many(told["wait_s"])
    salt = bytes.fromhex(told["salt"]) if told else bytes(_SALT_BYTES)
    kdf = told["kdf"] if told else _KDF
    return await to_thread.run_sync(_key, password[:_PASSWORD_MAX], kdf, salt)


def _is_name(called: str) -> bool:
    return bool(_NAME.fullmatch(called)) and called.isprintable()


def _checked(parks: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(parks))
    if not found or (found != ["*"] and not all(_PARK.fullmatch(code) for code in found)):
        raise InputError(
            Words("没有给出园区，或园区代码不可用。", "No park is given, or its code cannot be used."),
            at=",".join(parks),
            mend=Words(
                "写园区代码，以逗号分隔；* 表示全部。", "Write the parks' codes with commas between; * for all."
            ),
        )
    return found


def _kept(password: str, *known: str) -> tuple[str, bytes, bytes]:
    """Give what is kept of a password: how its key is made, and the digest of that key; whoever guesses begins with what is `known`."""
    if not PASSWORD_MIN <= len(password) <= _PASSWORD_MAX:
        raise InputError(
            Words(f"口令至少 {PASSWORD_MIN} 个字符。", f"A password has {PASSWORD_MIN} characters at least."),
            mend=_BETTER,
        )
    # It is imported where a password is set: its lists of common passwords, names and words are nothing for who lists accounts.
    from zxcvbn import zxcvbn

    if zxcvbn(password[:_SCORED_MOST], user_inputs=list(known))["score"] < _SCORE_LEAST:
        raise InputError(
            Words("口令太容易被猜中。", "This password is too easily guessed."),
            why=Words(
                "它含常用口令、姓名、账号、日期或键盘上的一串键。",
                "It is made of common passwords, names, the account's name, dates or keys in a row.",
            ),
            mend=_BETTER,
        )
    salt = secrets.token_bytes(_SALT_BYTES)
    return _KDF, salt, hashlib.sha256(_key(password, _KDF, salt)).digest()


def _key(password: str, kdf: str, salt: bytes) -> bytes:
    n, r, p = map(int, kdf.removeprefix("scrypt:").split(":"))
    text = unicodedata.normalize("NFKC", password).encode()
    return hashlib.scrypt(text, salt=salt, n=n, r=r, p=p, maxmem=2 * 128 * n * r, dklen=32)


def _too_many(wait_s: int) -> TriesError:
    minutes = -(-wait_s // 60)
    return TriesError(
        Words("登录失败次数过多。", "Too many logins failed."),
        wait_s=wait_s,
        why=Words("防止有人猜口令。", "Somebody may be guessing passwords."),
        mend=Words(f"请 {minutes} 分钟后再试。", f"Try again in {minutes} minutes."),
    )
