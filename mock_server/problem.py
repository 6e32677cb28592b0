"""Refusals that a person can read: a status and a JSON document (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from aiohttp import web


def reason(status: int) -> str:
    """Return the standard phrase of a status, or "Unknown" for one that has none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


class Problem(Exception):
    """Ends an exchange with a status and a document that says what was wrong and what to do."""

    def __init__(self, status: int, detail: str, *, headers: dict[str, str] | None = None, **fields: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers or {}
        self.document = {"status": status, "title": reason(status), "detail": detail, **fields}

    def response(self) -> web.Response:
        """Build the answer."""
        return web.Response(
            status=self.status,
            reason=reason(self.status),
            headers=self.headers,
            body=json.dumps(self.document).encode(),
            content_type="application/problem+json",
        )
