"""The context of one request: what its handler needs to wait, to write and to record what happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from .conditions import Conditions
from .connection import Connection
from .exchange import Exchange
from .problem import Problem
from .response import SERVER_HEADER, FixedResponse

LONGEST_SILENCE = 600.0  # seconds


@dataclass(slots=True)
class RequestContext:
    """One request being served."""

    request: web.BaseRequest
    connection: Connection
    exchange: Exchange
    conditions: Conditions
    loop: asyncio.AbstractEventLoop
    due: float = 0.0  # when the previous delay ended or should have ended, by the event loop's clock

    async def sleep(self, seconds: float) -> None:
        """Delay the response. The delay counts from `due`, so that event-loop lag does not add up."""
        self.due += seconds
        wake_up = self.loop.create_future()
        timer = self.loop.call_at(self.due, _wake, wake_up)
        try:
            await wake_up
        finally:
            timer.cancel()

    async def send_head(self, response: web.StreamResponse) -> None:
        """Send the head of a response whose body follows piece by piece."""
        response.headers["Server"] = SERVER_HEADER
        await response.prepare(self.request)
        self.exchange.status = response.status

    async def stay_silent(self) -> None:
        """Send nothing until the client disconnects; after ten minutes, close the connection."""
        try:
            async with asyncio.timeout(LONGEST_SILENCE):
                await self.connection.lost.wait()
        except TimeoutError:
            self.transport.close()

    def send_continue(self) -> None:
        """Tell a client that sent `Expect: 100-continue` to send its body."""
        if self.request.headers["Expect"].lower() != "100-continue":
            raise Problem(417, "The only Expect header that this server supports is Expect: 100-continue.")
        self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    @property
    def transport(self) -> asyncio.Transport:
        """The connection's transport; raises ConnectionResetError if the client has disconnected."""
        if self.connection.transport is None:
            raise ConnectionResetError("The client has disconnected.")
        return self.connection.transport

    def send_bytes(self, status: int | None, data: bytes) -> None:
        """Write bytes to the connection as they are, and record the status that they carry."""
        if self.transport.is_closing():
            raise ConnectionResetError("The client has disconnected.")
        self.transport.write(data)
        self.exchange.status = status


AnyResponse = FixedResponse | web.StreamResponse | None  # None: the handler wrote to the connection itself
Handler = Callable[..., Awaitable[AnyResponse]]


def _wake(wake_up: asyncio.Future[None]) -> None:
    """End a delay, unless it was cancelled in the same iteration of the event loop."""
    if not wake_up.done():
        wake_up.set_result(None)
