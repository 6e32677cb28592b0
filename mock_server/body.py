"""The body of a request, read within bounds."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from .problem import Problem

DEEPEST = 100  # levels of lists and objects in a JSON document


async def read_body(request: web.BaseRequest) -> bytes:
    """Return the whole body; raise Problem 413 if it is too long, 400 if it breaks HTTP."""
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise Problem(413, "A body may have 1 MiB at the most.") from error
    except web.RequestPayloadError as error:
        raise Problem(400, "The body does not keep to its Content-Length, chunks or encoding.") from error


def parse_json(body: bytes) -> Any:
    """Return the document; raise Problem 400 if it is not JSON or nests deeper than 100 levels."""
    try:
        document = json.loads(body, parse_constant=_refuse)
        json.dumps(document, allow_nan=False)
    except (ValueError, RecursionError):
        raise Problem(400, "The body is not JSON.") from None
    if _depth(document) > DEEPEST:
        raise Problem(400, f"The body's JSON nests deeper than {DEEPEST} levels.")
    return document


def _depth(document: Any) -> int:
    depth, level = 0, [document]
    while level := [inner for value in level for inner in _inside(value)]:
        depth += 1
    return depth


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
