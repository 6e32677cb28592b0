"""How fast the requests of one call came, and what of it a late machine may have made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from ..checking.lateness import Lateness
from ..runs.run import Run

RATE = 20  # requests a second
WINDOW = 0.9  # seconds: a second, less what a busy machine may push together
ENOUGH = 0.55  # the share of the rate that must be used
UNHINDERED = 0.7  # and the share without the time by which the machine was late, if that made it less
LATE = 0.05  # seconds; a machine that stands still for longer may move a request or two into another window
SMEARED = 0.2  # seconds; one that stands still for longer may send what was too fast at a rate that is right
AT_ONCE = 5  # in flight, when the later half arrives: a rate of twenty takes two or three


@dataclass(frozen=True)
class Pace:
    """What the server saw of one call that is to make twenty requests a second, and how late the machine was.

    Times are in seconds.
    """

    run: Run
    result: Any
    late: Lateness

    @property
    def arrivals(self) -> list[float]:
        """When the requests arrived."""
        return [exchange.arrived for exchange in self.run.exchanges]

    @property
    def gaps(self) -> int:
        """How many times one came after another."""
        return self.run.hits - 1

    @property
    def spread(self) -> float:
        """The time from the first to the last."""
        return self.arrivals[-1] - self.arrivals[0]

    @property
    def most(self) -> int:
        """How many came within a second."""
        return _most_within(WINDOW, self.arrivals)

    @property
    def standstill(self) -> float:
        """By how much a request may have been late."""
        return self.late.worst + self.run.lag

    @property
    def too_fast(self) -> bool:
        """More came within a second than were allowed."""
        return self.most > RATE + 1

    @property
    def too_slow(self) -> bool:
        """Fewer came than were allowed."""
        return self.gaps < ENOUGH * RATE * self.spread

    @property
    def right(self) -> bool:
        """As many came as were allowed."""
        return not (self.too_fast or self.too_slow)

    @property
    def by_the_machine(self) -> bool:
        """Whether the machine alone may have made it what it is, too fast, too slow or right."""
        unhindered = self.spread - self.late.total - self.run.lag
        if self.too_fast:
            return self.most <= RATE * (WINDOW + 2 * self.standstill) + 2
        if self.too_slow:
            return self.gaps >= UNHINDERED * RATE * unhindered and self.run.peak_in_flight > 1
        too_fast_unhindered = WINDOW * self.gaps > (RATE + 1) * unhindered
        return self.standstill > (LATE if too_fast_unhindered else SMEARED)

    @property
    def many_at_once(self) -> bool:
        """Whether more were in flight, when the later half arrived, than the rate takes."""
        return median(exchange.in_flight for exchange in self.run.exchanges[self.gaps // 2 :]) > AT_ONCE

    @property
    def in_a_burst(self) -> bool:
        """Whether some came all at once."""
        return _most_within(0.1, self.arrivals) > AT_ONCE


def _most_within(seconds: float, arrivals: Sequence[float]) -> int:
    return max(sum(begin <= arrived < begin + seconds for arrived in arrivals) for begin in arrivals)
