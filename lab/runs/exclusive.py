"""One run at a time: the server has one journal, so two runs at once would share a picture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

POLL_INTERVAL = 0.02  # seconds between two checks whether the server is free again
MOST_CHECKS = 100  # for the end of a cancelled run

_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
_holds_server: ContextVar[bool] = ContextVar("this code holds the server", default=False)
_preempting = 0  # how many blocks hold the server
_current: Slot | None = None


@dataclass(eq=False)
class Slot:
    """The right of one run to use the server; `preempt` can take it away."""

    task: asyncio.Task[Any] | None
    preempted: bool = False  # other code has cleared the journal, which no longer belongs to this run

    def end(self) -> None:
        """Take the slot away and cancel the run."""
        self.preempted = True
        if self.task is None:
            return
        loop = self.task.get_loop()
        if loop is _running_loop():
            self.task.cancel()
        else:
            loop.call_soon_threadsafe(self.task.cancel)


@asynccontextmanager
async def run_slot() -> AsyncIterator[Slot]:
    """Wait until no other run uses the server, and keep other runs waiting until the block ends."""
    global _current
    async with _lock():
        while _preempting and not _holds_server.get():  # noqa: ASYNC110 - another thread may free it
            await asyncio.sleep(POLL_INTERVAL)
        slot = _current = Slot(asyncio.current_task())
        token = _holds_server.set(True)
        try:
            yield slot
        finally:
            _holds_server.reset(token)
            _current = None


def is_busy() -> bool:
    """Return whether a run that asks for a slot now has to wait."""
    return bool(_preempting) or _lock().locked()


@contextmanager
def preempt() -> Iterator[None]:
    """Cancel the run that uses the server, and keep other runs waiting until the block ends.

    Inside that run itself, this does nothing.
    """
    global _preempting
    if _holds_server.get():
        yield
        return
    if _current is not None:
        _current.end()
    _preempting += 1
    token = _holds_server.set(True)
    try:
        yield
    finally:
        _holds_server.reset(token)
        _preempting -= 1


@asynccontextmanager
async def preempted() -> AsyncIterator[None]:
    """Do what `preempt` does, and wait until the cancelled run has ended before the block begins.

    The run's cleanup may need the server and the real clock. After two seconds the block begins anyway.
    """
    run = None if _holds_server.get() else _current
    with preempt():
        for _ in range(MOST_CHECKS):
            if run is None or _current is not run:
                break
            await asyncio.sleep(POLL_INTERVAL)
        yield


def _lock() -> asyncio.Lock:
    return _locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
