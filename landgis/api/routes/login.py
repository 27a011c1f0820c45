"""The way in and out: a page with a form, which scripts may send too, and who is logged in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from landgis.api.context import Outside
from landgis.api.entrance import COOKIE, Door, address_of, is_https, session_of
from landgis.api.problems import request_id
from landgis.api.routes.jobs import from_own_page
from landgis.api.routes.pages import Lang
from landgis.store import accounts
from landgis.store.database import no_connection
from landgis.terms.errors import AccessError, InputError, LandgisError, LoginError, TriesError, Words
from landgis.workflows import workspace
from landgis.workflows.accounts import change_password, digest_of, log_in

router = APIRouter(tags=["login"])

_FORM_MOST_BYTES = 16_384
_HOME = "/map"


class Session(BaseModel):
    """Who is logged in; all null where the service asks for no login."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {"account": "li", "shown_name": "示例经办人", "role": "manager", "park_codes": ["S01"], "ends_s": 3600}
            ]
        }
    }

    account: str | None
    shown_name: str | None
    role: str | None = Field(description="reader, manager or checker.")
    park_codes: list[str]
    ends_s: int | None = Field(description="Seconds until it ends, if nothing is asked meanwhile.")


@router.get("/api/session")
async def session(here: Outside) -> Session:
    """Say who is logged in, and which parks are shown."""
    who = here.person
    if who is None:
        return Session(account=None, shown_name=None, role=None, park_codes=list(here.scope), ends_s=None)
    return Session(
        account=who.account, shown_name=who.shown_name, role=who.role, park_codes=list(here.scope), ends_s=who.ends_s
    )  # fmt: skip


@router.get("/login", include_in_schema=False)
async def login_page(
    here: Outside,
    request: Request,
    next: Annotated[str, Query(max_length=8000)] = _HOME,
    lang: Lang = None,
) -> Response:
    """Ask for name and password."""
    door: Door = request.app.state.door
    following = _own_address(next)
    if not await door.asks():
        return RedirectResponse(_in_language(following, lang), 303)
    return _page(here, request, _in_language(following, lang), lang or _language_of(following))


@router.post("/login", include_in_schema=False, dependencies=[Depends(from_own_page)])
async def log_in_by_form(here: Outside, request: Request) -> Response:
    """Let a person in and lead to where he or she was going; a script that sends the form is told by the status alone."""
    door: Door = request.app.state.door
    form = await _form(request)
    settings, wants_page = here.settings, "text/html" in request.headers.get("accept", "")
    try:
        async with _key_turn(here, door):
            secret = await log_in(
                door.pool, form.get("name", ""), form.get("password", ""), address_of(request),
                idle_s=settings.session_idle_min * 60, life_s=settings.session_h * 3600,
            )  # fmt: skip
    except (LoginError, TriesError) as error:
        if not wants_page:
            raise
        return _page(here, request, form.get("next", _HOME), form.get("lang"), error, form.get("name", ""))
    await _end(door, request)
    answer = RedirectResponse(_own_address(form.get("next", _HOME)), 303) if wants_page else Response(status_code=204)
    # No age: it goes with the browser, and the database says when it is over.
    answer.set_cookie(COOKIE, secret, path="/", httponly=True, samesite="lax", secure=is_https(request))
    return answer


@router.post("/logout", include_in_schema=False, dependencies=[Depends(from_own_page)])
async def log_out(request: Request) -> Response:
    """End the session."""
    await _end(request.app.state.door, request)
    answer = (
        RedirectResponse("/login", 303) if "text/html" in request.headers.get("accept", "") else Response(None, 204)
    )
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=is_https(request))
    return answer


@router.get("/password", include_in_schema=False)
async def password_page(
    here: Outside,
    request: Request,
    next: Annotated[str, Query(max_length=8000)] = _HOME,
    lang: Lang = None,
) -> Response:
    """Ask for the current password and another."""
    if here.person is None:
        return RedirectResponse(_own_address(next), 303)
    return _password_page(here, request, next, lang)


