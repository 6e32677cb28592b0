"""What `set_up` does to the kernel's event loop: a heartbeat, and short reports of tasks that failed unnoticed."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from typing import Any
from weakref import WeakSet

from IPython import get_ipython

from .errors import line_of, summary

HEARTBEAT = 0.2  # seconds

_looked_after: WeakSet[asyncio.AbstractEventLoop] = WeakSet()


def look_after_loop() -> None:
    """Give the running event loop a heartbeat and an exception handler, once; without a loop, do nothing."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return
    if loop in _looked_after:
        return
    _looked_after.add(loop)
    loop.set_exception_handler(UnretrievedExceptions())
    threading.Thread(target=_beat, args=[loop], name="heartbeat", daemon=True).start()


def _beat(loop: asyncio.AbstractEventLoop) -> None:
    """Wake the loop regularly: while it waits for something that never comes, it does not see Jupyter's Interrupt.

    A thread does it, since a timer on the loop would be in the way of a clock that jumps from timer to timer.
    """
    while not loop.is_closed():
        time.sleep(HEARTBEAT)
        try:
            loop.call_soon_threadsafe(_nothing)
        except RuntimeError:  # it was closed just now
            return


def _nothing() -> None:
    pass


class UnretrievedExceptions:
    """An exception handler that reports a failed task in a line, and tasks that failed alike only once a cell."""

    def __init__(self) -> None:
        self._cell: object = None
        self._reported: set[tuple[type, object]] = set()

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Report what asyncio calls `Task exception was never retrieved`; pass all else to the default handler."""
        error, task = context.get("exception"), context.get("future")
        if not isinstance(error, Exception) or not isinstance(task, asyncio.Task):
            loop.default_exception_handler(context)
            return
        if (cell := _running_cell()) != self._cell:
            self._cell, self._reported = cell, set()
        line = line_of(error)
        kind = type(error), line
        if kind not in self._reported:
            self._reported.add(kind)
            where = f" in {line}" if line else ""
            print(f"A task failed, and nothing awaited it: {summary(error)}{where}", file=sys.stderr)


def _running_cell() -> object:
    """Return what identifies the execution of a cell that is under way, or was last."""
    parent: dict[str, Any] = getattr(get_ipython(), "get_parent", dict)() or {}
    return parent.get("header", {}).get("msg_id")
