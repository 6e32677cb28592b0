"""Admission control: a capacity with a queue, and a rate limit."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque

from .conditions import Conditions

# Seconds. A client that keeps exactly to the rate is not refused for a rounding error or an iteration of its loop.
ROUNDING = 1e-4


class Capacity:
    """Limits the requests being served at once. The others queue, first in, first out."""

    def __init__(self) -> None:
        self.conditions = Conditions()  # the current ones
        self._serving = 0
        self._queue: OrderedDict[asyncio.Future[None], None] = OrderedDict()

    def is_full(self) -> bool:
        """Return whether all slots are taken and the queue is full."""
        return self._must_wait() and len(self._queue) >= self.conditions.backlog

    async def acquire(self) -> bool:
        """Take a slot, and return whether the request had to wait for it."""
        if not self._must_wait():
            self._serving += 1
            return False
        slot = asyncio.get_running_loop().create_future()
        self._queue[slot] = None
        try:
            await slot
        except asyncio.CancelledError:
            if slot.done() and not slot.cancelled():
                self.release()
            self._queue.pop(slot, None)
            raise
        return True

    def release(self) -> None:
        """Give a slot back."""
        self._serving -= 1
        self.admit_waiting()

    def admit_waiting(self) -> None:
        """Give the free slots to the requests that have waited longest."""
        while self._queue and not self._must_wait():
            slot, _ = self._queue.popitem(last=False)
            if not slot.done():
                self._serving += 1
                slot.set_result(None)

    def _must_wait(self) -> bool:
        capacity = self.conditions.capacity
        return capacity is not None and self._serving >= capacity


class RateLimit:
    """Limits the requests admitted in any window of one second, less ROUNDING."""

    def __init__(self) -> None:
        self._admitted: deque[float] = deque()

    def admit(self, limit: int, now: float) -> float:
        """Admit a request and return 0, or return the seconds until the next one can be admitted."""
        while self._admitted and self._admitted[0] + 1 <= now + ROUNDING:
            self._admitted.popleft()
        if len(self._admitted) >= limit:
            return self._admitted[-limit] + 1 - now
        self._admitted.append(now)
        return 0.0

    def clear(self) -> None:
        """Forget the admitted requests."""
        self._admitted.clear()
