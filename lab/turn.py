"""One run at a time: the server keeps one journal, so two runs at once would stand in one picture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from weakref import WeakKeyDictionary

_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
_holder: asyncio.Task[object] | None = None
_inside: ContextVar[bool] = ContextVar("inside a turn", default=False)


@asynccontextmanager
async def turn() -> AsyncIterator[None]:
    """Wait until no other run of the instruments is under way, and keep it so for the length of the block."""
    global _holder
    async with _locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        _holder = asyncio.current_task()
        token = _inside.set(True)
        try:
            yield
        finally:
            _inside.reset(token)
            _holder = None


def take_over() -> None:
    """Cancel the run whose turn it is, unless the caller is part of it."""
    if _holder is None or _inside.get():
        return
    if _holder.get_loop() is _running_loop():
        _holder.cancel()  # at once: what it awaits is cancelled before another line of it runs
    else:
        _holder.get_loop().call_soon_threadsafe(_holder.cancel)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
