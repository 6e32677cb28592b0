"""A fixed response, sent in a single write, so that a measurement shows the client and not this server."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from aiohttp import web

SERVER_HEADER = "mock_server"
STATUSES_WITHOUT_BODY = (204, 304)


def reason(status: int) -> str:
    """Return the standard phrase of a status, or "Unknown" if it has none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


@dataclass(slots=True)
class FixedResponse:
    """A status, headers and a body. `send` adds the headers that every response has."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def json(cls, document: Any, status: int = 200, headers: dict[str, str] | None = None) -> FixedResponse:
        """Return a response with a JSON body."""
        return cls(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(document).encode())

    async def send(self, request: web.BaseRequest) -> web.StreamResponse:
        """Write the response and return what aiohttp expects from a handler.

        It waits while the client does not read, so that responses do not pile up in memory.

        Raises:
            ConnectionResetError: The client has disconnected.
        """
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("The client has disconnected.")
        transport.write(self._head(request) + (b"" if request.method == "HEAD" else self.body))
        await request.writer.drain()
        return SENT_KEEP_ALIVE if request.keep_alive else SENT_CLOSE

    def _head(self, request: web.BaseRequest) -> bytes:
        version = "1.1" if request.version >= (1, 1) else "1.0"
        lines = [_status_line(version, self.status), *[f"{name}: {value}" for name, value in self.headers.items()]]
        if self.status not in STATUSES_WITHOUT_BODY:
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
    return f"Date: {formatdate(second, usegmt=True)}\r\nServer: {SERVER_HEADER}\r\n\r\n"


class SentResponse(web.StreamResponse):
    """A response that has been sent; it only tells aiohttp whether to keep the connection open."""

    def __init__(self, keep_alive: bool) -> None:
        super().__init__()
        self._kept_alive = keep_alive

    @property
    def keep_alive(self) -> bool:
        """Whether the connection stays open for another request."""
        return self._kept_alive

    async def prepare(self, request: web.BaseRequest) -> None:
        """Do nothing: the head has been sent."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Do nothing: the body has been sent."""


SENT_KEEP_ALIVE, SENT_CLOSE = SentResponse(True), SentResponse(False)
