"""One run at a time: the server keeps one journal, so two runs at once would stand in one picture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

LOOK = 0.02  # seconds between two looks at whether the server is free again

_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
_inside: ContextVar[bool] = ContextVar("inside a turn", default=False)
_reserved = 0  # blocks that have the server to themselves
_current: Turn | None = None


@dataclass(eq=False)
class Turn:
    """The turn of a run, which `alone` can take away."""

    task: asyncio.Task[Any] | None
    lost: bool = False  # somebody else has the server: what its journal holds is no longer this run's

    def end(self) -> None:
        """Take the turn away and cancel the run; what it awaits is cancelled before another line of it runs."""
        self.lost = True
        if self.task is None:
            return
        loop = self.task.get_loop()
        if loop is _running_loop():
            self.task.cancel()
        else:
            loop.call_soon_threadsafe(self.task.cancel)


@asynccontextmanager
async def turn() -> AsyncIterator[Turn]:
    """Wait until no other run of the instruments is under way, and keep it so for the length of the block."""
    global _current
    async with _lock():
        while _reserved and not _inside.get():  # noqa: ASYNC110 - it may be freed in another thread
            await asyncio.sleep(LOOK)
        mine = _current = Turn(asyncio.current_task())
        token = _inside.set(True)
        try:
            yield mine
        finally:
            _inside.reset(token)
            _current = None


def taken() -> bool:
    """Tell whether a run that asks for a turn now has to wait."""
    return bool(_reserved) or _lock().locked()


@contextmanager
def alone() -> Iterator[None]:
    """End the run whose turn it is, and let no other begin before the block ends; in a run's own code, do nothing."""
    global _reserved
    if _inside.get():
        yield
        return
    if _current is not None:
        _current.end()
    _reserved += 1
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)
        _reserved -= 1


def _lock() -> asyncio.Lock:
    return _locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
