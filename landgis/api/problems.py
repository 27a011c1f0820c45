"""Our errors as HTTP problems (RFC 9457): the only place that knows a status code."""

import logging
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from landgis.terms.errors import (
    AccessError,
    ConflictError,
    InputError,
    LandgisError,
    LoginError,
    NotFoundError,
    RuleError,
    SetupError,
    StaleError,
    StoreError,
    TriesError,
    Words,
)

_log = logging.getLogger(__name__)

_STATUS: Final[Mapping[type[LandgisError], int]] = {
    InputError: 422,
    RuleError: 422,
    NotFoundError: 404,
    StaleError: 412,
    ConflictError: 409,
    LoginError: 401,
    TriesError: 429,
    AccessError: 403,
    StoreError: 503,
    SetupError: 503,
}


class BothWords(BaseModel):
    """One sentence in Chinese and English."""

    zh: str
    en: str


class Problem(BaseModel):
    """A refusal as RFC 9457 has it, with what, why and how to mend it in both languages."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "type": "urn:landgis:problem:not_found",
                    "title": "There is no run 7.",
                    "status": 404,
                    "instance": "/api/runs/7",
                    "request_id": "5f1c0a9be2d84c11",
                    "what": {"zh": "没有这次评估。", "en": "There is no run 7."},
                    "mend": {"zh": "先运行 landgis assess。", "en": "Run `landgis assess` first."},
                }
            ]
        }
    }

    type: str
    title: str
    status: int
    instance: str
    request_id: str
    what: BothWords
    at: str | None = None
    why: BothWords | None = None
    mend: BothWords | None = None
    since: list[dict[str, Any]] | None = Field(None, description="412: what was written since the caller looked.")


def refusals(said: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    """Describe what a route may refuse, by status, as OpenAPI has it."""
    content: dict[str, Any] = {"application/problem+json": {}}
    return {
        status: {"model": Problem, "description": description, "content": content}
        for status, description in said.items()
    }


#: What every route may answer besides its own.
RESPONSES: Final = refusals(
    {
        401: "It takes a login, and nobody is logged in.",
        404: "No such thing in this scope.",
        422: "The request cannot be taken as it is.",
        503: "The database is away or too busy.",
    }
)


def install(app: FastAPI) -> None:
    """Answer every error of ours, and every one that is not, as a problem document; without a thread, for those may all be busy."""

    @app.exception_handler(LandgisError)
    async def ours(request: Request, error: LandgisError) -> Response:
        return refusal(request, error)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        wrong = error.errors()
        at = "; ".join(".".join(map(str, part["loc"])) + ": " + part["msg"] for part in wrong)
        what = Words("请求参数不对。", "A parameter of the request is wrong.")
        mend = Words("参数说明见 /docs/openapi.json。", "See /docs/openapi.json for the parameters.")
        return problem(request, 422, InputError(what, at=at[:500], mend=mend))

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            words = Words("没有这个地址。", "There is nothing at this address.")
        elif error.status_code == 405:
            words = Words("这个地址不接受这种请求。", "This address does not take this method.")
        else:
            words = Words("请求被拒绝。", "The request was refused.")
        return problem(request, error.status_code, LandgisError(words), error.headers)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        _log.exception("unforeseen error, request %s", request_id(request), exc_info=error)
        words = Words("服务内部出错，已记入日志。", "Something went wrong inside the service; it is in the log.")
        mend = Words("请把请求编号告诉管理员。", "Tell the administrator the request's number.")
        return problem(request, 500, LandgisError(words, mend=mend))


def refusal(request: Request, error: LandgisError) -> Response:
    """Lay one of our errors out with its status."""
    status = next(code for kind, code in _STATUS.items() if isinstance(error, kind))
    headers = {"Retry-After": str(error.wait_s)} if isinstance(error, TriesError) else {}
    # Not Basic, which a token may come by too: at that a browser asks for a password in a window of its own.
    return problem(request, status, error, {"WWW-Authenticate": 'Bearer realm="LandGIS"'} if status == 401 else headers)


def problem(request: Request, status: int, error: LandgisError, headers: Mapping[str, str] | None = None) -> Response:
    """Lay an error out as ``application/problem+json``, or as a page for a person with a browser."""
    body = error.as_dict()
    body = {
        "type": f"urn:landgis:problem:{body.pop('kind')}",
        "title": error.what.en,
        "status": status,
        "instance": request.url.path,
        "request_id": request_id(request),
        **body,
    }
    retry = {"Retry-After": "5"} if status == 503 else {}
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(_page(error, status, request_id(request)), status, {**retry, **(headers or {})})
    return JSONResponse(
        jsonable_encoder(body), status, {**retry, **(headers or {})}, media_type="application/problem+json"
    )


#: The ways on from a page that says no: whoever has nothing yet begins with an import.
_PLACES: Final = " · ".join(
    f"<a href='/{place}'>{zh} {en}</a>"
    for place, zh, en in (("map", "一张图", "Map"), ("import", "导入", "Import"), ("jobs", "任务", "Jobs"))
)


def _page(error: LandgisError, status: int, number: str) -> str:
    """Say it on a page that needs nothing else: no script, no picture, no other file."""
    texts = "".join(f"<pre lang={language!r}>{escape(error.text(language))}</pre>" for language in ("zh", "en"))
    return (
        f"<!DOCTYPE html><html lang='zh-CN'><head><meta charset='utf-8'><title>{status} · LandGIS</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<style>body{font:16px/1.7 system-ui,sans-serif;margin:12vh auto;max-width:42rem;padding:0 1.5rem;color:#16202a}"
        "pre{font:inherit;white-space:pre-wrap;margin:0 0 1.2rem}small{color:#5b6670}</style></head>"
        f"<body>{texts}<p>{_PLACES}</p><small>{status} · {number}</small></body></html>"
    )


def request_id(request: Request) -> str:
    """Give the number under which the log knows a request."""
    return str(request.scope.get("landgis.request_id", ""))
