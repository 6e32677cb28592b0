"""Addresses that explain themselves: what each does stands in its path."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import MultiDict

from .answer import Answer, reason
from .body import parse_json, read_body
from .conditions import EACH, FAULTS, LONGEST_DELAY, Choice, ConditionError, Number
from .problem import Problem
from .retry_after import retry_after
from .routes import Parameter, address, read_number
from .service import Visit, do_fault

SECONDS = Number(0, LONGEST_DELAY, "seconds")
SIZE = Number(0, 100_000_000, "bytes", whole=True)
DRIPS = Number(1, 10_000, "bytes", whole=True)
LINES = Number(0, 10_000, "lines", whole=True)
FAILURE = Number(400, 599, whole=True)
REDIRECTS = Number(0, 20, "redirects", whole=True)
STATUS = Number(200, 599, whole=True)
CHARSETS = Choice(("utf-8", "iso-8859-1", "utf-16"))
CHUNK = bytes(range(256)) * 256
TOKEN = "let-me-in"
TEXT = "A naïve café, a jalapeño and a piñata: four words that a wrong charset garbles."
HTML = "<!doctype html><title>mock_server</title><h1>mock_server</h1><p>A page of HTML.</p>"


@address("GET", "/delay/{seconds}", Parameter("seconds", SECONDS))
async def delay(visit: Visit, seconds: str) -> Answer:
    """Answer after so many seconds."""
    wait = read_number("seconds", seconds, SECONDS)
    await visit.sleep(wait)
    return Answer.of_json({"delay": wait})


@address("*", "/status/{codes}", Parameter("codes", Choice(("200", "404", "503,503,200"))))
async def status(visit: Visit, codes: str) -> Answer:
    """Answer with these statuses, one an attempt; the last one stays."""
    wanted = [read_number("codes", code, STATUS) for code in codes.split(",", 20)]
    code = wanted[min(visit.exchange.attempt, len(wanted)) - 1]
    headers = retry_after(visit.conditions, code)
    if code >= 400:
        raise Problem(code, f"Attempt {visit.exchange.attempt} at this address.", headers=headers)
    if code in (204, 205, 304):
        return Answer(code)
    return Answer.of_json({"status": code, "title": reason(code)}, status=code)


@address("GET", "/bytes/{n}", Parameter("n", SIZE))
async def some_bytes(visit: Visit, n: str) -> web.StreamResponse:
    """Answer with so many bytes, the same each time."""
    left = size = read_number("n", n, SIZE)
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    response.content_length = size
    await visit.open(response)
    while left and visit.request.method != "HEAD":
        piece = CHUNK[:left]
        await response.write(piece)
        left -= len(piece)
    return response


@address("GET", "/stream/{n}", Parameter("n", LINES))
async def stream(visit: Visit, n: str) -> web.StreamResponse:
    """Answer with so many lines of JSON, and a gap before each."""
    count = read_number("n", n, LINES)
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await visit.open(response)
    for line in range(1, count + 1):
        await visit.sleep(visit.conditions.gap)
        await response.write(json.dumps({"line": line, "of": count}).encode() + b"\n")
    return response


@address("GET", "/drip", Parameter("bytes", DRIPS, "query", 20), Parameter("status", FAILURE, "query"))
async def drip(visit: Visit) -> web.StreamResponse:
    """Answer byte by byte, with a gap before each; with `status`, fail as slowly."""
    query = visit.request.query
    count = read_number("bytes", query.get("bytes", "20"), DRIPS)
    status = read_number("status", query["status"], FAILURE) if "status" in query else 200
    response = web.StreamResponse(status=status, headers={"Content-Type": "application/octet-stream"})
    response.content_length = count
    await visit.open(response)
    for _ in range(count if visit.request.method != "HEAD" else 0):
        await visit.sleep(visit.conditions.gap)
        await response.write(b"*")
    return response


@address("*", "/echo")
async def echo(visit: Visit) -> Answer:
    """Answer with what arrived: method, path, query, headers, cookies and body."""
    request = visit.request
    body = await read_body(request)
    return Answer.of_json(
        {
            "method": request.method,
            "path": request.path,
            "query": _pairs(request.query),
            "headers": _pairs(request.headers),
            "cookies": dict(request.cookies),
            "text": body.decode("utf-8", "replace"),
            "json": _json_or_none(body) if "json" in request.content_type else None,
            "form": _form(body) if "urlencoded" in request.content_type else None,
        }
    )


@address("GET", "/redirect/{n}", Parameter("n", REDIRECTS), statuses=(200, 302))
async def redirect(visit: Visit, n: str) -> Answer:
    """Redirect so many times, then answer."""
    count = read_number("n", n, REDIRECTS)
    if count == 0:
        return Answer.of_json({"redirects": "done"})
    return Answer(302, {"Location": f"/redirect/{count - 1}"})


@address("GET", "/cookies")
async def cookies(visit: Visit) -> web.StreamResponse:
    """Answer with the cookies that arrived, and set those in the query string."""
    body = json.dumps({"cookies": dict(visit.request.cookies)}).encode()
    response = web.Response(body=body, content_type="application/json")
    for name, value in visit.request.query.items():
        if name not in EACH:
            _set_cookie(response, name, value)
    return response


@address("GET", "/auth", statuses=(200, 401, 403))
async def auth(visit: Visit) -> Answer:
    """Answer to the bearer token `let-me-in`; 401 without a token, 403 with another."""
    scheme, _, token = visit.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        headers = {"WWW-Authenticate": 'Bearer realm="mock_server"'}
        raise Problem(401, f"Send the header Authorization: Bearer {TOKEN}", headers=headers)
    if token != TOKEN:
        raise Problem(403, f"That token opens nothing here; {TOKEN} does.")
    return Answer.of_json({"welcome": True})


@address("GET", "/text", Parameter("charset", CHARSETS, "query", "utf-8"))
async def text(visit: Visit) -> Answer:
    """Answer with a line of text, in the charset that the query names."""
    charset = visit.request.query.get("charset", "utf-8")
    if not CHARSETS.accepts(charset):
        raise ConditionError("charset", charset, CHARSETS.expected)
    return Answer(200, {"Content-Type": f"text/plain; charset={charset}"}, TEXT.encode(charset))


@address("GET", "/html")
async def html(visit: Visit) -> Answer:
    """Answer with a small page."""
    return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, HTML.encode())


@address("GET", "/image.png")
async def image(visit: Visit) -> Answer:
    """Answer with a picture of 8 by 8 pixels."""
    return Answer(200, {"Content-Type": "image/png"}, PNG)


@address("*", "/fault/{kind}", Parameter("kind", Choice(FAULTS)))
async def fault(visit: Visit, kind: str) -> Answer | None:
    """Break the answer in one of nine ways."""
    if kind not in FAULTS:
        raise ConditionError("kind", kind, Choice(FAULTS).expected)
    return await do_fault(visit, kind)


HANDLERS = (
    delay,
    status,
    some_bytes,
    stream,
    drip,
    echo,
    redirect,
    cookies,
    auth,
    text,
    html,
    image,
    fault,
)


def _pairs(values: Any) -> dict[str, Any]:
    """Return a multi-dict as a dict, with a list where a name stands more than once."""
    return {name: every[0] if len(every := values.getall(name)) == 1 else every for name in dict.fromkeys(values)}


def _json_or_none(body: bytes) -> Any:
    try:
        return parse_json(body)
    except Problem:
        return None


def _form(body: bytes) -> dict[str, Any]:
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return _pairs(MultiDict(pairs))


def _set_cookie(response: web.Response, name: str, value: str) -> None:
    try:
        response.set_cookie(name, value)
    except Exception:
        raise ConditionError(name, value, "a name and a value that a cookie may have") from None


def _png(size: int) -> bytes:
    """Draw a square of one colour."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x00\x72\xb2" * size) * size
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


PNG = _png(8)
