"""Who may come in: a queue before a server of limited capacity, and a limit on how many come in a second."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque

from .conditions import Conditions


class Capacity:
    """Lets a number of exchanges be served at once; the others queue, first come first served."""

    def __init__(self) -> None:
        self.conditions = Conditions()  # as they are now
        self._inside = 0
        self._queue: OrderedDict[asyncio.Future[None], None] = OrderedDict()

    def is_full(self) -> bool:
        """Tell whether there is neither a free place nor room in the queue."""
        return self._must_wait() and len(self._queue) >= self.conditions.backlog

    async def enter(self) -> bool:
        """Take a place; return whether it had to be waited for."""
        if not self._must_wait():
            self._inside += 1
            return False
        place = asyncio.get_running_loop().create_future()
        self._queue[place] = None
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.leave()
            self._queue.pop(place, None)
            raise
        return True

    def leave(self) -> None:
        """Give the place back."""
        self._inside -= 1
        self.admit()

    def admit(self) -> None:
        """Let in as many of the queue as there are free places."""
        while self._queue and not self._must_wait():
            place, _ = self._queue.popitem(last=False)
            if not place.done():
                self._inside += 1
                place.set_result(None)

    def _must_wait(self) -> bool:
        capacity = self.conditions.capacity
        return capacity is not None and self._inside >= capacity


class RateLimit:
    """Admits so many exchanges in any one second, and no more."""

    def __init__(self) -> None:
        self._admitted: deque[float] = deque()

    def admit(self, limit: int, now: float) -> float:
        """Admit an exchange and return 0, or return the seconds until the next can be admitted."""
        while self._admitted and self._admitted[0] + 1 <= now:
            self._admitted.popleft()
        if len(self._admitted) >= limit:
            return self._admitted[-limit] + 1 - now
        self._admitted.append(now)
        return 0.0

    def clear(self) -> None:
        """Forget who was admitted."""
        self._admitted.clear()
