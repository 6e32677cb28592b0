"""A coroutine function with sliders: each run makes real requests and is drawn as the server sees it."""

from __future__ import annotations

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
from .schedule import Schedule
from .wording import named_values

WAITING = "<i>Waiting for another run to end.</i>"
STOPPED = "<i>Stopped, because another cell needed the server. Move a slider to run it again.</i>"
STUBBORN = "<i>The previous run was cancelled but is still running. The next run waits for it to end.</i>"

AsyncFunction = Callable[..., Coroutine[Any, Any, Any]]


class Panel:
    """Sliders, the picture of the latest run, and its error; awaiting the panel waits for the run to end.

    `run` is the latest Run, `result` what `function` returned, and `error` what it raised.
    """

    def __init__(
        self, function: AsyncFunction, server: MockServer | None, options: Options, abbreviations: Mapping[str, Any]
    ) -> None:
        self.function = function
        self._given_server = server
        self._theory = options.theory
        self._pictures = Pictures(f"<timeline of {function.__name__}>", options)
        self._schedule = Schedule(self._one_run, self._note_stubborn_run)
        self._guess = Guess()
        self.result: Any = None
        self.error: BaseException | None = None
        self._message = HTML()
        self.controls = Controls(function, abbreviations, options.predict, below=self._message)
        self.run = self._pictures.new_run(named_values(self.controls.values))

    @property
    def message(self) -> str:
        """The HTML below the sliders: an error, or why no run is under way; empty if all is well."""
        return str(self._message.value)

    @property
    def is_idle(self) -> bool:
        """Whether no run is under way or about to begin."""
        return self._schedule.is_idle

    def show(self) -> None:
        """Display the sliders and the picture, observe the sliders, and begin the first run."""
        show_in_cell(self, f"{self.function.__module__}.{self.function.__qualname__}")
        self.controls.open_all()
        display(self.controls)  # type: ignore[no-untyped-call]
        display(accessible_controls(), raw=True)  # type: ignore[no-untyped-call]
        self._pictures.show(self.run)
        call = self._schedule.call
        self.controls.listen(lambda _: call(self._schedule.move), lambda: call(self._note_prediction))
        self._schedule.start()

    def close(self) -> None:
        """Cancel the run under way and remove the sliders."""
        self.controls.close_all()
        self._schedule.close()

    def __await__(self) -> Generator[Any, None, Panel]:
        """Wait for the run under way; if this is cancelled, as by the kernel's Interrupt, end the run first."""
        return self._wait().__await__()

    async def _wait(self) -> Panel:
        await self._schedule.wait()
        return self

    def _ipython_display_(self) -> None:
        """Show nothing more: the sliders and the picture are on the page already."""

    def _note_stubborn_run(self) -> None:
        self._message.value = STUBBORN

    def _note_prediction(self) -> None:
        self._guess.change(self.controls.predicted, None if self.run.live else self.run.seconds)
        self._draw()

    async def _one_run(self) -> None:
        values = self.controls.values
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
                self.result = await completed(self.function(**values))
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
        self.run = self._pictures.new_run(named_values(values), theory, self.controls.predicted)
        server.clear()

    def _finish(self, slot: Slot, server: MockServer, succeeded: bool) -> None:
        """Draw the finished run, unless the server's journal already belongs to another."""
        if slot.preempted:
            self._message.value = STOPPED
            return
        self.run.fill(server.snapshot(settled(self.run)))
        if self.error is not None:
            self.run.caption = f"raised {summary(self.error)}"
        elif succeeded:
            self.run.caption = self._pictures.caption(self.run, self.result)
        self._pictures.finish(self.run)
        self.controls.cover(self._pictures.axis)
        self._draw()

    def _draw(self) -> None:
        self.run.predicted = self.controls.predicted
        self._pictures.draw(self.run)
