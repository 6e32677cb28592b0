"""Run a learner's submission against a server of the check's own, and see what that server saw."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from copy import copy
from typing import Any, NoReturn

import aiohttp

from mock_server import Exchange, Snapshot
from mock_server.application import Application

from ..runs.run import Run
from .clock import ControlledClock
from .limit import CancelledItself, Limit, Reason, Stopped, cancel
from .symptoms import NotYet, blocked, raised, stopped

MOST_REQUESTS = 1000  # of one call; an exercise asks for 300 at most
LIMIT = 60.0  # seconds of the check's clock that one call may take, unless its judge allows more

ELSEWHERE = "It asked http://{}. A check has a server of its own: use the URL or the session that it passes."
CANCELLED_ITSELF = (
    "It raised CancelledError. If it waits for tasks that it has cancelled, "
    "`asyncio.gather(*tasks, return_exceptions=True)` does not raise."
)

Submission = Callable[..., Any]


class Trial:
    """What a judge works with: the server, the clock, and the run of the latest call.

    `url` is the server's, `run` what it saw of the latest call, by the controlled clock. `limit` is how many seconds of
    that clock a call may take.
    """

    def __init__(self, application: Application, clock: ControlledClock, submission: Submission) -> None:
        self.application, self.clock, self.submission = application, clock, submission
        self.url = f"http://127.0.0.1:{application.control.port}"
        self.run = Run()
        self.limit = LIMIT
        self._limits: list[Limit] = []  # of the calls under way
        application.journal.on_end = self._count_requests

    async def call(self, *arguments: Any, **keywords: Any) -> Any:
        """Return what one call of the submission returns, and watch it.

        Raises:
            NotYet: it raised, did not end, blocked the event loop, or is no coroutine function.
            NotImplementedError: the blank is not filled in.
        """
        async with self.watched():
            return await self.call_unwatched(*arguments, **keywords)

    async def outcome(self, *arguments: Any, **keywords: Any) -> Any:
        """Return what one call returns or, if it raises, the exception; NotYet is raised for all else, as by `call`."""
        try:
            return await self.call(*arguments, **keywords)
        except NotYet as symptom:
            if symptom.__cause__ is None:
                raise
            return symptom.__cause__

    async def cancelled(self, seconds: float, *arguments: Any) -> bool:
        """Cancel one call of the submission after so many seconds; return whether it raises CancelledError."""
        async with self.watched():
            return bool(await self._judged(lambda: _cancelled(self.submission(*arguments), seconds)))

    async def call_together(self, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Do as `call` for several calls of the submission at once, as one run."""
        async with self.watched():
            return list(await asyncio.gather(*(self.call_unwatched(*call) for call in calls)))

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Make what the server sees of a block the trial's run."""
        await self.application.clear()
        self.run = Run()
        try:
            yield
        finally:
            journal = self.application.journal
            rows = [copy(row) for row in journal.rows()]
            self.run.fill(Snapshot(journal.now(), 0.0, journal.dropped, rows))

    async def documents(self, paths: Sequence[str]) -> list[Any]:
        """Return the JSON documents that the server has at these paths."""
        async with aiohttp.ClientSession(self.url) as session:
            return list(await asyncio.gather(*(_document(session, path) for path in paths)))

    async def change_item(self, id: int, fields: dict[str, Any]) -> None:
        """Change some fields of one of the server's items."""
        async with aiohttp.ClientSession(self.url) as session, session.patch(f"/items/{id}", json=fields) as response:
            response.raise_for_status()

    @contextmanager
    def configured(self, **conditions: Any) -> Iterator[None]:
        """Change some of the server's conditions for the block."""
        before = self.application.conditions
        self.application.conditions = before.changed(conditions)
        try:
            yield
        finally:
            self.application.conditions = before

    async def call_unwatched(self, *arguments: Any, **keywords: Any) -> Any:
        """Do as `call`, as part of a run that is watched already. A list is passed as a copy, which may be changed."""
        own = [list(each) if isinstance(each, list) else each for each in arguments]
        return await self._judged(lambda: self.submission(*own, **keywords))

    async def _judged(self, start: Callable[[], Any]) -> Any:
        """Return what a call returns; NotYet if it raises or has done what no submission may do."""
        notes = self.clock.blocking
        calls, strangers = len(notes.found), len(notes.elsewhere)
        result, error = None, None
        try:
            result = await self._limited(start())
        except Exception as found:
            error = found
        if len(notes.found) > calls:
            raise NotYet(blocked(notes.found[calls]))
        if len(notes.elsewhere) > strangers:
            raise NotYet(ELSEWHERE.format(notes.elsewhere[strangers]))
        if error is not None:
            self._tell(error)
        return result

    def told(self, error: Exception) -> str:
        """Say what was raised, with paths in place of URLs: the port differs from check to check."""
        return raised(error).replace(self.url, "")

    def _tell(self, error: Exception) -> NoReturn:
        """Raise what ended a call as NotYet; its cause is an exception that the submission itself raised."""
        if isinstance(error, NotYet | NotImplementedError):
            raise error
        if isinstance(error, Stopped):
            raise NotYet(stopped(error, self.limit, len(self.application.journal.rows())))
        if isinstance(error, CancelledItself):
            raise NotYet(CANCELLED_ITSELF)
        raise NotYet(self.told(error)) from error

    async def _limited(self, submitted: Any) -> Any:
        if inspect.isasyncgen(submitted):
            raise NotYet("It has a `yield`, so it is a generator. Return all results at the end instead.")
        if not inspect.isawaitable(submitted):
            raise NotYet("It is not a coroutine function: begin it with `async def`.")
        limit = Limit(self.clock, self.limit)
        self._limits.append(limit)
        try:
            return await _finished(await limit.run(_awaited(submitted)))
        finally:
            self._limits.remove(limit)

    def _count_requests(self, row: Exchange) -> None:
        if row.number > MOST_REQUESTS:
            for limit in self._limits:
                limit.stop(Reason.REQUESTS)


async def _document(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(path) as response:
        return await response.json()


async def _awaited(submitted: Awaitable[Any]) -> Any:
    return await submitted


async def _cancelled(submitted: Awaitable[Any], seconds: float) -> bool:
    """Cancel what was submitted after so many seconds, and return whether it raises CancelledError."""
    task = asyncio.ensure_future(submitted)
    try:
        await asyncio.wait([task], timeout=seconds)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()
    finally:
        await cancel(task)


async def _finished(result: Any) -> Any:
    """Pass on a result. Tasks and futures in its place are cancelled, and NotYet is raised."""
    values = result if isinstance(result, list | tuple) else [result]
    if pending := [value for value in values if asyncio.isfuture(value)]:
        for future in pending:
            future.cancel()
        await asyncio.wait(pending, timeout=1)
        raise NotYet("It returned before the results were there. Is an `await` missing before `gather` or a task?")
    return result
