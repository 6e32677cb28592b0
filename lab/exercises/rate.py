"""What exercise 03.4 expects of the rate of requests."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from ..checking.symptoms import NotYet, sentences
from ..runs.outcome import over_for_client
from ..runs.run import Run
from .in_flight import PROMPT

RATE, LOWEST_RATE = 20, 19  # requests a second
AT_ONCE = 0.0005  # seconds; a request that starts because another has ended starts within them

_IN_FLIGHT = "Each request starts when another ends. That limits how many are in flight, not how many start per second."


def expect_rate(run: Run) -> None:
    """Expect at most RATE requests in any one second, and at least LOWEST_RATE a second on average."""
    arrivals = sorted(exchange.arrived for exchange in run.exchanges)
    most = _most_within(arrivals, 1 - PROMPT)
    if most > RATE:
        allowed = f"The server got {most} requests within one second; at most {RATE} are allowed"
        raise NotYet(sentences(allowed, _why_too_fast(run, arrivals)))
    gaps, seconds = len(arrivals) - 1, arrivals[-1] - arrivals[0]
    if seconds > gaps / LOWEST_RATE + PROMPT:
        average = f"The server got {gaps / seconds:.3g} requests a second on average; expected at least {LOWEST_RATE}"
        raise NotYet(sentences(average, _IN_FLIGHT if _start_as_others_end(run) else ""))


def _most_within(arrivals: Sequence[float], seconds: float) -> int:
    return max(bisect_left(arrivals, arrived + seconds) - at for at, arrived in enumerate(arrivals))


def _why_too_fast(run: Run, arrivals: Sequence[float]) -> str:
    if (burst := _most_within(arrivals, PROMPT)) == len(arrivals):
        return "All came at once. Before it starts, does each request wait for one shared limiter of twenty a second?"
    if _start_as_others_end(run):
        return _IN_FLIGHT
    if burst == 1:
        return ""
    together = sum(later - earlier < PROMPT for earlier, later in pairwise(arrivals))
    on_top = "Does the limiter allow a burst on top of the rate?"
    if together >= burst:  # there are several
        on_top = "The limit holds for any one second, whenever it begins"
    return sentences(f"{burst} came at once", on_top)


def _start_as_others_end(run: Run) -> bool:
    """Return whether requests start when others end; up to half of them, the first ones, may start earlier."""
    ends = [over_for_client(exchange, run.now) for exchange in run.exchanges]
    later = [exchange.arrived for exchange in run.exchanges if exchange.arrived > min(ends)]
    follow = all(any(0 <= arrived - end <= AT_ONCE for end in ends) for arrived in later)
    return follow and 2 * len(later) >= run.hits
