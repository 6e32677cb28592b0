"""How one request is served: admitted, delayed, failed or handled, and recorded in the journal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aiohttp import web

from .admission import Capacity, RateLimit
from .conditions import ConditionError, Conditions
from .connection import Connection
from .context import AnyResponse, Handler, RequestContext
from .faults import send_fault
from .journal import Journal
from .problem import Problem, condition_problem
from .response import SENT_CLOSE, FixedResponse
from .retry_after import retry_after

ITERATIONS_TO_ACCEPT = 5  # of the event loop, from a connection waiting to be accepted to its request being read
log = logging.getLogger("mock_server")

Find = Callable[[web.BaseRequest], tuple[Handler, dict[str, str]]]


class Service:
    """Serves every request except those to the control endpoints."""

    def __init__(self, journal: Journal, find: Find) -> None:
        self._journal = journal
        self._find = find
        self._loop = asyncio.get_running_loop()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._capacity = Capacity()
        self._rate_limit = RateLimit()
        self._conditions = Conditions()

    @property
    def conditions(self) -> Conditions:
        """The current conditions."""
        return self._conditions

    @conditions.setter
    def conditions(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._capacity.conditions = conditions
        self._capacity.admit_waiting()

    async def clear(self) -> None:
        """Cancel the requests in flight and empty the journal; no request sent before the call appears in it later."""
        for _ in range(ITERATIONS_TO_ACCEPT):
            await asyncio.sleep(0)
        while in_flight := list(self._in_flight):
            for task in in_flight:
                task.cancel()
            await asyncio.wait(in_flight)
        self._rate_limit.clear()
        self._journal.clear()

    async def handle(self, request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        """Serve one request, from its arrival to its end."""
        exchange = connection.begin(request.method, _printable(request.raw_path))
        task = asyncio.current_task(self._loop)
        assert task is not None
        self._in_flight.add(task)
        try:
            context = RequestContext(request, connection, exchange, self._conditions, self._loop)
            return await self._send(context, await self._respond(context))
        except ConnectionError:
            return SENT_CLOSE
        finally:
            self._in_flight.discard(task)
            connection.finish()

    async def _send(self, context: RequestContext, response: AnyResponse) -> web.StreamResponse:
        """Send the response here, not in aiohttp: the row must be complete before the client can ask for it."""
        if response is None:
            return SENT_CLOSE
        if isinstance(response, FixedResponse):
            sent = await response.send(context.request)
        else:
            if not response.prepared:
                await context.send_head(response)
            await response.write_eof()
            sent = response
        if context.exchange.disconnected is None:
            context.exchange.status = response.status
        return sent

    async def _respond(self, context: RequestContext) -> AnyResponse:
        try:
            if "?" in context.exchange.path:
                context.conditions = context.conditions.for_request(context.request.query)
            self._refuse_excess(context)
            waited = await self._capacity.acquire()
            try:
                return await self._serve(context, waited)
            finally:
                self._capacity.release()
        except ConditionError as error:
            if context.exchange.started is None:
                context.exchange.started = context.exchange.arrived
            return condition_problem(error).response()
        except Problem as problem:
            return problem.response()
        except ConnectionError:
            raise
        except Exception:
            log.exception("%s %s", context.exchange.method, context.exchange.path)
            return Problem(500, "This is a bug in the mock server, not a failure that you asked for.").response()

    def _refuse_excess(self, context: RequestContext) -> None:
        limit = self._conditions.rate_limit
        if limit is not None and (wait := self._rate_limit.admit(limit, context.connection.arrived)) > 0:
            detail = f"Too many requests: the server admits {limit} per second."
            raise self._refusal(context, 429, wait, detail)
        if self._capacity.is_full():
            raise self._refusal(context, 503, 1.0, "The server is at its capacity and its queue is full.")

    def _refusal(self, context: RequestContext, status: int, wait: float, detail: str) -> Problem:
        context.exchange.refused = True
        return Problem(status, detail, headers=retry_after(context.conditions, status, wait))

    async def _serve(self, context: RequestContext, waited: bool) -> AnyResponse:
        exchange, conditions = context.exchange, context.conditions
        exchange.started = self._journal.now() if waited else exchange.arrived
        context.due = self._loop.time() if waited else context.connection.arrived
        key = exchange.method, exchange.path, exchange.attempt
        if (delay := conditions.delay(*key)) > 0:
            await context.sleep(delay)
        if (status := conditions.failure(*key)) is not None:
            detail = f"Attempt {exchange.attempt} fails because of failure_rate."
            raise Problem(status, detail, headers=retry_after(conditions, status))
        handler, parameters = self._find(context.request)
        if "Expect" in context.request.headers:
            context.send_continue()
        if (kind := conditions.drawn_fault(*key)) is None:
            return await handler(context, **parameters)
        if exchange.method not in ("GET", "HEAD"):
            await handler(context, **parameters)  # a fault breaks the response, not the work
        return await send_fault(context, kind)


def _printable(path: str) -> str:
    return path if path.isascii() else path.encode("ascii", "backslashreplace").decode()
