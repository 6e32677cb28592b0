"""The pictures of a panel's runs: each replaces the previous one, with the same height and time axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from IPython.display import display

from ..drawing.image import picture
from ..drawing.scale import next_axis
from ..drawing.timeline import axis_length, timeline
from ..runs.run import Run
from .wording import result_caption


@dataclass(frozen=True)
class Options:
    """What a panel's pictures show; `async_interact` describes each option."""

    theory: Callable[..., float | None] | None = None
    predict: bool = False
    caption: str = ""
    row_by: str = ""
    rows: int = 15


class Pictures:
    """Draws each run in the same place. `axis` is the length of the latest time axis, in seconds."""

    def __init__(self, text: str, options: Options) -> None:
        self._text = text
        self._options = options
        self._before: float | None = None
        self.axis = 0.0

    def new_run(self, title: str = "", theory: float | None = None, predicted: float | None = None) -> Run:
        """Return an empty run whose picture will mark the end of the previous run; times are in seconds."""
        run = Run(title=title, theory=theory, predicted=predicted, before=self._before, live=True)
        run.row_by, run.reserved_rows = self._options.row_by, self._options.rows
        run.reserved_labels = 1 + self._options.predict + (self._options.theory is not None)
        run.axis = next_axis(self.axis, axis_length(run))
        return run

    def caption(self, run: Run, result: object) -> str:
        """Return the line below the heading of a run that returned a result."""
        return self._options.caption.format(run=run, result=result) or result_caption(result)

    def finish(self, run: Run) -> None:
        """Remember the figures of a run for the picture of the next one."""
        self.axis = axis_length(run)
        if run.exchanges and run.finished:
            self._before = run.seconds

    def show(self, run: Run) -> None:
        """Display the first picture; later ones replace it."""
        self._handle = display(self._bundle(run), raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def draw(self, run: Run) -> None:
        """Replace the picture."""
        self._handle.update(self._bundle(run), raw=True)

    def _bundle(self, run: Run) -> dict[str, Any]:
        """Return a picture. Its text never changes, because nbval compares the first display with the last."""
        return dict(picture(self._text, timeline(run)))
