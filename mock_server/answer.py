"""An answer that is known whole, written to the connection in one piece: the server must not be what is measured."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from aiohttp import web

SERVER = "mock_server"
WITHOUT_BODY = (204, 304)


def reason(status: int) -> str:
    """Return the standard phrase of a status, or "Unknown" for one that has none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


@dataclass(slots=True)
class Answer:
    """Status, headers and body; the headers that every answer has are added when it is sent."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of_json(cls, document: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
        """Make an answer of JSON."""
        return cls(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(document).encode())

    async def send(self, request: web.BaseRequest) -> web.StreamResponse:
        """Write the answer to a request's connection, and return what tells aiohttp that this is done.

        A client that does not read makes it wait, so that its answers do not pile up.

        ConnectionResetError if the client has gone.
        """
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client has gone")
        transport.write(self._head(request) + (b"" if request.method == "HEAD" else self.body))
        await request.writer.drain()
        return KEPT if request.keep_alive else CLOSED

    def _head(self, request: web.BaseRequest) -> bytes:
        version = "1.1" if request.version >= (1, 1) else "1.0"
        lines = [_status_line(version, self.status), *[f"{name}: {value}" for name, value in self.headers.items()]]
        if self.status not in WITHOUT_BODY:
            lines.append(f"Content-Length: {len(self.body)}")
        if not request.keep_alive:
            lines.append("Connection: close")
        elif version == "1.0":
            lines.append("Connection: keep-alive")
        lines.append(_last_lines(int(time.time())))
        return "\r\n".join(lines).encode()


@lru_cache
def _status_line(version: str, status: int) -> str:
    return f"HTTP/{version} {status} {reason(status)}"


@lru_cache(maxsize=1)
def _last_lines(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}\r\nServer: {SERVER}\r\n\r\n"


class Sent(web.StreamResponse):
    """Stands for an answer that needs nothing more from aiohttp but to keep or close the connection."""

    def __init__(self, keep_alive: bool) -> None:
        super().__init__()
        self._kept = keep_alive

    @property
    def keep_alive(self) -> bool:
        """Whether the connection carries the next request."""
        return self._kept

    async def prepare(self, request: web.BaseRequest) -> None:
        """Send no head."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Send no body."""


KEPT, CLOSED = Sent(True), Sent(False)
