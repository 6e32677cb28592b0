"""A heartbeat for the kernel's event loop, and short reports of failed tasks that nobody awaited."""

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
    """Give the running event loop a heartbeat and an exception handler, unless it has them or there is no loop."""
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
    """Wake the loop regularly, because a loop that only waits does not notice Jupyter's Interrupt.

    This runs in a thread, because a controlled clock sets the loop's other timers aside.
    """
    while not loop.is_closed():
        time.sleep(HEARTBEAT)
        try:
            loop.call_soon_threadsafe(lambda: None)
        except RuntimeError:  # the loop has just been closed
            return


class UnretrievedExceptions:
    """An exception handler that reports a failed task in one line, and equal failures once per cell."""

    def __init__(self) -> None:
        self._cell: object = None
        self._reported: set[tuple[type, object]] = set()

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Report a task whose exception was never retrieved; pass anything else to the default handler."""
        error, task = context.get("exception"), context.get("future")
        if not isinstance(error, Exception) or not isinstance(task, asyncio.Task):
            loop.default_exception_handler(context)
            return
        if (cell := execute_request().get("header", {}).get("msg_id")) != self._cell:
            self._cell, self._reported = cell, set()
        line = line_of(error)
        kind = type(error), line
        if kind not in self._reported:
            self._reported.add(kind)
            where = f". Look at {line}" if line else ""
            print(f"A task failed, and nothing awaited it: {summary(error)}{where}", file=sys.stderr)


def execute_request() -> dict[str, Any]:
    """Return the message that asked to run the current cell, or the latest one; outside a kernel it is empty."""
    return getattr(get_ipython(), "get_parent", dict)() or {}