@router.post("/password", include_in_schema=False, dependencies=[Depends(from_own_page)])
async def password_by_form(here: Outside, request: Request) -> Response:
    """Give the person who is logged in another password; ends the account's other sessions."""
    door: Door = request.app.state.door
    form = await _form(request)
    secret = session_of(request.scope)
    if here.person is None or here.person.is_token or secret is None:
        raise AccessError(
            Words("只有登录的人能改自己的口令。", "Only who is logged in changes the own password."),
            mend=Words("请在浏览器里登录后再改。", "Log in with a browser."),
        )
    new, following, lang = form.get("new", ""), form.get("next", _HOME), form.get("lang")
    try:
        if new != form.get("again", ""):
            raise InputError(
                Words("两次输入的新口令不同。", "The new password was not typed the same twice."),
                mend=Words("请重新输入。", "Type it again."),
            )
        async with _key_turn(here, door):
            await change_password(door.pool, here.person.account, secret, form.get("old", ""), new, address_of(request))
    except (InputError, LoginError, TriesError) as error:
        return _password_page(here, request, following, lang, error)
    return _password_page(here, request, following, lang, is_changed=True)


@asynccontextmanager
async def _key_turn(here: Outside, door: Door) -> AsyncIterator[None]:
    """Wait for leave to make the key of a password."""
    try:
        await asyncio.wait_for(door.keys.acquire(), here.settings.pool_timeout_s)
    except TimeoutError as error:
        raise no_connection() from error
    try:
        yield
    finally:
        door.keys.release()


async def _end(door: Door, request: Request) -> None:
    """End the session that the browser sent along, if any."""
    secret = session_of(request.scope)
    if secret:
        await accounts.ask_logout(door.pool, digest_of(secret))
        door.forget(digest_of(secret))


async def _form(request: Request) -> dict[str, str]:
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > _FORM_MOST_BYTES:
            raise InputError(Words("表单太大。", "The form is too large."), at=f"> {_FORM_MOST_BYTES}")
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def _own_address(text: str) -> str:
    """Give an address of this service as it is, and the map instead of any other."""
    is_own = text.startswith("/") and not text.startswith(("//", "/\\", "/login", "/logout"))
    return text if is_own and text.isprintable() else _HOME


def _language_of(address: str) -> str | None:
    return dict(parse_qsl(urlsplit(address).query)).get("lang")


def _in_language(address: str, lang: str | None) -> str:
    """Give an own address in the language that was chosen on the way there, if any was."""
    if lang not in ("zh", "en") or _language_of(address) == lang:
        return address
    parts = urlsplit(address)
    kept = [part for part in parts.query.split("&") if part and not part.startswith("lang=")]
    return urlunsplit(parts._replace(query="&".join([*kept, f"lang={lang}"])))


def _page(
    here: Outside,
    request: Request,
    following: str,
    lang: str | None,
    refused: LandgisError | None = None,
    called: str = "",
) -> HTMLResponse:
    page = workspace.login_page(
        _own_address(following), called, refused, request_id(request),
        language=_language(here, lang), web=here.settings.web_folder, nonce=request.scope["landgis.nonce"],
    )  # fmt: skip
    return _sent(page, refused)


def _password_page(
    here: Outside,
    request: Request,
    following: str,
    lang: str | None,
    refused: LandgisError | None = None,
    *,
    is_changed: bool = False,
) -> HTMLResponse:
    assert here.person is not None  # nobody else gets here
    page = workspace.password_page(
        _own_address(following), here.person.account, refused, request_id(request), is_changed=is_changed,
        language=_language(here, lang), web=here.settings.web_folder, nonce=request.scope["landgis.nonce"],
    )  # fmt: skip
    return _sent(page, refused)


def _language(here: Outside, lang: str | None) -> Literal["zh", "en"]:
    return "en" if lang == "en" else "zh" if lang == "zh" else here.settings.language


def _sent(page: str, refused: LandgisError | None) -> HTMLResponse:
    """Send a page with the status of what it tells."""
    status, headers = 200, {"Cache-Control": "no-store"}
    if isinstance(refused, TriesError):
        status, headers = 429, headers | {"Retry-After": str(refused.wait_s)}
    elif isinstance(refused, LoginError):
        status = 401
    elif refused is not None:
        status = 422
    return HTMLResponse(page, status, headers)
