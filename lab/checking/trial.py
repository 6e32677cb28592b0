"""A trial: run a learner's submission against the check's own server, and record what the server saw."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from copy import copy
from typing import Any

import aiohttp

from mock_server import Conditions, Snapshot
from mock_server.application import Application
from mock_server.store import SEEDED

from ..runs.run import Run
from .calls import Calls
from .clock import as_server, sole_clock
from .leftovers import Leftovers, cleaned_up
from .limit import cancel
from .replace import replaced
from .seeded import seeded
from .symptoms import NotYet
from .watchdog import Watchdog, watchdog

LIMIT = 60.0  # seconds on the controlled clock that one call may take, unless its judge allows more
DEFAULT_THREADS = 5  # as many as `asyncio.to_thread` has on a machine with one processor

Submission = Callable[..., Any]


@asynccontextmanager
async def trial_of(submission: Submission, conditions: Conditions) -> AsyncIterator[Trial]:
    """Yield the trial of a submission on a server under these conditions. Only one trial runs at a time.

    The trial has its own server and threads, a controlled clock and seeded draws.

    Raises:
        UncontrollableLoop: the running event loop is not one of asyncio's own.
    """
    async with sole_clock(submission) as clock:
        with watchdog(clock) as guard, seeded(), _default_threads():
            async with cleaned_up(guard) as leftovers, _served(conditions) as application:
                clock.blocking.port = application.control.port
                yield Trial(submission, application, guard, leftovers)


@asynccontextmanager
async def _served(conditions: Conditions) -> AsyncIterator[Application]:
    application = Application(conditions)
    await as_server(application.listen("127.0.0.1", 0))
    try:
        yield application
    finally:
        await application.close()


@contextmanager
def _default_threads() -> Iterator[None]:
    """Give `asyncio.to_thread` new threads, so that a verdict depends neither on the machine nor on earlier cells."""
    pool = ThreadPoolExecutor(DEFAULT_THREADS, "trial")
    try:
        with replaced(asyncio.get_running_loop(), "_default_executor", pool):
            yield
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class Trial:
    """What a judge works with: the server, the clock, and the run of the latest call.

    `url` is the server's URL, `run` is what the server saw of the latest call, and `seconds` is how long it took.
    A right verdict shows `shown`, or `run` if the judge has set none; a wrong one shows `run`.
    `limit` is how many seconds a call may take. All times are those of the controlled clock.
    """

    def __init__(self, submission: Submission, application: Application, guard: Watchdog, leftovers: Leftovers) -> None:
        self.submission, self.application, self.leftovers = submission, application, leftovers
        self.clock = guard.clock
        self.url = f"http://127.0.0.1:{application.control.port}"
        self.run = Run()
        self.shown: Run | None = None
        self.seconds = 0.0
        self.limit = LIMIT
        self._calls = Calls(application, guard, leftovers.started)

    async def call(self, *arguments: Any, **keywords: Any) -> Any:
        """Call the submission, record what the server sees in `run`, and return the result.

        Raises:
            NotYet: it raised, did not end, blocked the event loop, or is not a coroutine function.
            NotImplementedError: the blank is not filled in.
        """
        async with self.watched():
            return await self.call_unwatched(*arguments, **keywords)

    async def outcome(self, *arguments: Any, **keywords: Any) -> Any:
        """Like `call`, but return the exception that the submission raises. It must not return one."""
        try:
            result = await self.call(*arguments, **keywords)
        except NotYet as symptom:
            if symptom.__cause__ is None:
                raise
            return symptom.__cause__
        if isinstance(result, BaseException):
            raise NotYet("It returned an exception. Raise it.")
        return result

    async def cancelled(self, seconds: float, *arguments: Any) -> bool:
        """Cancel one call of the submission after some seconds, and return whether it raises CancelledError."""
        async with self.watched():
            return bool(await self._calls.result(lambda: _cancelled(self.submission(*arguments), seconds), self.limit))

    async def call_together(self, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Like `call`, for several calls at once that form one run; return their results in order."""
        async with self.watched():
            return list(await asyncio.gather(*(self.call_unwatched(*call) for call in calls)))

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Clear the server, run the block, and store what the server saw in `run`."""
        await self.application.clear()
        self.run = Run()
        began = self.clock.now
        try:
            yield
        finally:
            self.seconds = self.clock.now - began
            journal = self.application.journal
            self.run.fill(Snapshot(journal.now(), 0.0, journal.dropped, [copy(row) for row in journal.rows()]))

    async def documents(self, paths: Sequence[str]) -> list[Any]:
        """Return the JSON documents that the server has at these paths."""
        async with aiohttp.ClientSession(self.url) as session:
            return list(await asyncio.gather(*(_document(session, path) for path in paths)))

    def items(self, ids: Iterable[int]) -> list[dict[str, Any]]:
        """Return the documents of the server's items with these ids, in this order."""
        return [self.application.store.get(id).document for id in ids]

    def created(self) -> list[dict[str, Any]]:
        """Return the fields of the items that were created, in the order of their ids."""
        store = self.application.store
        return [store.get(id).fields or {} for id in store.ids() if id > SEEDED]

    @contextmanager
    def configured(self, **conditions: Any) -> Iterator[None]:
        """Change some of the server's conditions while the block runs."""
        before = self.application.conditions
        self.application.conditions = before.changed(conditions)
        try:
            yield
        finally:
            self.application.conditions = before

    async def call_unwatched(self, *arguments: Any, **keywords: Any) -> Any:
        """Like `call`, but inside a `watched` block. The submission gets a copy of each list."""
        own = [list(each) if isinstance(each, list) else each for each in arguments]
        return await self._calls.result(lambda: self.submission(*own, **keywords), self.limit)


async def _document(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(path) as response:
        return await response.json()


async def _cancelled(submitted: Awaitable[Any], seconds: float) -> bool:
    """Cancel a submission's coroutine after some seconds, and return whether it raises CancelledError."""
    task = asyncio.ensure_future(submitted)
    try:
        await asyncio.wait([task], timeout=seconds)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()
    finally:
        await cancel(task)
