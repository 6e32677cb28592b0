"""A time limit that holds for any coroutine, also for one that never gives the event loop back."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Result = TypeVar("Result")

TICK = 0.05  # seconds between two signs of life of the event loop
LOOK = 4 * TICK  # seconds between two looks for one
SILENT = 10  # looks in a row that find none; a machine that stands still, however long, is given one look for it
LATE_COUNTS = 0.25  # the share that counts of the time by which the event loop is late
CANCELLATIONS = 20  # tries to cancel a coroutine before it is given up


class Endless(Exception):
    """The coroutine did not end within its limit; `blocking` if it held up the event loop."""

    def __init__(self, seconds: float, *, blocking: bool = False, stopped: bool = True) -> None:
        super().__init__(f"no end within {seconds:g} s")
        self.seconds, self.blocking, self.stopped = seconds, blocking, stopped


class SelfCancelled(Exception):
    """The coroutine ended with a CancelledError, though nobody had cancelled it: it awaited what it had cancelled."""


class _Blocked(BaseException):
    """Raised into code that holds up the event loop; no `except Exception` stands in its way."""


async def within(seconds: float, coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Return the coroutine's result, or stop it after so many seconds and raise Endless.

    SelfCancelled if it ended in time, but with a CancelledError.
    On a busy machine it gets up to four times as long, as with `wait`.
    A coroutine that blocks the event loop is stopped by a signal, where there are signals and this is the
    main thread.
    """
    task = asyncio.create_task(coroutine)
    try:
        with _alarm(seconds):
            await wait(task, seconds)
            if task.cancelled():
                raise SelfCancelled
            for _ in range(CANCELLATIONS):
                if task.done():
                    break
                task.cancel()
                await asyncio.wait([task], timeout=TICK)
            else:
                raise Endless(seconds, stopped=task.done())
        return _result(task, seconds)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([task], timeout=seconds)
        raise


async def wait(task: asyncio.Future[Result], seconds: float) -> None:
    """Wait until a task has ended, or for so many seconds; of the time by which the loop is late, a quarter counts."""
    clock = asyncio.get_running_loop().time
    while seconds > 0 and not task.done():
        tick, begun = min(TICK, seconds), clock()
        await asyncio.wait([task], timeout=tick)
        seconds -= tick + LATE_COUNTS * (clock() - begun - tick)


def _result(task: asyncio.Task[Result], seconds: float) -> Result:
    try:
        return task.result()
    except _Blocked:
        raise Endless(seconds, blocking=True) from None
    except BaseExceptionGroup as group:  # of a TaskGroup
        if group.subgroup(_Blocked) is None:
            raise
        raise Endless(seconds, blocking=True) from None
    except asyncio.CancelledError:
        raise Endless(seconds) from None


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Interrupt, from `seconds` on, whatever runs and keeps the event loop from showing a sign of life."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    limit = loop.time() + seconds
    silent = 0
    ticking: asyncio.TimerHandle

    def show_life() -> None:
        nonlocal silent, ticking
        silent = 0
        ticking = loop.call_later(TICK, show_life)

    def look(_signal: int, _frame: object) -> None:
        nonlocal silent
        silent += 1
        # Raised outside a task it would hit the event loop itself, which may only be waiting for the processor.
        if silent >= SILENT and loop.time() > limit and asyncio.current_task(loop) is not None:
            raise _Blocked

    ticking = loop.call_later(TICK, show_life)
    former = signal.signal(signal.SIGALRM, look)
    former_timer = signal.setitimer(signal.ITIMER_REAL, LOOK, LOOK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
        signal.setitimer(signal.ITIMER_REAL, *former_timer)
        ticking.cancel()
