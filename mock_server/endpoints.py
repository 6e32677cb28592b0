"""Endpoints whose path says what they do: delays, statuses, redirects, cookies, authorisation and faults."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import MultiDict

from .body import parse_json, read_body
from .conditions import FAULTS, LONGEST_DELAY, PER_REQUEST, ConditionError
from .context import RequestContext
from .faults import send_fault
from .problem import Problem
from .response import FixedResponse, reason
from .retry_after import retry_after
from .routes import Parameter, endpoint
from .rules import Choice, Number

SECONDS = Parameter("seconds", Number(0, LONGEST_DELAY, "seconds"))
CODES = Parameter("codes", Choice(("200", "404", "503,503,200")))  # examples of such lists
CODE = Parameter("codes", Number(200, 599, whole=True))  # one in a list
REDIRECTS = Parameter("n", Number(0, 20, "redirects", whole=True))
KIND = Parameter("kind", Choice(FAULTS))
TOKEN = "let-me-in"


@endpoint("GET", "/delay/{seconds}", SECONDS)
async def delay(context: RequestContext, seconds: str) -> FixedResponse:
    """Respond after this many seconds."""
    wait = SECONDS.read(seconds)
    await context.sleep(wait)
    return FixedResponse.json({"delay": wait})


@endpoint("*", "/status/{codes}", CODES)
async def status(context: RequestContext, codes: str) -> FixedResponse:
    """Respond with these statuses, one per attempt; the last one repeats."""
    statuses = [CODE.read(code) for code in codes.split(",", 20)]
    attempt = context.exchange.attempt
    code = statuses[min(attempt, len(statuses)) - 1]
    headers = retry_after(context.conditions, code)
    if code >= 400:
        raise Problem(code, f"This is the response to attempt {attempt}.", headers=headers)
    if code in (204, 205, 304):
        return FixedResponse(code)
    return FixedResponse.json({"status": code, "title": reason(code)}, headers=headers, status=code)


@endpoint("*", "/echo")
async def echo(context: RequestContext) -> FixedResponse:
    """Respond with what arrived: method, path, query, headers, cookies and body."""
    request = context.request
    body = await read_body(request)
    return FixedResponse.json(
        {
            "method": request.method,
            "path": request.path,
            "query": _as_dict(request.query),
            "headers": _as_dict(request.headers),
            "cookies": dict(request.cookies),
            "text": body.decode("utf-8", "replace"),
            "json": _json_or_none(body) if "json" in request.content_type else None,
            "form": _form(body) if "urlencoded" in request.content_type else None,
        }
    )


@endpoint("GET", "/redirect/{n}", REDIRECTS, statuses=(200, 302))
async def redirect(context: RequestContext, n: str) -> FixedResponse:
    """Redirect this many times, then respond with 200."""
    count = REDIRECTS.read(n)
    if count == 0:
        return FixedResponse.json({"redirects": "done"})
    return FixedResponse(302, {"Location": f"/redirect/{count - 1}"})


@endpoint("GET", "/cookies")
async def cookies(context: RequestContext) -> web.StreamResponse:
    """Respond with the cookies that arrived, and set those in the query string."""
    body = json.dumps({"cookies": dict(context.request.cookies)}).encode()
    response = web.Response(body=body, content_type="application/json")
    for name, value in context.request.query.items():
        if name not in PER_REQUEST:
            _set_cookie(response, name, value)
    return response


@endpoint("GET", "/auth", statuses=(200, 401, 403))
async def auth(context: RequestContext) -> FixedResponse:
    """Respond with 200 to the bearer token `let-me-in`, with 401 to none, and with 403 to any other."""
    scheme, _, token = context.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        headers = {"WWW-Authenticate": 'Bearer realm="mock_server"'}
        raise Problem(401, f"Send the header Authorization: Bearer {TOKEN}", headers=headers)
    if token != TOKEN:
        raise Problem(403, f"This token is not valid. The valid token is {TOKEN}.")
    return FixedResponse.json({"welcome": True})


@endpoint("*", "/fault/{kind}", KIND)
async def fault(context: RequestContext, kind: str) -> FixedResponse | None:
    """Break the response in one of nine ways."""
    return await send_fault(context, KIND.read(kind))


ENDPOINT_HANDLERS = (delay, status, echo, redirect, cookies, auth, fault)


def _as_dict(values: Any) -> dict[str, Any]:
    """Return a multi-dict as a dict; a name that occurs more than once has a list of values."""
    lists = {name: values.getall(name) for name in dict.fromkeys(values)}
    return {name: found[0] if len(found) == 1 else found for name, found in lists.items()}


def _json_or_none(body: bytes) -> Any:
    try:
        return parse_json(body)
    except Problem:
        return None


def _form(body: bytes) -> dict[str, Any]:
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return _as_dict(MultiDict(pairs))


def _set_cookie(response: web.Response, name: str, value: str) -> None:
    try:
        response.set_cookie(name, value)
    except Exception:
        raise ConditionError(name, value, "a valid name and value of a cookie") from None
