"""Refusals that a person can read: a status and a JSON document (RFC 9457)."""

from __future__ import annotations

import json
from typing import Any

from .answer import Answer, reason


class Problem(Exception):
    """Ends an exchange with a status and a document that says what was wrong and what to do."""

    def __init__(self, status: int, detail: str, *, headers: dict[str, str] | None = None, **fields: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers or {}
        self.document = {"status": status, "title": reason(status), "detail": detail, **fields}

    def answer(self) -> Answer:
        """Build the answer."""
        headers = {"Content-Type": "application/problem+json", **self.headers}
        return Answer(self.status, headers, json.dumps(self.document).encode())
