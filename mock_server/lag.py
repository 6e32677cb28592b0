"""How late the server's own event loop is: a witness must know when it was not looking."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

if sys.platform == "win32":
    from asyncio import IocpProactor as Selector
else:
    from selectors import DefaultSelector as Selector


class Lag:
    """The worst lateness of an event loop, in seconds, since `worst` was last set to 0.

    What happens waits while the loop is at work, and what is due waits until the system wakes the process.
    """

    def __init__(self) -> None:
        self.worst = 0.0

    def new_loop(self) -> asyncio.AbstractEventLoop:
        """Make an event loop whose lateness is noted here; it has no timer for this, which would move its others."""
        selector = _WatchedSelector(self)
        if sys.platform == "win32":
            return asyncio.ProactorEventLoop(selector)
        return asyncio.SelectorEventLoop(selector)


class _WatchedSelector(Selector):
    """Notes how long the loop was away from it, and how much longer than asked the loop had to wait in it."""

    def __init__(self, lag: Lag) -> None:
        super().__init__()
        self._lag = lag
        self._back = time.monotonic()

    def select(self, timeout: float | None = None) -> Any:
        """Wait for events as any selector does."""
        asked = time.monotonic()
        events = super().select(timeout)
        back = time.monotonic()
        late = max(asked - self._back, 0.0 if timeout is None else back - asked - max(timeout, 0.0))
        if late > self._lag.worst:
            self._lag.worst = round(late, 6)
        self._back = back
        return events
