"""Call a submission, and turn whatever goes wrong into a symptom."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any, NoReturn

from mock_server import Exchange
from mock_server.application import Application

from ..errors import first_leaf, line_of
from ..quantities import counted
from .limit import LATE, CancelledItself, Limit, Reason, Stopped
from .symptoms import NotYet, at, blocked, raised, sentences, stopped
from .tasks import ProcessExit, Started, first_failure
from .watchdog import Watchdog

MOST_REQUESTS = 1000  # in one run; no exercise needs more than 300

ELSEWHERE = "It sent a request to http://{}. A check has its own server: use the URL or the session that it passes."
UNSAFE = "A thread changed an asyncio object directly, which does not wake the event loop: use `call_soon_threadsafe`"
OTHER_LOOP = (
    "An asyncio object, such as the session, works only in the event loop that made it: await your coroutine here, "
    "without `asyncio.run` or a thread"
)
# Which of them aiohttp or asyncio says may depend on what the other loop does just then.
OTHER_LOOP_SAID = ("should be used inside a task", "attached to a different loop", "bound to a different event loop")
FIELDS = ("id", "name", "price", "related")  # of a good document
CANCELLED_ITSELF = (
    "It raised CancelledError: it cancelled itself, closed a session that a task still used, or wanted the result of a "
    "cancelled task. `task.cancelled()` tells whether a task has been cancelled; "
    "`asyncio.gather(*tasks, return_exceptions=True)` raises nothing; `asyncio.timeout` raises TimeoutError instead."
)


class Calls:
    """Calls a submission on one server, under a controlled clock."""

    def __init__(self, application: Application, guard: Watchdog, started: Started) -> None:
        self._journal, self._guard, self._started = application.journal, guard, started
        self._clock = guard.clock
        self._limits: list[Limit] = []  # of the calls in progress
        self._journal.on_end = self._count_requests

    async def result(self, start: Callable[[], Any], seconds: float) -> Any:
        """Call the submission once, and return its result.

        Args:
            start: begins the call.
            seconds: how long the call may take on the controlled clock.

        Raises:
            NotYet: the call raised, did not end, or did something that no submission may do.
            NotImplementedError: the blank is not filled in.
        """
        notes, unsafe_calls = self._clock.blocking, self._clock.threads.unsafe_calls
        calls, strangers, unsafe = len(notes.found), len(notes.elsewhere), len(unsafe_calls)
        result, error = None, None
        first_task = max(self._started.values(), default=-1) + 1
        began = self._journal.now()
        try:
            result = await self._limited(start(), seconds)
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException as found:
            error = found
        if len(notes.found) > calls:
            raise NotYet(blocked(notes.found[calls]))
        if len(notes.elsewhere) > strangers:
            raise NotYet(ELSEWHERE.format(notes.elsewhere[strangers]))
        if len(unsafe_calls) > unsafe:
            call = unsafe_calls[unsafe]
            raise NotYet(sentences(OTHER_LOOP if call.has_loop else UNSAFE, at(call.line)))
        if error is not None:
            self._raise_symptom(error, seconds, began, first_task)
        return result

    def _raise_symptom(self, error: BaseException, seconds: float, began: float, first_task: int) -> NoReturn:
        """Raise NotYet for the error that ended a call. An error that the submission raised becomes its cause."""
        if isinstance(error, NotYet | NotImplementedError):
            raise error
        if isinstance(error, Stopped):
            why = self._why_waiting(error, first_task)
            seen = self._seen(error, began, began + seconds + LATE)
            raise NotYet(sentences(stopped(error, seconds, len(self._journal.rows())), seen, why))
        if isinstance(error, ProcessExit) and error.__cause__:
            raise NotYet(raised(error.__cause__))
        if isinstance(error, RuntimeError) and any(said in str(error) for said in OTHER_LOOP_SAID):
            raise NotYet(sentences(OTHER_LOOP, at(line_of(error))))
        if isinstance(error, CancelledItself):
            raise NotYet(sentences(CANCELLED_ITSELF, at(error.line)))
        raise NotYet(sentences(raised(error), self._refusal(error))) from error

    def _refusal(self, error: BaseException) -> str:
        """Say why a key may be missing: an error document has others, or a request that failed stored nothing."""
        missing = first_leaf(error)
        if not isinstance(missing, KeyError) or len(missing.args) != 1:
            return ""
        [key] = missing.args
        latest = {row.path: row for row in self._journal.rows()}
        if isinstance(key, int) or (isinstance(key, str) and key in latest):
            return "Nothing is stored under this key. Does a request that fails store nothing?"
        refused = [row for row in latest.values() if (row.status or 0) >= 400]
        if key not in FIELDS or not refused:
            return ""
        last = max(refused, key=lambda row: row.number)
        return f"The response to {last.method} {last.path} had the status {last.status}"

    def _seen(self, stop: Stopped, began: float, deadline: float) -> str:
        """Say what the server had seen of a call between these two times of the journal."""
        rows = [row for row in self._journal.rows() if row.arrived >= began]
        if stop.reason not in (Reason.WAITS, Reason.REPEATS) or not rows:
            return ""
        ends = [row.ended if row.disconnected is None else row.disconnected for row in rows]
        unanswered = sum(end is None or end >= deadline for end in ends)
        said = f"By then the server had seen {counted(len(rows), 'request')}"
        return f"{said}; {unanswered} had no complete response yet" if unanswered else said

    def _why_waiting(self, stop: Stopped, first_task: int) -> str:
        """Say which of the submission's tasks failed, if the submission waits for something that never happens."""
        failure = first_failure(self._started, first_task) if stop.reason is Reason.WAITS else None
        return raised(failure, "A task") if failure else ""

    async def _limited(self, submitted: Any, seconds: float) -> Any:
        if inspect.isasyncgen(submitted):
            raise NotYet("It has a `yield`, so it is a generator. Return all results at the end instead.")
        if not inspect.isawaitable(submitted):
            raise NotYet("It is not a coroutine function: define it with `async def`.")
        limit = Limit(self._guard, seconds)
        self._limits.append(limit)
        try:
            return await _finished(await limit.run(_awaited(submitted)))
        finally:
            self._limits.remove(limit)

    def _count_requests(self, row: Exchange) -> None:
        if row.number > MOST_REQUESTS:
            for limit in self._limits:
                limit.stop(Reason.REQUESTS)


async def _awaited(submitted: Awaitable[Any]) -> Any:
    return await submitted


async def _finished(result: Any) -> Any:
    """Return a result. If it is or contains tasks or futures, cancel them and raise NotYet."""
    values = result if isinstance(result, list | tuple) else [result]
    for coroutine in filter(inspect.iscoroutine, values):
        coroutine.close()  # otherwise Python says in a later cell that it was never awaited
    if inspect.iscoroutine(result):
        raise NotYet("It returned a coroutine. Is an `await` missing?")
    if any(isinstance(value, Future) for value in values):
        raise NotYet("It returned a pool's futures. Wait for their results: `await asyncio.wrap_future(future)`.")
    if pending := [value for value in values if asyncio.isfuture(value)]:
        for future in pending:
            future.cancel()
        await asyncio.wait(pending, timeout=1)
        raise NotYet("It returned before the results were ready. Is an `await` missing before `gather` or a task?")
    return result
