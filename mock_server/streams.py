"""Endpoints that send a body piece by piece."""

from __future__ import annotations

import json

from aiohttp import web

from .context import RequestContext
from .routes import Parameter, endpoint
from .rules import Number

LINE_COUNT = Number(0, 10_000, "lines", whole=True)
BODY_BYTES = Parameter("n", Number(0, 100_000_000, "bytes", whole=True))
LINES = Parameter("n", LINE_COUNT)
SILENT_AFTER = Parameter("silent_after", LINE_COUNT, "query")
DRIP_BYTES = Parameter("bytes", Number(1, 10_000, "bytes", whole=True), "query", 20)
DRIP_STATUS = Parameter("status", Number(400, 599, whole=True), "query", 200)
CHUNKED = Parameter("chunked", Number(0, 1, whole=True), "query", 0)
CHUNK = bytes(byte for byte in range(256) if byte != ord("\n")) * 256  # without lines, as a binary file may be


@endpoint("GET", "/bytes/{n}", BODY_BYTES, CHUNKED)
async def some_bytes(context: RequestContext, n: str) -> web.StreamResponse:
    """Respond with this many bytes, the same ones each time; `chunked=1` does not send their number in advance."""
    remaining = size = BODY_BYTES.read(n)
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    if not CHUNKED.read(context.request.query.get("chunked")):
        response.content_length = size
    await context.send_head(response)
    while remaining and context.request.method != "HEAD":
        piece = CHUNK[:remaining]
        await response.write(piece)
        remaining -= len(piece)
    return response


@endpoint("GET", "/stream/{n}", LINES, SILENT_AFTER)
async def stream(context: RequestContext, n: str) -> web.StreamResponse:
    """Respond with this many lines of JSON, a gap before each; fall silent after `silent_after` lines."""
    count = LINES.read(n)
    silent_after = SILENT_AFTER.read(context.request.query.get("silent_after", n))
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await context.send_head(response)
    if context.request.method == "HEAD":
        return response
    for line in range(1, min(count, silent_after) + 1):
        await context.sleep(context.conditions.gap)
        await response.write(json.dumps({"line": line, "of": count}).encode() + b"\n")
    if silent_after < count:
        await context.stay_silent()
    return response


@endpoint("GET", "/drip", DRIP_BYTES, DRIP_STATUS)
async def drip(context: RequestContext) -> web.StreamResponse:
    """Respond byte by byte, a gap before each; `status` sets an error status."""
    query = context.request.query
    count = DRIP_BYTES.read(query.get("bytes"))
    status = DRIP_STATUS.read(query.get("status"))
    response = web.StreamResponse(status=status, headers={"Content-Type": "application/octet-stream"})
    response.content_length = count
    await context.send_head(response)
    for _ in range(count if context.request.method != "HEAD" else 0):
        await context.sleep(context.conditions.gap)
        await response.write(b"*")
    return response


STREAM_HANDLERS = (some_bytes, stream, drip)
