"""The lines that rows are drawn on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil

ROOM = 240.0  # the height that all lines share
TALLEST = 16.0
WITH_GAPS = 3.0  # from here on a line has room for a bar and a gap that do not blur
THINNEST = 1.2  # browsers draw thinner lines pale
MOST_BARS = 1_000  # above this, bars that touch are drawn as one
MERGED_LINES = 240


@dataclass(frozen=True)
class Lines:
    """A line for each row; where there are too many bars to draw each, several rows share a line."""

    rows: int
    bars: int

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
        """From one line to the next; in steps that keep rounded places and gaps even."""
        step = 2 if self.count * WITH_GAPS <= ROOM else 10
        return min(TALLEST, int(ROOM * step / self.count) / step)

    @property
    def height(self) -> float:
        """All lines together."""
        return self.pitch * self.count

    @property
    def thickness(self) -> float:
        """The height of a bar; on lines too thin for a gap between them, bars touch or overlap."""
        return round(self.pitch * 0.72, 1) if self.pitch >= WITH_GAPS else max(self.pitch, THINNEST)

    @property
    def spacious(self) -> bool:
        """Whether there is room for what lies between bars."""
        return self.pitch >= 4

    @property
    def shared_by(self) -> int:
        """How many rows share a line, at most."""
        return ceil(self.rows / self.count)

    def of(self, row: int) -> int:
        """Return the line of a row."""
        return row * self.count // self.rows

    def middles(self, top: float) -> list[float]:
        """Return the height at which each line runs."""
        first = top + round(self.pitch / 2, 1)
        return [first + line * self.pitch for line in range(self.count)]
