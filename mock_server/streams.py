"""Endpoints that send a body piece by piece."""

from __future__ import annotations

import json

from aiohttp import web

from .context import RequestContext
from .routes import Parameter, endpoint, read_number
from .rules import Number

BODY_BYTES = Number(0, 100_000_000, "bytes", whole=True)
DRIP_BYTES = Number(1, 10_000, "bytes", whole=True)
LINE_COUNT = Number(0, 10_000, "lines", whole=True)
ERROR_STATUS = Number(400, 599, whole=True)
CHUNK = bytes(byte for byte in range(256) if byte != ord("\n")) * 256  # without lines, as a binary file may be


@endpoint("GET", "/bytes/{n}", Parameter("n", BODY_BYTES))
async def some_bytes(context: RequestContext, n: str) -> web.StreamResponse:
    """Respond with this many bytes, the same ones each time."""
    remaining = size = read_number("n", n, BODY_BYTES)
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    response.content_length = size
    await context.send_head(response)
    while remaining and context.request.method != "HEAD":
        piece = CHUNK[:remaining]
        await response.write(piece)
        remaining -= len(piece)
    return response


@endpoint("GET", "/stream/{n}", Parameter("n", LINE_COUNT), Parameter("silent_after", LINE_COUNT, "query"))
async def stream(context: RequestContext, n: str) -> web.StreamResponse:
    """Respond with this many lines of JSON, a gap before each; fall silent after `silent_after` lines."""
    count = read_number("n", n, LINE_COUNT)
    query = context.request.query
    silent_after = read_number("silent_after", query["silent_after"], LINE_COUNT) if "silent_after" in query else count
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


@endpoint("GET", "/drip", Parameter("bytes", DRIP_BYTES, "query", 20), Parameter("status", ERROR_STATUS, "query"))
async def drip(context: RequestContext) -> web.StreamResponse:
    """Respond byte by byte, a gap before each; `status` sets an error status."""
    query = context.request.query
    count = read_number("bytes", query.get("bytes", "20"), DRIP_BYTES)
    status = read_number("status", query["status"], ERROR_STATUS) if "status" in query else 200
    response = web.StreamResponse(status=status, headers={"Content-Type": "application/octet-stream"})
    response.content_length = count
    await context.send_head(response)
    for _ in range(count if context.request.method != "HEAD" else 0):
        await context.sleep(context.conditions.gap)
        await response.write(b"*")
    return response


STREAM_HANDLERS = (some_bytes, stream, drip)
