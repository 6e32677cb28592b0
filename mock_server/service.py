"""How one request is served: admitted, delayed, failed or answered, and written into the journal."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from . import faults
from .admission import Capacity, RateLimit
from .answer import CLOSED, SERVER, Answer
from .conditions import ConditionError, Conditions
from .connection import Connection
from .exchange import Exchange
from .journal import Journal
from .problem import Problem
from .retry_after import retry_after

TURNS_TO_ACCEPT = 5  # of the event loop, from a connection that waits to be accepted to its request being read
log = logging.getLogger("mock_server")


@dataclass(slots=True)
class Visit:
    """One request under way, with all that its handler needs."""

    request: web.BaseRequest
    connection: Connection
    exchange: Exchange
    conditions: Conditions
    loop: asyncio.AbstractEventLoop
    due: float = 0.0  # by the event loop's clock: from when the next delay counts

    async def sleep(self, seconds: float) -> None:
        """Delay the answer; counted from when it was due, so that a busy event loop adds nothing twice."""
        self.due += seconds
        turn = self.loop.create_future()
        timer = self.loop.call_at(self.due, _wake, turn)
        try:
            await turn
        finally:
            timer.cancel()

    async def open(self, response: web.StreamResponse) -> None:
        """Send the head of an answer whose body follows piece by piece."""
        response.headers["Server"] = SERVER
        await response.prepare(self.request)
        self.exchange.status = response.status

    def expect(self) -> None:
        """Tell a client that waits with its body to send it."""
        if self.request.headers["Expect"].lower() != "100-continue":
            raise Problem(417, "This server knows Expect: 100-continue only.")
        self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    @property
    def transport(self) -> asyncio.Transport:
        """The connection's transport; ConnectionResetError if the client has gone."""
        if self.connection.transport is None:
            raise ConnectionResetError("the client has gone")
        return self.connection.transport

    def send(self, status: int | None, data: bytes) -> None:
        """Write bytes straight to the connection, and note the status that they carry."""
        if self.transport.is_closing():
            raise ConnectionResetError("the client has gone")
        self.transport.write(data)
        self.exchange.status = status


Handler = Callable[..., Awaitable[Answer | web.StreamResponse | None]]
Find = Callable[[web.BaseRequest], tuple[Handler, dict[str, str]]]


class Service:
    """Serves every request but those to the control addresses."""

    def __init__(self, journal: Journal, find: Find) -> None:
        self._journal = journal
        self._find = find
        self._loop = asyncio.get_running_loop()
        self._outstanding: set[asyncio.Task[None]] = set()
        self._capacity = Capacity()
        self._rate_limit = RateLimit()
        self._conditions = Conditions()

    @property
    def conditions(self) -> Conditions:
        """The conditions from now on."""
        return self._conditions

    @conditions.setter
    def conditions(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._capacity.conditions = conditions
        self._capacity.admit()

    async def clear(self) -> None:
        """End what is outstanding and empty the journal; nothing that was sent before shows in it again."""
        for _ in range(TURNS_TO_ACCEPT):
            await asyncio.sleep(0)
        while outstanding := list(self._outstanding):
            for task in outstanding:
                task.cancel()
            await asyncio.wait(outstanding)
        self._rate_limit.clear()
        self._journal.clear()

    async def answer(self, request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        """Serve one request, from its arrival to its end."""
        exchange = connection.begin(request.method, _printable(request.raw_path))
        task = asyncio.current_task(self._loop)
        assert task is not None
        self._outstanding.add(task)
        try:
            visit = Visit(request, connection, exchange, self._conditions, self._loop)
            return await self._finish(visit, await self._respond(visit))
        except ConnectionError:
            return CLOSED
        finally:
            self._outstanding.discard(task)
            connection.finish()

    async def _finish(self, visit: Visit, response: Answer | web.StreamResponse | None) -> web.StreamResponse:
        """Send the answer, so that the journal's row is complete before the client can ask for it."""
        if response is None:
            return CLOSED
        if isinstance(response, Answer):
            sent = await response.send(visit.request)
        else:
            if not response.prepared:
                await visit.open(response)
            await response.write_eof()
            sent = response
        if visit.exchange.left is None:
            visit.exchange.status = response.status
        return sent

    async def _respond(self, visit: Visit) -> Answer | web.StreamResponse | None:
        try:
            if "?" in visit.exchange.path:
                visit.conditions = visit.conditions.for_request(visit.request.query)
            self._refuse_excess(visit)
            waited = await self._capacity.enter()
            try:
                return await self._serve(visit, waited)
            finally:
                self._capacity.leave()
        except ConditionError as error:
            if visit.exchange.started is None:
                visit.exchange.started = visit.exchange.arrived
            return condition_problem(error).answer()
        except Problem as problem:
            return problem.answer()
        except ConnectionError:
            raise
        except Exception:
            log.exception("%s %s", visit.exchange.method, visit.exchange.path)
            return Problem(500, "A fault of the mock server itself, not one that was asked for.").answer()

    def _refuse_excess(self, visit: Visit) -> None:
        limit = self._conditions.rate_limit
        if limit is not None and (wait := self._rate_limit.admit(limit, visit.connection.arrived)) > 0:
            raise self._refusal(visit, 429, wait, f"This server admits {limit} requests a second.")
        if self._capacity.is_full():
            raise self._refusal(visit, 503, 1.0, "The server is full, and so is its queue.")

    def _refusal(self, visit: Visit, status: int, wait: float, detail: str) -> Problem:
        visit.exchange.refused = True
        return Problem(status, detail, headers=retry_after(visit.conditions, status, wait))

    async def _serve(self, visit: Visit, waited: bool) -> Answer | web.StreamResponse | None:
        exchange, conditions = visit.exchange, visit.conditions
        exchange.started = self._journal.now() if waited else exchange.arrived
        visit.due = self._loop.time() if waited else visit.connection.arrived
        key = exchange.method, exchange.path, exchange.attempt
        if (delay := conditions.delay(*key)) > 0:
            await visit.sleep(delay)
        if (status := conditions.failure(*key)) is not None:
            raise Problem(
                status,
                f"Attempt {exchange.attempt} was drawn to fail.",
                headers=retry_after(conditions, status),
            )
        handler, parts = self._find(visit.request)
        if "Expect" in visit.request.headers:
            visit.expect()
        if (kind := conditions.drawn_fault(*key)) is None:
            return await handler(visit, **parts)
        if exchange.method not in ("GET", "HEAD"):
            await handler(visit, **parts)  # a fault breaks the answer, not the work
        return await do_fault(visit, kind)


def _wake(turn: asyncio.Future[None]) -> None:
    """End a delay, unless it was cancelled in the same turn of the event loop."""
    if not turn.done():
        turn.set_result(None)


async def do_fault(visit: Visit, kind: str) -> Answer | None:
    """Answer with a fault, and note it in the journal."""
    visit.exchange.fault = kind
    return await faults.KINDS[kind](visit)


def condition_problem(error: ConditionError) -> Problem:
    """Turn a wrong condition into the 422 that names field, value and range."""
    value = error.value
    if isinstance(value, float) and not math.isfinite(value):
        value = str(value)  # JSON has no word for it
    return Problem(422, str(error), field=error.field, value=value, expected=error.expected)


def _printable(path: str) -> str:
    return path if path.isascii() else path.encode("ascii", "backslashreplace").decode()
