"""Keep the server running while a lab blocks the event loop that they share, as if it were in its own process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import heapify
from math import inf
from typing import Any

from ..checking.clock import ControlledClock, serving
from ..checking.replace import wrapped
from ..checking.waiting import Wait, Waiting


class Background(Waiting):
    """Lets the event loop's thread block, and meanwhile runs the server's callbacks."""

    def __init__(self, clock: ControlledClock) -> None:
        super().__init__(lambda: clock.now)
        self._clock = clock
        self._loop: Any = clock._loop

    def wait_for(self, wait: Wait) -> None:
        """Block until the wait is over."""
        with wrapped(self._clock, "_select", self._events), self._interrupted():
            while not wait.is_over(self._clock.now):
                ready = self._take_ready()
                for handle in ready:
                    handle._run()
                due = self._clock.now if ready else min(self._next_timer(), wait.until)
                timeout = None if due == inf else max(due - self._clock.now, 0.0)
                self._loop._process_events(self._clock._wait(timeout))

    def _events(self, select: Any) -> Any:
        """Return a `select` that reports only events of the server's sockets."""

        def servers_events(timeout: float | None) -> list[Any]:
            return [event for event in select(timeout) if any(map(_serves, filter(None, event[0].data)))]

        return servers_events

    def _take_ready(self) -> list[Any]:
        """Remove the server's callbacks that are ready or due from the loop's queues, and return them in order."""
        queue, scheduled = self._loop._ready, self._loop._scheduled
        waiting = [queue.popleft() for _ in range(len(queue))]
        queue.extendleft(reversed([handle for handle in waiting if not _serves(handle)]))
        due = [timer for timer in scheduled if _serves(timer) and timer._when <= self._clock.now]
        if due:
            scheduled[:] = [timer for timer in scheduled if timer not in due]
            heapify(scheduled)
        for timer in due:
            timer._scheduled = False
        return [handle for handle in [*filter(_serves, waiting), *sorted(due)] if not handle._cancelled]

    def _next_timer(self) -> float:
        return min((timer._when for timer in self._loop._scheduled if _serves(timer)), default=inf)

    @contextmanager
    def _interrupted(self) -> Iterator[None]:
        """Set the blocking task aside in the middle of an iteration of the loop, so that the server's tasks can run."""
        queue, current = self._loop._ready, asyncio.current_task()
        length = len(queue)
        if current is not None:
            asyncio.tasks._leave_task(self._loop, current)
        try:
            yield
        finally:
            if current is not None:
                asyncio.tasks._enter_task(self._loop, current)
            nothing = asyncio.Handle(lambda: None, (), self._loop)
            queue.extend([nothing] * (length - len(queue)))  # the loop has already counted the handles that it will run


def _serves(handle: Any) -> bool:
    return bool(handle._context.get(serving))
