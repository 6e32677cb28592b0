"""A TCP connection that records when requests arrive and when its client disconnects."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from aiohttp import web

from .exchange import Exchange
from .journal import Journal
from .problem import Problem
from .response import SERVER_HEADER


class Listener(web.Server):
    """aiohttp's low-level server, with connections that write the journal."""

    def __init__(self, journal: Journal, handler: Any, **options: Any) -> None:
        super().__init__(handler, **options)
        self._journal = journal
        self._keep_alive: float | None = None

    def __call__(self) -> Connection:
        """Return the protocol of a new connection."""
        return Connection(self._journal, self, loop=self._loop, **self._kwargs)

    @property
    def keep_alive(self) -> float | None:
        """How long an idle connection stays open after a response, in seconds; None leaves it to aiohttp."""
        return self._keep_alive

    @keep_alive.setter
    def keep_alive(self, seconds: float | None) -> None:
        self._keep_alive = seconds
        for connection in self.connections:
            if isinstance(connection, Connection):
                connection.schedule_close()


class Connection(web.RequestHandler):
    """One client's connection. It serves one request at a time."""

    def __init__(self, journal: Journal, listener: Listener, **options: Any) -> None:
        super().__init__(listener, **options)
        self._journal = journal
        self._listener = listener
        self._event_loop = asyncio.get_running_loop()
        self._generation: object = None
        self._number = 0
        self._reused = False
        self._exchange: Exchange | None = None
        self._arrivals: deque[float] = deque()  # of pipelined requests that wait for the one before them
        self._idle_since: float | None = None  # None while a request is being served, and before the first
        self._close_timer: asyncio.TimerHandle | None = None
        self.arrived = 0.0  # when the current request arrived, by the event loop's clock
        self.lost = asyncio.Event()  # set when the client has disconnected

    def data_received(self, data: bytes) -> None:
        """Record the time first, because delays count from the arrival, even if the handler runs later."""
        now = self._event_loop.time()
        count_before = self._request_count
        super().data_received(data)
        new_requests = self._request_count - count_before
        self._arrivals.extend([now] * new_requests)
        if self._idle_since is not None:
            self._set_idle(None if new_requests else now)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Record in the journal that the client disconnected, if it has a request in flight."""
        if self._exchange is not None:
            self._journal.disconnect(self._exchange)
        self._set_idle(None)
        self.lost.set()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Refuse bytes that are not HTTP with 400, and give them a row whose method and path are `?`."""
        self.take_request()
        self.begin("?", "?").status = status
        self.finish()
        refusal = Problem(status, (message or "").strip() or "The request is not valid HTTP.").response()
        headers = {**refusal.headers, "Server": SERVER_HEADER}
        response = web.Response(status=status, body=refusal.body, headers=headers)
        response.force_close()
        return response

    def take_request(self) -> None:
        """Take the next request that has arrived."""
        self._set_idle(None)  # aiohttp also parses requests outside data_received, after a declined upgrade
        self.arrived = self._arrivals.popleft() if self._arrivals else self._event_loop.time()

    def begin(self, method: str, path: str) -> Exchange:
        """Write and return the journal's row for the request that was taken."""
        if self._generation is not self._journal.generation:
            self._generation = self._journal.generation
            self._number = self._journal.next_connection()
        row = self._journal.begin(method, path, self._number, self._reused, self.arrived)
        self._reused = True
        self._exchange = row
        if self.lost.is_set():
            self._journal.disconnect(row)
        return row

    def finish(self) -> None:
        """Complete the row that `begin` wrote."""
        if self._exchange is not None:
            self._journal.end(self._exchange)
            self._exchange = None

    def response_sent(self) -> None:
        """Start to count the time of an idle connection, unless the next request has already arrived."""
        if not self._arrivals and not self.lost.is_set():
            self._set_idle(self._event_loop.time())

    def schedule_close(self) -> None:
        """Schedule the close of an idle connection, by the keep-alive time that now applies."""
        if self._close_timer is not None:
            self._close_timer.cancel()
            self._close_timer = None
        if self._idle_since is not None and (seconds := self._listener.keep_alive) is not None:
            self._close_timer = self._event_loop.call_at(self._idle_since + seconds, self.force_close)

    def _set_idle(self, since: float | None) -> None:
        self._idle_since = since
        self.schedule_close()
