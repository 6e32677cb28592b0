"""The body of a request, read within limits."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from .problem import Problem

MAX_DEPTH = 100  # levels of lists and objects in a JSON document


async def read_body(request: web.BaseRequest) -> bytes:
    """Return the whole body.

    Raises:
        Problem: 413 if the body is too long, 400 if it breaks HTTP.
    """
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise Problem(413, "A request body can be 1 MiB at most.") from error
    except web.RequestPayloadError as error:
        raise Problem(400, "The body does not match its Content-Length, chunk sizes or Content-Encoding.") from error


def parse_json(body: bytes) -> Any:
    """Return the parsed document.

    Raises:
        Problem: 400 if the body is not JSON, or is nested more than 100 levels deep.
    """
    try:
        document = json.loads(body)
        json.dumps(document, allow_nan=False)  # JSON has no nan and no infinity
    except (ValueError, RecursionError):
        raise Problem(400, "The body is not JSON.") from None
    if _depth(document) > MAX_DEPTH:
        raise Problem(400, f"The JSON in the body is nested more than {MAX_DEPTH} levels deep.")
    return document


def _depth(document: Any) -> int:
    depth, level = 0, [document]
    while level := [child for value in level for child in _children(value)]:
        depth += 1
    return depth


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
