"""The figures that describe how a version did on the hostile server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mock_server.exchange import Exchange

from ..runs.run import Run

REPEATABLE = ("GET", "HEAD")


@dataclass(frozen=True)
class Figures:
    """How a version did. Times are in seconds of the controlled clock."""

    name: str
    run: Run
    seconds: float
    lost: int  # documents that it did not return
    created: int  # items
    ending: str = ""  # what it raised, or why it was stopped; "" if it returned

    @property
    def refused(self) -> int:
        """How many requests the server refused because of its limits."""
        return sum(exchange.refused for exchange in self.run.exchanges)

    @property
    def done_twice(self) -> int:
        """How many times the server did work that it had already done."""
        done = Counter(exchange.path for exchange in self.run.exchanges if _was_done(exchange))
        return sum(done.values()) - len(done) + max(0, self.created - 1)

    @property
    def row(self) -> tuple[str, ...]:
        """The cells of its row in the table, as HEADINGS names them."""
        peak = self.run.peak_in_flight
        counts = (self.lost, self.run.hits, peak, self.refused, self.done_twice)
        return (self.name, f"{self.seconds:.1f}", *(f"{count:,}" for count in counts))


HEADINGS = ("version", "seconds", "lost", "requests", "peak in flight", "refused", "done twice")


def lost(result: Any, documents: Sequence[Any]) -> int:
    """Count the documents that are not in their place in a result."""
    if not isinstance(result, list | tuple):
        return len(documents)
    found = sum(1 for value, wanted in zip(result, documents, strict=False) if value == wanted)
    return len(documents) - found


def _was_done(exchange: Exchange) -> bool:
    """Return whether the server read an item for this request, even if its client had disconnected."""
    if exchange.method not in REPEATABLE or exchange.refused or exchange.fault is not None:
        return False
    return exchange.disconnected is not None if exchange.status is None else exchange.status < 400
