"""Event-loop lag, so that the journal can say when the server's own times are unreliable."""

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
    """Holds the worst lag of an event loop, in seconds, since `worst` was last set to 0.

    A loop lags when its code runs for long, and when the operating system does not wake the process in time.
    """

    def __init__(self) -> None:
        self.worst = 0.0

    def new_loop(self) -> asyncio.AbstractEventLoop:
        """Return an event loop that records its lag here. It uses no timer, which would shift other timers."""
        selector = _MeasuringSelector(self)
        if sys.platform == "win32":
            return asyncio.ProactorEventLoop(selector)
        return asyncio.SelectorEventLoop(selector)


class _MeasuringSelector(Selector):
    """Measures how long the loop runs code between two waits, and how much longer a wait takes than requested."""

    def __init__(self, lag: Lag) -> None:
        super().__init__()
        self._lag = lag
        self._last_wait_ended = time.monotonic()

    def select(self, timeout: float | None = None) -> Any:
        """Wait for events, as any selector does."""
        started = time.monotonic()
        events = super().select(timeout)
        ended = time.monotonic()
        overslept = 0.0 if timeout is None else ended - started - max(timeout, 0.0)
        lag = max(started - self._last_wait_ended, overslept)
        if lag > self._lag.worst:
            self._lag.worst = round(lag, 6)
        self._last_wait_ended = ended
        return events
