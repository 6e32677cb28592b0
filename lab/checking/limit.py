"""Run a coroutine that may never end, and say why it had to be stopped."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Coroutine
from enum import Enum
from types import CodeType
from typing import Any

from ..errors import Line, last_learners_line
from .blocking import EventLoopBlocked
from .threads import retrieve
from .watchdog import Watchdog

MANY_JUMPS = 25_000  # of a function that polls
MOST_WORK = 10.0  # seconds of processor time that the event loop's thread may take
MAY_POLL = 60.0  # seconds for which a function may poll as often as it likes
MOST_WAITED = 30.0  # real seconds for which threads may work
LATE = 0.001  # seconds after the limit: what falls due exactly at the limit still counts, whatever the rounding
IDLE_JUMPS = 5  # clock jumps in the limit's second half that connections' own timers may cause
CANCELLATIONS = 20  # before giving up on a coroutine that swallows them


class Reason(Enum):
    """Why a coroutine was stopped, as a learner reads it."""

    WAITS = "It waits for something that never happens"
    REPEATS = "It had not ended after {seconds:g} s"
    REQUESTS = "It had sent {requests:,} requests and was still running"
    COMPUTES = "It computed for too long"
    POLLS = f"It woke up more than {MANY_JUMPS:,} times"
    BLOCKS = "It blocks the event loop"
    THREADS = f"Its threads had not ended after {MOST_WAITED:g} real seconds"


class Stopped(Exception):
    """A coroutine was stopped; `ended` says whether it could be cancelled."""

    def __init__(self, reason: Reason, line: Line | None = None, *, ended: bool = True) -> None:
        super().__init__(reason.name.lower())
        self.reason, self.line, self.ended = reason, line, ended


class CancelledItself(Exception):
    """The coroutine raised CancelledError, on this line, though nobody had cancelled it."""

    def __init__(self, line: Line | None) -> None:
        super().__init__()
        self.line = line


class Limit:
    """Runs a coroutine for at most `seconds` on the clock; `stop` ends it sooner, and so does the watchdog."""

    def __init__(self, guard: Watchdog, seconds: float) -> None:
        clock = guard.clock
        self.guard, self.clock, self.seconds = guard, clock, seconds
        self._jumps, self._began, self._waited = clock.jumps, clock.now, clock.waited  # at the start
        self._worked = time.thread_time()
        self._stopped: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def stop(self, reason: Reason) -> None:
        """End the coroutine."""
        if not self._stopped.done():
            self._stopped.set_result(reason)

    async def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Return what the coroutine returns, or raise what it raises.

        Raises:
            Stopped: it did not end by itself.
            CancelledItself: it ended with a CancelledError that came from within.
        """
        loop = asyncio.get_running_loop()
        task: asyncio.Task[Any] = loop.create_task(coroutine)
        task.add_done_callback(retrieve)
        self._timer = loop.call_later(self.seconds / 2, self._half_time)
        self.clock.on_iteration.append(self._count)
        stops = self.guard.stops
        try:
            await asyncio.wait([task, self._stopped], return_when=asyncio.FIRST_COMPLETED)
            line = polling_line(task) if self._polls else waiting_line(task)
            ended = task.done() or await cancel(task)
        except asyncio.CancelledError:
            await cancel(task)
            raise
        finally:
            self._timer.cancel()
            self.clock.on_iteration.remove(self._count)
        if self.guard.stops > stops:
            raise Stopped(Reason.BLOCKS if self.guard.hangs else Reason.COMPUTES, self.guard.line)
        if self._stopped.done():
            raise Stopped(self._stopped.result(), line, ended=ended)
        return _result(task)

    @property
    def _polls(self) -> bool:
        return self._stopped.done() and self._stopped.result() is Reason.POLLS

    def _count(self) -> None:
        """End a coroutine that polls or whose work, or that of its threads, does not end.

        The loop calls this in each iteration. A thread could not: a loop with short steps may keep the interpreter's
        lock from it for seconds.
        """
        seconds, jumps = self.clock.now - self._began, self.clock.jumps - self._jumps
        has_worked = time.thread_time() - self._worked > MOST_WORK
        if jumps > MANY_JUMPS and (MAY_POLL < seconds < jumps or has_worked):
            self.stop(Reason.POLLS)
        elif has_worked:
            self.stop(Reason.COMPUTES)
        elif self.clock.waited - self._waited > MOST_WAITED:
            self.stop(Reason.THREADS)

    def _half_time(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self.seconds / 2 + LATE, self._time_is_up, self.clock.jumps)

    def _time_is_up(self, jumps: int) -> None:
        is_waiting = self.clock.jumps - jumps <= IDLE_JUMPS and not self.clock.has_timer()
        self.stop(Reason.WAITS if is_waiting else Reason.REPEATS)


async def cancel(task: asyncio.Task[Any]) -> bool:
    """Cancel a task, repeatedly if it swallows the cancellation; return whether it has ended."""
    for _ in range(CANCELLATIONS):
        task.cancel()
        await asyncio.wait([task], timeout=1)
        if task.done():
            return True
    return False


def waiting_line(task: asyncio.Task[Any]) -> Line | None:
    """Return the line of the learner's code at which a task waits."""
    return last_learners_line(_places(task))


def polling_line(task: asyncio.Task[Any]) -> Line | None:
    """Return the line at which a task sleeps or, if it does not, the first line at which another one does."""
    others = [] if _is_asleep(task) else filter(_is_asleep, asyncio.all_tasks())
    lines = [line for line in map(waiting_line, others) if line is not None]
    return min(lines, key=lambda line: line.number) if lines else waiting_line(task)


def _is_asleep(task: asyncio.Task[Any]) -> bool:
    places = _places(task)
    return bool(places) and places[-1][0] is asyncio.sleep.__code__


def _places(task: asyncio.Task[Any]) -> list[tuple[CodeType, int]]:
    """Return where the task, and the coroutines that it awaits, are: the code and the line of each, innermost last."""
    waiting: Any = task.get_coro()
    places = []
    while (frame := getattr(waiting, "cr_frame", None)) is not None:
        places.append((frame.f_code, frame.f_lineno))
        waiting = getattr(waiting, "cr_await", None)
    return places


def _result(task: asyncio.Task[Any]) -> Any:
    try:
        return task.result()
    except EventLoopBlocked:
        raise Stopped(Reason.BLOCKS) from None
    except BaseExceptionGroup as group:  # raised by a TaskGroup
        if group.subgroup(EventLoopBlocked) is None:
            raise
        raise Stopped(Reason.BLOCKS) from None
    except asyncio.CancelledError as error:
        frames = [(frame.f_code, number) for frame, number in traceback.walk_tb(error.__traceback__)]
        raise CancelledItself(last_learners_line(reversed(frames))) from None  # not that of the cancelled task
