"""The whole server, assembled and listening."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web

from . import endpoints, media, streams
from .conditions import Conditions
from .connection import Connection, Listener
from .context import RequestContext
from .control import CONTROL_PREFIX, Control
from .exchange import Exchange
from .item_endpoints import ItemEndpoints
from .journal import Journal
from .lag import Lag
from .openapi import document
from .response import FixedResponse
from .routes import Endpoint, Router, endpoint, endpoints_of
from .service import Service
from .store import Store

ACCEPTING = 3  # iterations of the event loop from accepting a connection to its first data
CONNECTIONS_WAITING = 4096  # with aiohttp's 128, five hundred connections at once stall for seconds


def _disabled_logger() -> logging.Logger:
    """Return a disabled logger for aiohttp, so that bodies that break HTTP do not fill the log."""
    logger = logging.getLogger("mock_server.connections")
    logger.disabled = True
    return logger


class Application:
    """Serves all endpoints on one host and port until it is closed."""

    def __init__(
        self,
        conditions: Conditions | None = None,
        lag: Lag | None = None,
        on_end: Callable[[Exchange], None] | None = None,
    ) -> None:
        conditions = conditions or Conditions()
        self.journal = journal = Journal(lag or Lag())
        journal.on_end = on_end
        self.store = store = Store()
        handlers = (
            self.index,
            *ItemEndpoints(store).handlers,
            *endpoints.ENDPOINT_HANDLERS,
            *streams.STREAM_HANDLERS,
            *media.MEDIA_HANDLERS,
        )
        self.endpoints: list[Endpoint] = endpoints_of(handlers)
        self._service = Service(journal, Router(self.endpoints).find)
        self._listener = Listener(journal, self._handle, access_log=None, logger=_disabled_logger(), max_line_size=4096)
        self.control = Control(self._service, journal, store, self._apply)
        self.control.openapi = document([*self.endpoints, *self.control.endpoints])
        self.control.initial = conditions
        self.control.set_conditions(conditions)

    async def listen(self, host: str, port: int) -> int:
        """Start serving, and return the port; raises OSError if the port is not available."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._listener, host, port, backlog=CONNECTIONS_WAITING)
        self.control.port = server.sockets[0].getsockname()[1]
        self.control.hosts = (*self.control.hosts, host)
        self._server = server
        return self.control.port

    @property
    def conditions(self) -> Conditions:
        """The current conditions. New ones apply at once."""
        return self._service.conditions

    @conditions.setter
    def conditions(self, conditions: Conditions) -> None:
        self.control.set_conditions(conditions)

    @property
    def open_connections(self) -> int:
        """How many connections are open."""
        return len(self._listener.connections)

    async def clear(self) -> None:
        """Cancel the requests in flight, empty the journal and count attempts from 1 again."""
        await self._service.clear()

    async def close(self) -> None:
        """Cancel the requests in flight, and stop serving."""
        with suppress(NotImplementedError):  # on Windows, whose event loop has no readers
            for listening in self._server.sockets:
                asyncio.get_running_loop().remove_reader(listening.fileno())
        for _ in range(ACCEPTING):
            await asyncio.sleep(0)  # a server that is closed cannot attach the connections it has just accepted
        self._server.close()
        await self._service.clear()
        await self._listener.shutdown(timeout=0.5)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection)
        connection.take_request()
        try:
            if request.path.startswith(CONTROL_PREFIX):
                return await self.control.handle(request)
            return await self._service.handle(request, connection)
        finally:
            connection.response_sent()

    def _apply(self, conditions: Conditions) -> None:
        self._listener.handler_cancellation = conditions.cancel_abandoned
        self._listener.keep_alive = conditions.keep_alive

    @endpoint("GET", "/")
    async def index(self, context: RequestContext) -> FixedResponse:
        """Respond with the list of endpoints."""
        return FixedResponse.json({f"{entry.method} {entry.path}": entry.meaning for entry in self.endpoints})
