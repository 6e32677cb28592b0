"""The horizontal lines of the plot: a line shows one row, or several where there are many."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil

PLOT_HEIGHT = 240.0  # the maximum of all lines together
TALLEST_LINE = 16.0
WITH_GAPS = 3.0  # a line of this height has room for a bar and a visible gap
THINNEST_BAR = 1.2  # browsers draw thinner lines pale
MOST_BARS = 1_000  # above this, bars that touch are drawn as one
MERGED_LINES = 240


@dataclass(frozen=True)
class Layout:
    """Gives each row a line; if there are too many bars to draw them all, several rows share a line."""

    rows: int
    bars: int
    reserved_rows: int = 0  # the plot reserves room for this many rows

    @property
    def merged(self) -> bool:
        """Whether bars that touch are drawn as one."""
        return self.bars > MOST_BARS

    @cached_property
    def count(self) -> int:
        """How many lines there are."""
        return min(self.rows, MERGED_LINES) if self.merged else self.rows

    @cached_property
    def pitch(self) -> float:
        """The distance from one line to the next, rounded so that the gaps stay even."""
        step = 2 if self.count * WITH_GAPS <= PLOT_HEIGHT else 10
        return min(TALLEST_LINE, int(PLOT_HEIGHT * step / self.count) / step)

    @property
    def height(self) -> float:
        """The height of all lines, with the room reserved for more."""
        return max(self.pitch * self.count, min(TALLEST_LINE * self.reserved_rows, PLOT_HEIGHT))

    @property
    def thickness(self) -> float:
        """The height of a bar; on lines too thin for a gap between them, bars touch or overlap."""
        return round(self.pitch * 0.72, 1) if self.pitch >= WITH_GAPS else max(self.pitch, THINNEST_BAR)

    @property
    def spacious(self) -> bool:
        """Whether there is room to draw the waits between bars."""
        return self.pitch >= 4

    @property
    def shared_by(self) -> int:
        """How many rows share a line, at most."""
        return ceil(self.rows / self.count)

    def of(self, row: int) -> int:
        """Return the line of a row."""
        return row * self.count // self.rows

    def middles(self, top: float) -> list[float]:
        """Return the y coordinate of the middle of each line."""
        first = top + round(self.pitch / 2, 1)
        return [first + line * self.pitch for line in range(self.count)]
