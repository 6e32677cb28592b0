"""The whole server, assembled and listening."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aiohttp import web

from .addresses import HANDLERS
from .answer import Answer
from .conditions import Conditions
from .connection import Connection, Listener
from .control import PREFIX, Control
from .exchange import Exchange
from .journal import Journal
from .lag import Lag
from .openapi import document
from .routes import Address, Router, address, addresses_of
from .service import Service, Visit
from .store import Store

CONNECTIONS_WAITING = 4096  # at 128, five hundred connections at once stall for seconds


def _silent() -> logging.Logger:
    """Return a logger for aiohttp that says nothing of bodies that break HTTP: a client must not fill the log."""
    logger = logging.getLogger("mock_server.connections")
    logger.disabled = True
    return logger


class Application:
    """Serves all addresses on one host and port until it is closed."""

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
        self.addresses: list[Address] = addresses_of((self.index, *store.handlers, *HANDLERS))
        self._service = Service(journal, Router(self.addresses).find)
        self._listener = Listener(journal, self._answer, access_log=None, logger=_silent(), max_line_size=4096)
        self.control = Control(self._service, journal, store, self._apply)
        self.control.openapi = document(self.addresses, self.control)
        self.control.initial = conditions
        self.control.set_conditions(conditions)

    async def listen(self, host: str, port: int) -> int:
        """Begin to serve and return the port; OSError if it is taken."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._listener, host, port, backlog=CONNECTIONS_WAITING)
        self.control.port = server.sockets[0].getsockname()[1]
        self.control.hosts = (*self.control.hosts, host)
        self._server = server
        return self.control.port

    @property
    def conditions(self) -> Conditions:
        """The conditions in force; setting them puts others into force."""
        return self._service.conditions

    @conditions.setter
    def conditions(self, conditions: Conditions) -> None:
        self.control.set_conditions(conditions)

    @property
    def open_connections(self) -> int:
        """How many connections there are."""
        return len(self._listener.connections)

    async def clear(self) -> None:
        """End outstanding requests, empty the journal and count attempts anew; conditions and items stay."""
        await self._service.clear()

    async def close(self) -> None:
        """End what is outstanding and stop serving."""
        self._server.close()
        await self._service.clear()
        await self._listener.shutdown(timeout=0.5)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection)
        connection.take_request()
        if request.path.startswith(PREFIX):
            return await self.control.answer(request)
        return await self._service.answer(request, connection)

    def _apply(self, conditions: Conditions) -> None:
        self._listener.handler_cancellation = conditions.cancel_abandoned

    @address("GET", "/")
    async def index(self, visit: Visit) -> Answer:
        """Answer with the list of addresses."""
        return Answer.of_json({f"{entry.method} {entry.path}": entry.meaning for entry in self.addresses})
