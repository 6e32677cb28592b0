"""Error responses that a person can read: a status and a JSON document (RFC 9457)."""

from __future__ import annotations

import json
import math
from typing import Any

from .conditions import ConditionError
from .response import FixedResponse, reason


class Problem(Exception):
    """Ends a request with an error status and a document that says what was wrong and what to do."""

    def __init__(self, status: int, detail: str, *, headers: dict[str, str] | None = None, **fields: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers or {}
        self.document = {"status": status, "title": reason(status), "detail": detail, **fields}

    def response(self) -> FixedResponse:
        """Return the error response."""
        headers = {"Content-Type": "application/problem+json", **self.headers}
        return FixedResponse(self.status, headers, json.dumps(self.document).encode())


def condition_problem(error: ConditionError) -> Problem:
    """Return the 422 for a value that is not allowed; it names the field, the value and what was expected."""
    value = error.value
    if isinstance(value, float) and not math.isfinite(value):
        value = str(value)  # JSON has no nan and no infinity
    return Problem(422, str(error), field=error.field, value=value, expected=error.expected)
