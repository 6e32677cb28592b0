"""A controlled clock, which skips waits: code that waits ends at once, and on this clock its waits are exact.

Time stands still while code runs, in threads, too. When nothing is left to do but wait, the clock jumps to the next
timer. The work, the sockets and the requests are real. The clock controls the running loop, which may be a Jupyter
kernel's own. Timers and tasks that do not belong to the block keep the real clock.
"""

from __future__ import annotations

import asyncio
import heapq
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import Context, ContextVar
from math import ceil, inf
from time import monotonic as real_monotonic  # during the block `time.monotonic` follows the controlled clock
from typing import Any, ClassVar, TypeVar
from weakref import WeakKeyDictionary

from aiohttp.helpers import _weakref_handle

from ..runs.exclusive import preempted
from .blocking import BlockingCalls
from .loopback import data_under_way
from .replace import replaced, wrapped
from .system_waits import SystemWaits
from .threads import THREAD_POLL_INTERVAL, ThreadWork
from .time_sources import TimeSources

ITERATION = 1e-6  # seconds per loop iteration; otherwise a limiter with a rounding error left to wait would never end
MOST_SPINS, SPIN = 100, 1e-3  # after 100 iterations without an arrival (`while ...: await sleep(0)`), 1 ms each
# Real seconds to wait before a jump, in case data is on its way between two sockets. Linux reports such data itself.
GRACE = 0.0 if sys.platform == "linux" else 0.0005
THREAD_LOOK = 0.02  # real seconds between two checks while a thread works
OUTSIDE_LOOK = 0.05  # real seconds between two checks while nothing is scheduled

T = TypeVar("T")

_one_at_a_time: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
_inside: ContextVar[bool] = ContextVar("inside a controlled clock", default=False)
serving: ContextVar[bool] = ContextVar("part of the check's own server", default=False)


def is_inside(context: Context | None) -> bool:
    """Return whether code with this context, or with the current one if it is None, runs inside a controlled clock."""
    return _inside.get() if context is None else context.get(_inside, False)


async def as_server(coroutine: Coroutine[Any, Any, T]) -> T:
    """Await a coroutine of the check's own server, and return its result; what it starts is part of the server, too."""
    token = serving.set(True)  # tasks and callbacks run in copies of this context
    try:
        return await coroutine
    finally:
        serving.reset(token)


class UncontrollableLoop(RuntimeError):
    """The running event loop is not one of asyncio's own; the message says which it is."""


