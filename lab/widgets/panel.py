"""Your own coroutine on sliders, with real requests, drawn as the server sees them."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine, Generator, Mapping
from typing import Any

from IPython.display import display
from ipywidgets import HTML

from mock_server import MockServer

from ..drawing.image import picture
from ..drawing.timeline import timeline
from ..errors import describe
from ..runs.exclusive import Turn, taken, turn
from ..runs.run import Run
from .accessibility import names_of_sliders
from .cells import show_in_cell
from .controls import Controls
from .live import drawn_live, settled

REST = 0.15  # seconds that a slider must rest before its value counts
GRACE = 1.0  # seconds between two cancellations of a run that does not end

WAITING = "<i>Another run is under way; this one begins when that has ended.</i>"
STOPPED = "<i>Stopped, since another cell needed the server. Move a slider to run it again.</i>"
STUBBORN = "<i>The run before goes on although it was cancelled, so the next one has to wait for it.</i>"

AsyncFunction = Callable[..., Coroutine[Any, Any, Any]]
Theory = Callable[..., float | None]


class Panel:
    """Sliders, the picture of the latest run, and its error; awaiting it waits for the run to end.

    `run` is the latest Run, `result` what the coroutine returned, `error` what it raised.
    """

    def __init__(
        self,
        f: AsyncFunction,
        server: MockServer | None,
        abbreviations: Mapping[str, Any],
        theory: Theory | None,
        predict: Any,
    ) -> None:
        self._f = f
        self._given_server = server
        self._theory = theory
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._moved = asyncio.Event()
        self._moved_at = 0.0
        self._attending: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._closed = False
        self.run = Run()
        self.result: Any = None
        self.error: BaseException | None = None
        self._message = HTML()
        self._controls = Controls(f, abbreviations, predict, below=self._message)

    def show(self) -> None:
        """Display the sliders and the picture, listen to the sliders, and begin the first run."""
        show_in_cell(self, f"{self._f.__module__}.{self._f.__qualname__}")
        self._controls.open_all()
        display(self._controls)  # type: ignore[no-untyped-call]
        display(names_of_sliders(), raw=True)  # type: ignore[no-untyped-call]
        self._picture = display(self._bundle(), raw=True, display_id=True)  # type: ignore[no-untyped-call]
        self._controls.listen(lambda _: self._cross_over(self._note_move), lambda _: self._cross_over(self._draw))
        self._start()

    def close(self) -> None:
        """Cancel the run under way and take the sliders away."""
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
        """Call back on the notebook's own loop: a slider may speak from another thread, with another loop."""
        self._loop.call_soon_threadsafe(callback, context=self._context.copy())

    def _note_move(self) -> None:
        if self._closed:
            return
        self._moved_at = self._loop.time()
        self._moved.set()
        if self._attending is None:
            self._attending = asyncio.create_task(self._attend())

    async def _attend(self) -> None:
        """Wait until the sliders rest, end the run before, and begin one with the values that they rest at."""
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
            _, stubborn = await asyncio.wait([self._running], timeout=GRACE)
            if stubborn:
                self._message.value = STUBBORN

    async def _one_run(self) -> None:
        values = self._controls.values
        try:
            if taken():
                self._message.value = WAITING
            async with turn() as mine:
                server = self._given_server or MockServer.running()
                self._begin(values, server)
                try:
                    async with drawn_live(self.run, server, self._draw):
                        self.result = await _completed(self._f(**values))
                finally:
                    self._finish(mine, server)
        except Exception as error:
            self.error = error
            self._message.value = describe(error)

    def _begin(self, values: dict[str, Any], server: MockServer) -> None:
        self.result = self.error = None
        self._message.value = ""
        theory = self._theory(**values) if self._theory else None
        self.run = Run(theory=theory, title=_said(values))
        server.clear()

    def _finish(self, mine: Turn, server: MockServer) -> None:
        """Draw what the server saw in the end, if that is still known."""
        if mine.lost:
            self._message.value = STOPPED
        else:
            self.run.fill(server.snapshot(settled(self.run)))
            self._draw()

    def _draw(self) -> None:
        self.run.predicted = self._controls.predicted
        self._picture.update(self._bundle(), raw=True)

    def _bundle(self) -> dict[str, str]:
        """The picture; its text never changes, since nbval compares the first showing with the last."""
        return picture(f"<timeline of {self._f.__name__}>", timeline(self.run))


async def _completed(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Return what the coroutine returns; RuntimeError if it is cancelled from within."""
    task, own = asyncio.create_task(coroutine), asyncio.current_task()
    try:
        return await task
    except asyncio.CancelledError:
        if own is not None and own.cancelling():
            raise
        raise RuntimeError("it was cancelled from within: a CancelledError came out of it") from None


def _said(values: dict[str, Any]) -> str:
    """Name the arguments of a run: `concurrency 10, latency 0.2`."""
    shown = {name: f"{value:g}" if isinstance(value, float) else value for name, value in values.items()}
    return ", ".join(f"{name} {value}" for name, value in shown.items())
