"""Your own coroutine on sliders, with real requests, drawn as the server sees them."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable, Coroutine, Generator, Mapping
from typing import Any

from IPython import get_ipython
from IPython.display import display
from ipywidgets import HTML

from mock_server import MockServer

from .controls import Controls
from .failure import describe
from .run import Run
from .timeline import timeline
from .turn import turn

REST = 0.15  # seconds that a slider must rest before its value counts
FRAME = 0.05  # seconds from one frame to the next, at the least
HOLD_BACK = 50  # and this many times what the last frame cost: drawing takes a fiftieth of the time at most
GRACE = 1.0  # seconds between two cancellations of a run that does not end

AsyncFunction = Callable[..., Coroutine[Any, Any, Any]]
Theory = Callable[..., float | None]


class Panel:
    """Sliders, the picture of the latest run, and its error; awaiting it waits for the run to end.

    `run` is the latest Run, `result` what the coroutine returned, `error` what it raised.
    """

    _shown: dict[object, Panel] = {}  # noqa: RUF012

    def __init__(
        self,
        f: AsyncFunction,
        server: MockServer,
        abbreviations: Mapping[str, Any],
        theory: Theory | None,
        predict: Any,
    ) -> None:
        self._f = f
        self._server = server
        self._theory = theory
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._moved = asyncio.Event()
        self._moved_at = 0.0
        self._attending: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self.run = Run()
        self.result: Any = None
        self.error: BaseException | None = None
        self._controls = Controls(f, abbreviations, predict)
        self._message = HTML()
        self._controls.children = [*self._controls.children, self._message]

    def show(self) -> None:
        """Display the sliders and the picture, listen to the sliders, and begin the first run."""
        self._replace_former_self()
        display(self._controls)
        self._picture = display(self._bundle(), raw=True, display_id=True)
        self._controls.listen(
            lambda _: self._cross_over(self._note_move), lambda _: self._cross_over(self._draw)
        )
        self._start()

    def close(self) -> None:
        """Stop listening and cancel the run under way."""
        self._controls.stop_listening()
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

    def _replace_former_self(self) -> None:
        """Let a cell that is run again replace the panel that it showed before."""
        key = _cell_id(), self._f.__module__, self._f.__qualname__
        former = self._shown.pop(key, None)
        if former is not None:
            former.close()
        self._shown[key] = self

    def _cross_over(self, callback: Callable[[], None]) -> None:
        """Call back on the notebook's own loop: a slider may speak from another thread, with another loop."""
        self._loop.call_soon_threadsafe(callback, context=self._context.copy())

    def _note_move(self) -> None:
        self._moved_at = self._loop.time()
        self._moved.set()
        if self._attending is None:
            self._attending = asyncio.create_task(self._attend())

    async def _attend(self) -> None:
        """Wait until the sliders rest, end the run before, and begin one with the values that they rest at."""
        try:
            while self._moved.is_set():
                while (wait := self._moved_at + REST - self._loop.time()) > 0:
                    await asyncio.sleep(wait)
                self._moved.clear()
                await self._end_run()
                self._start()
        finally:
            self._attending = None

    def _start(self) -> None:
        self._running = asyncio.create_task(self._one_run())

    async def _end_run(self) -> None:
        """Cancel the run under way and wait until it is really gone."""
        while self._running is not None and not self._running.done():
            self._running.cancel()
            await asyncio.wait([self._running], timeout=GRACE)

    async def _one_run(self) -> None:
        values = self._controls.values
        try:
            async with turn():
                self._begin(values)
                artist = asyncio.create_task(self._draw_live())
                try:
                    self.result = await asyncio.create_task(self._f(**values))
                finally:
                    artist.cancel()
                    await asyncio.wait([artist])
                    self.run.fill(self._server.snapshot(self._settled()))
        except Exception as error:
            self.error = error
            self._message.value = describe(error)
        self._draw()

    def _begin(self, values: dict[str, Any]) -> None:
        self.result = self.error = None
        self._message.value = ""
        self._server.clear()
        theory = self._theory(**values) if self._theory else None
        self.run = Run(theory=theory, title=", ".join(f"{name} {value}" for name, value in values.items()))

    async def _draw_live(self) -> None:
        """Draw what the server reports again and again, and hold back so that it takes no time from the run."""
        while True:
            began = time.perf_counter()
            snapshot = await asyncio.to_thread(self._server.snapshot, self._settled())
            fetched = time.perf_counter()
            self.run.fill(snapshot)
            self._draw()
            cost = time.perf_counter() - fetched
            await asyncio.sleep(max(FRAME - (time.perf_counter() - began), HOLD_BACK * cost))

    def _settled(self) -> int:
        """How many exchanges from the first on are at an end, and need not be asked for again."""
        exchanges = self.run.exchanges
        last = exchanges[-1].number if exchanges else 0
        return next((exchange.number - 1 for exchange in exchanges if exchange.ended is None), last)

    def _draw(self) -> None:
        self.run.predicted = self._controls.predicted
        self._picture.update(self._bundle(), raw=True)

    def _bundle(self) -> dict[str, str]:
        """The picture; its text never changes, since nbval compares the first showing with the last."""
        return {"text/plain": f"<timeline of {self._f.__name__}>", "image/svg+xml": timeline(self.run)}


def _cell_id() -> object:
    """The id of the cell that is being run, where the front end tells it."""
    shell = get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return parent.get("metadata", {}).get("cellId")
