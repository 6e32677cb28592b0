"""When the runs of a panel begin: one at a time, with the values at which the sliders have come to rest."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any

REST = 0.15  # seconds without a move after which the sliders are at rest
CANCEL_INTERVAL = 1.0  # seconds between two cancellations of a run that does not end


class Schedule:
    """Starts one run after another; a new run cancels the previous one and waits for its end."""

    def __init__(self, run: Callable[[], Coroutine[Any, Any, None]], on_stubborn: Callable[[], None]) -> None:
        """Make a schedule for the event loop and the context of the caller.

        Args:
            run: a coroutine function; each call is one run.
            on_stubborn: called when a run goes on after it was cancelled.
        """
        self._run, self._on_stubborn = run, on_stubborn
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._moved = asyncio.Event()
        self._moved_at = 0.0
        self._closed = False
        self._attending: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin a run."""
        self._running = asyncio.create_task(self._run())

    def move(self) -> None:
        """Begin a run once the sliders have rested for REST seconds."""
        if self._closed:
            return
        self._moved_at = self._loop.time()
        self._moved.set()
        if self._attending is None:
            self._attending = asyncio.create_task(self._attend())

    def call(self, callback: Callable[[], None]) -> None:
        """Call `callback` on the schedule's loop, because a slider may report from a thread with another loop."""
        self._loop.call_soon_threadsafe(callback, context=self._context.copy())

    async def wait(self) -> None:
        """Wait until no run is under way or about to begin; if this is cancelled, end the run first."""
        try:
            while tasks := self._pending():
                await asyncio.wait(tasks)
        except asyncio.CancelledError:
            if self._attending is not None:
                self._attending.cancel()
            await self._end_run()
            raise

    def close(self) -> None:
        """Cancel the run under way, and begin no other."""
        self._closed = True
        for task in self._pending():
            task.cancel()

    @property
    def is_idle(self) -> bool:
        """Whether no run is under way or about to begin."""
        return not self._pending()

    def _pending(self) -> list[asyncio.Task[None]]:
        return [task for task in (self._attending, self._running) if task is not None and not task.done()]

    async def _attend(self) -> None:
        """Wait until the sliders rest, end the previous run, and begin one with the new values."""
        try:
            while self._moved.is_set():
                while (wait := self._moved_at + REST - self._loop.time()) > 0:  # noqa: ASYNC110
                    await asyncio.sleep(wait)
                self._moved.clear()
                await self._end_run()
                if not self._moved.is_set():
                    self.start()
        finally:
            self._attending = None

    async def _end_run(self) -> None:
        """Cancel the run under way and wait for its end, however long it takes."""
        while self._running is not None and not self._running.done():
            self._running.cancel()
            _, stubborn = await asyncio.wait([self._running], timeout=CANCEL_INTERVAL)
            if stubborn:
                self._on_stubborn()
