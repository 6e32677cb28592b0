"""`compare`: several runs in one picture, one above the other on one time axis."""

from __future__ import annotations

from dataclasses import dataclass

from ..runs.run import Run
from .image import picture
from .timeline import stacked


@dataclass(frozen=True)
class Comparison:
    """Runs to compare; a notebook shows their picture, and a line of text for each."""

    runs: tuple[Run, ...]

    def __repr__(self) -> str:
        return "\n".join(f"{run.title}: {run.text}" if run.title else run.text for run in self.runs)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return picture(repr(self), stacked(self.runs))


def compare(*runs: Run) -> Comparison:
    """Return a picture of the runs, one above the other on one time axis; raises ValueError if there are none."""
    if not runs:
        raise ValueError("compare needs at least one run, as in compare(one_by_one, together).")
    return Comparison(runs)
