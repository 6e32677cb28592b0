"""A TCP connection that knows when a request arrived and when its client went away."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from aiohttp import web

from .answer import SERVER
from .exchange import Exchange
from .journal import Journal
from .problem import Problem


class Connection(web.RequestHandler):
    """One client's connection; it carries one exchange at a time."""

    def __init__(self, journal: Journal, manager: web.Server, **options: Any) -> None:
        super().__init__(manager, **options)
        self._journal = journal
        self._clock = asyncio.get_running_loop().time
        self._generation: object = None
        self._number = 0
        self._reused = False
        self._exchange: Exchange | None = None
        self._arrivals: deque[float] = deque()  # of the requests that wait for the one before them
        self.arrived = 0.0  # when the present request came in, by the event loop's clock
        self.lost = asyncio.Event()  # set when the client has gone

    def data_received(self, data: bytes) -> None:
        """Note the time before anything else: a delay counts from here, however late the handler runs."""
        now = self._clock()
        before = self._request_count
        super().data_received(data)
        for _ in range(self._request_count - before):
            self._arrivals.append(now)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note in the journal that the client left, if its exchange is not at an end."""
        if self._exchange is not None:
            self._journal.leave(self._exchange)
        self.lost.set()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Refuse what is not HTTP with 400 and a row of its own: its method and path cannot be told."""
        self.take_request()
        self.begin("?", "?").status = status
        self.finish()
        answer = Problem(status, (message or "").strip() or "That was not a request of HTTP.").answer()
        response = web.Response(status=status, body=answer.body, headers={**answer.headers, "Server": SERVER})
        response.force_close()
        return response

    def take_request(self) -> None:
        """Take in the next of the requests that have come."""
        self.arrived = self._arrivals.popleft() if self._arrivals else self._clock()

    def begin(self, method: str, path: str) -> Exchange:
        """Write the journal's row for the request that was taken in."""
        if self._generation is not self._journal.generation:
            self._generation = self._journal.generation
            self._number = self._journal.next_connection()
        row = self._journal.arrive(method, path, self._number, self._reused, self.arrived)
        self._reused = True
        self._exchange = row
        if self.lost.is_set():
            self._journal.leave(row)
        return row

    def finish(self) -> None:
        """Complete that row."""
        if self._exchange is not None:
            self._journal.end(self._exchange)
            self._exchange = None


class Listener(web.Server):
    """aiohttp's low-level server, with connections that keep the journal."""

    def __init__(self, journal: Journal, handler: Any, **options: Any) -> None:
        super().__init__(handler, **options)
        self._journal = journal

    def __call__(self) -> Connection:
        """Make the protocol of a new connection."""
        return Connection(self._journal, self, loop=self._loop, **self._kwargs)
