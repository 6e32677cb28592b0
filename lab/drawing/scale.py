"""The time axis: where a moment lies in the picture, and round times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import floor, log10

PLOT_LEFT = 116.0
PLOT_RIGHT = 692.0
SHORTEST_AXIS = 1e-3  # seconds
SHRINK = 1 / 3  # an axis is kept while more than this share of it is used


@dataclass(frozen=True)
class Scale:
    """Time in seconds, from the first arrival on, along the width of the plot."""

    origin: float
    span: float

    @cached_property
    def _second(self) -> float:
        return (PLOT_RIGHT - PLOT_LEFT) / self.span

    def __call__(self, moment: float) -> float:
        """Return the x coordinate of a moment of the server's clock."""
        return PLOT_LEFT + (moment - self.origin) * self._second

    def after(self, seconds: float) -> float:
        """Return the x coordinate of a time in seconds after the first arrival."""
        return PLOT_LEFT + seconds * self._second

    def ticks(self) -> list[tuple[float, str]]:
        """Return round times, in steps of 1, 2 or 5 times a power of ten, with the text of each."""
        step = round_step(self.span / 8)
        digits = max(0, -floor(log10(step) + 1e-9))
        count = int(self.span / step + 1e-9)
        return [(0.0, "0"), *((n * step, f"{n * step:.{digits}f} s") for n in range(1, count + 1))]


def round_step(least: float) -> float:
    """Return the smallest of 1, 2 or 5 times a power of ten that is not below `least`."""
    power = floor(log10(least))
    return next(step for n in (1, 2, 5, 10) if (step := n * 10.0**power) >= least * (1 - 1e-9))


def next_axis(axis: float, expected: float) -> float:
    """Return the length of the next run's time axis: as before, unless little of it would be used."""
    return axis if expected > axis * SHRINK else expected
