"""Where a moment stands in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import floor, log10

LEFT = 116.0
RIGHT = 692.0


@dataclass(frozen=True)
class Scale:
    """Time in seconds, from the first arrival on, along the width of the plot."""

    origin: float
    span: float

    @cached_property
    def _second(self) -> float:
        return (RIGHT - LEFT) / self.span

    def __call__(self, moment: float) -> float:
        """Return the place of a moment of the server's clock."""
        return LEFT + (moment - self.origin) * self._second

    def after(self, seconds: float) -> float:
        """Return the place that lies so many seconds after the first arrival."""
        return LEFT + seconds * self._second

    def ticks(self) -> list[tuple[float, str]]:
        """Return round times, in steps of 1, 2 or 5 and a power of ten, with the text of each."""
        rough = self.span / 8
        power = floor(log10(rough))
        step = next(step for n in (1, 2, 5, 10) if (step := n * 10.0**power) >= rough)
        digits = max(0, -floor(log10(step) + 1e-9))
        count = int(self.span / step + 1e-9)
        return [(0.0, "0"), *((n * step, f"{n * step:.{digits}f} s") for n in range(1, count + 1))]


def seconds(time: float) -> str:
    """Write a measured time with the digits that mean something: `2.03 s`, `0.105 s`."""
    return f"{time:.2f} s" if time >= 1 else f"{time:.3f} s"


def given_seconds(time: float) -> str:
    """Write a time that somebody gave, as they would: `0.5 s`, `2 s`."""
    return f"{time:.3f}".rstrip("0").rstrip(".") + " s"