class ControlledClock:
    """The time of an event loop, in seconds; `jumps` counts the waits it has skipped.

    Each block begins where the last one ended, or later: a limiter that outlives a block never sees time go back.
    """

    _last_end: ClassVar[float] = 0.0

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        selector: Any = getattr(loop, "_selector", None)  # on Windows this is the proactor
        if not hasattr(selector, "select") or not hasattr(loop, "_scheduled"):
            kind = f"{type(loop).__module__}.{type(loop).__name__}"
            raise UncontrollableLoop(
                f"Only asyncio's own event loop has a clock that can be controlled; this is {kind}."
            )
        self._loop: Any = loop
        self._selector = selector
        self._select = self._selector.select
        self._outside: list[Any] = []  # timers that keep the real clock
        real = loop.time()
        self.now = float(ceil(max(real, self._last_end)))  # aiohttp rounds long timeouts up
        self.jumps = 0
        self.iterations = 0
        self.on_iteration: list[Callable[[], None]] = []
        self._spins = 0  # iterations in a row with something to run, in which nothing arrived
        self.waited = 0.0  # real seconds for which the loop had nothing to do but wait for threads
        self._system_waits = SystemWaits()
        self.threads = ThreadWork(lambda: self.now, lambda: self._loop._write_to_self(), self._system_waits.is_locked)
        self.blocking = BlockingCalls(self.threads, self.advance)
        self._time_sources = TimeSources(lambda: self.now - real, self.blocking.sleep)

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self.now += seconds
        self._time_sources.advance(seconds)

    def has_timer(self) -> bool:
        """Return whether the block has a pending timer, besides those of its server and of idle connections."""
        return any(
            not timer.cancelled()
            and is_inside(timer._context)
            and not timer._context.get(serving)
            and timer._callback is not _weakref_handle
            for timer in self._loop._scheduled
        )

    @contextmanager
    def control(self, *code: Any) -> Iterator[ControlledClock]:
        """Control the loop while the block runs, and the clocks that `code` keeps.

        A timer that is pending at its end keeps its remaining wait.
        """
        self._outside = list(self._loop._scheduled)
        self._loop._scheduled.clear()
        token = _inside.set(True)
        try:
            with (
                self.threads.tracked(),
                self.blocking.refused(),
                self._time_sources.follow(*code),
                replaced(self._loop, "time", lambda: self.now),
                wrapped(self._loop, "call_at", self._call_at),
                wrapped(self._loop, "call_soon", self._call_soon),
                replaced(self._selector, "select", self._wait),
                replaced(self._loop, "_debug", False),  # slow, and it adds files to texts
            ):
                yield self
        finally:
            _inside.reset(token)
            self._hand_back()
            ControlledClock._last_end = self.now

    def _call_at(self, schedule: Any) -> Any:
        """Return a `call_at` that keeps the timers of other tasks, such as the kernel's, on the real clock."""

        def call_at(when: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:
            if is_inside(context):
                timer: asyncio.TimerHandle = schedule(when, callback, *args, context=context)
                return timer
            timer = asyncio.TimerHandle(when - self.now + real_monotonic(), callback, args, self._loop, context)
            self._outside.append(timer)
            return timer

        return call_at

    def _call_soon(self, schedule: Any) -> Any:
        """Return a `call_soon` that notes calls from other threads, which would not wake a loop that waits."""
        own = threading.get_ident()

        def call_soon(callback: Any, *args: Any, context: Any = None) -> Any:
            if threading.get_ident() != own:
                self.threads.called_loop(sys._getframe(1))
            return schedule(callback, *args, context=context)

        return call_soon

    def _hand_back(self) -> None:
        """Put all pending timers back on the real clock: the block's own, and those that were set aside."""
        scheduled = self._loop._scheduled
        back = self._loop.time() - self.now
        for timer in scheduled:
            timer._when += back
        for timer in self._outside:
            timer._scheduled = True
            scheduled.append(timer)
        heapq.heapify(scheduled)

    def _wait(self, timeout: float | None = None) -> Any:
        """Replace the selector's `select`: return the events that are ready, or jump to the next timer."""
        self.iterations += 1
        for call in self.on_iteration:
            call()
        events = self._select(0)
        if events or (timeout is not None and timeout <= 0):
            self._spins = 0 if events else self._spins + 1
            self._system_waits.restart()
            self.advance(ITERATION if self._spins < MOST_SPINS else SPIN)
            return events
        self._spins = 0
        waits_begun = self.threads.waits_begun
        if not self.threads.all_wait():
            return self._wait_for_threads(timeout)
        is_on_its_way = data_under_way(self._selector, self.blocking.clients, self.threads.sockets())
        if (events := self._select(GRACE)) or is_on_its_way:
            self.advance(ITERATION)
            return events
        if self.threads.waits_begun != waits_begun or not self.threads.all_wait():
            return self._wait_for_threads(timeout)  # data has just reached a thread
        seconds = min(inf if timeout is None else timeout, self.threads.next_due() - self.now)
        if seconds == inf:
            return self._select(OUTSIDE_LOOK)
        self.jumps += 1
        self._system_waits.restart()
        self.advance(max(seconds, 0.0) + ITERATION)
        return []

    def _wait_for_threads(self, timeout: float | None) -> Any:
        """Wait for a thread. Like the event loop's, its work takes no time on the clock.

        If all threads that seem to work wait in the system, as for another program, the clock follows the real one. A
        wait for a lock is skipped: only another thread can end it.
        """
        working = list(self.threads.working())
        follows = bool(working) and self._system_waits.found(working) and not self.threads.all_wait()
        # If none works, one has only to notice that its wait is over.
        longest = THREAD_LOOK if working else THREAD_POLL_INTERVAL
        if follows and timeout is not None:
            longest = min(timeout, longest)
        began = real_monotonic()
        events = self._select(longest)
        seconds = real_monotonic() - began
        if working:
            self.waited += seconds
        self.advance(max(seconds, ITERATION) if follows else ITERATION)
        return events


@asynccontextmanager
async def sole_clock(*code: Any) -> AsyncIterator[ControlledClock]:
    """Like `controlled_clock`, but stop a lab that is running, and wait until no other such block controls the loop.

    Raises:
        UncontrollableLoop: the loop is not one of asyncio's own, or such a block would have to wait for itself.
    """
    if is_inside(None):
        raise UncontrollableLoop("The clock is controlled already: run this outside the `fast_forward` block.")
    async with _one_at_a_time.setdefault(asyncio.get_running_loop(), asyncio.Lock()), preempted():
        with controlled_clock(*code) as clock:
            yield clock


@contextmanager
def controlled_clock(*code: Any) -> Iterator[ControlledClock]:
    """Control the running event loop's clock, and all clocks of `time` and `datetime`, while the block runs.

    Args:
        code: functions that will run; the clocks that they keep, as in defaults of parameters, are controlled, too.

    Raises:
        UncontrollableLoop: the loop is not one of asyncio's own (uvloop's is not).
    """
    clock = ControlledClock(asyncio.get_running_loop())
    with clock.control(*code):
        yield clock
