"""A coroutine on sliders: each of its runs makes real requests, and is drawn as the server sees it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine, Generator, Mapping
from typing import Any

from IPython.display import display
from ipywidgets import HTML

from mock_server import MockServer

from ..errors import describe, summary
from ..runs.exclusive import Slot, is_busy, run_slot
from ..runs.prediction import Guess
from .accessibility import accessible_controls
from .cells import show_in_cell
from .completion import completed
from .controls import Controls
from .live import drawn_live, settled
from .pictures import Options, Pictures
from .wording import named_values

REST = 0.15  # seconds that a slider must rest before its value counts
CANCEL_INTERVAL = 1.0  # seconds between two cancellations of a run that does not end

WAITING = "<i>Waiting for another run to end.</i>"
STOPPED = "<i>Stopped, because another cell needed the server. Move a slider to run it again.</i>"
STUBBORN = "<i>The previous run was cancelled but goes on. The next run waits for it to end.</i>"

AsyncFunction = Callable[..., Coroutine[Any, Any, Any]]


class Panel:
    """Sliders, the picture of the latest run, and its error; awaiting it waits for the run to end.

    `run` is the latest Run, `result` what the coroutine returned, `error` what it raised.
    """

    def __init__(
        self, f: AsyncFunction, server: MockServer | None, options: Options, abbreviations: Mapping[str, Any]
    ) -> None:
        self._f = f
        self._given_server = server
        self._theory = options.theory
        self._pictures = Pictures(f"<timeline of {f.__name__}>", options)
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._moved = asyncio.Event()
        self._moved_at = 0.0
        self._attending: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._closed = False
        self._guess = Guess()
        self.result: Any = None
        self.error: BaseException | None = None
        self._message = HTML()
        self._controls = Controls(f, abbreviations, options.predict, below=self._message)
        self.run = self._pictures.new_run(named_values(self._controls.values))

    def show(self) -> None:
        """Display the sliders and the picture, listen to the sliders, and begin the first run."""
        show_in_cell(self, f"{self._f.__module__}.{self._f.__qualname__}")
        self._controls.open_all()
        display(self._controls)  # type: ignore[no-untyped-call]
        display(accessible_controls(), raw=True)  # type: ignore[no-untyped-call]
        self._pictures.show(self.run)
        self._controls.listen(
            lambda _: self._cross_over(self._note_move), lambda: self._cross_over(self._note_prediction)
        )
        self._start()

    def close(self) -> None:
        """Cancel the run under way and remove the sliders."""
        self._closed = True
        self._controls.close_all()
        for task in (self._attending, self._running):
            if task is not None:
                task.cancel()

    def __await__(self) -> Generator[Any, None, Panel]:
        """Wait for the run under way; cancelled (by the kernel's Interrupt, say), end it first."""
        return self._wait().__await__()

    def _ipython_display_(self) -> None:
        """Show nothing more: the sliders and the picture are there already."""

    async def _wait(self) -> Panel:
        try:
            while under_way := [t for t in (self._attending, self._running) if t is not None and not t.done()]:
                await asyncio.wait(under_way)
        except asyncio.CancelledError:
            if self._attending is not None:
                self._attending.cancel()
            await self._end_run()
            raise
        return self

    def _cross_over(self, callback: Callable[[], None]) -> None:
        """Call back on the notebook's own loop: a slider may report from another thread, with another loop."""
        self._loop.call_soon_threadsafe(callback, context=self._context.copy())

    def _note_move(self) -> None:
        if self._closed:
            return
        self._moved_at = self._loop.time()
        self._moved.set()
        if self._attending is None:
            self._attending = asyncio.create_task(self._attend())

    def _note_prediction(self) -> None:
        self._guess.change(self._controls.predicted, None if self.run.live else self.run.seconds)
        self._draw()

    async def _attend(self) -> None:
        """Wait until the sliders rest, end the previous run, and begin one with the values that they rest at."""
        try:
            while self._moved.is_set():
                while (wait := self._moved_at + REST - self._loop.time()) > 0:  # noqa: ASYNC110
                    await asyncio.sleep(wait)
                self._moved.clear()
                await self._end_run()
                if not self._moved.is_set():
                    self._start()
        finally:
            self._attending = None

    def _start(self) -> None:
        self._running = asyncio.create_task(self._one_run())

    async def _end_run(self) -> None:
        """Cancel the run under way and wait until it is really gone."""
        while self._running is not None and not self._running.done():
            self._running.cancel()
            _, stubborn = await asyncio.wait([self._running], timeout=CANCEL_INTERVAL)
            if stubborn:
                self._message.value = STUBBORN

    async def _one_run(self) -> None:
        values = self._controls.values
        try:
            if is_busy():
                self._message.value = WAITING
            async with run_slot() as slot:
                await self._watched_run(values, slot, self._given_server or MockServer.running())
        except Exception as error:
            self.error = error
            self._message.value = describe(error)

    async def _watched_run(self, values: dict[str, Any], slot: Slot, server: MockServer) -> None:
        self._begin(values, server)
        succeeded = False
        try:
            async with drawn_live(self.run, server, self._draw):
                self.result = await completed(self._f(**values))
            succeeded = True
        except Exception as error:
            self.error = error
            raise
        finally:
            self._finish(slot, server, succeeded)
        self._guess.end_run(self.run.seconds)

    def _begin(self, values: dict[str, Any], server: MockServer) -> None:
        self.result = self.error = None
        self._message.value = ""
        self._guess.begin_run()
        theory = self._theory(**values) if self._theory else None
        self.run = self._pictures.new_run(named_values(values), theory, self._controls.predicted)
        server.clear()

    def _finish(self, slot: Slot, server: MockServer, succeeded: bool) -> None:
        """Draw what the server saw in the end, unless its journal is no longer of this run."""
        if slot.preempted:
            self._message.value = STOPPED
            return
        self.run.fill(server.snapshot(settled(self.run)))
        if self.error is not None:
            self.run.caption = f"raised {summary(self.error)}"
        elif succeeded:
            self.run.caption = self._pictures.caption(self.run, self.result)
        self._pictures.finish(self.run)
        self._controls.cover(self._pictures.axis)
        self._draw()

    def _draw(self) -> None:
        self.run.predicted = self._controls.predicted
        self._pictures.draw(self.run)
