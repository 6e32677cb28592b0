"""One run: what the server saw while some code ran."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from mock_server.exchange import Exchange, Snapshot

from ..quantities import counted
from .outcome import Outcome, known_as, over_for_client
from .requests import Row, rows, rows_by


@dataclass
class Run:
    """The exchanges of a run, and figures computed from them. Times are in seconds."""

    exchanges: list[Exchange] = field(default_factory=list)  # changed by `fill` alone
    now: float = 0.0  # when the server took the latest snapshot
    lag: float = 0.0  # the worst event-loop lag of the server
    dropped: int = 0  # exchanges that the server dropped before any snapshot held them
    predicted: float | None = None  # how long the learner expected it to take
    theory: float | None = None  # how long it should take in theory
    title: str = ""
    live: bool = False  # whether its code still runs, even if no request is in flight
    before: float | None = None  # how long the previous run took
    caption: str = ""  # more figures, such as what its code returned
    axis: float = 0.0  # the minimum length of the picture's time axis
    row_by: str = ""  # a query parameter; the picture has one row for each of its values
    reserved_rows: int = 0  # the picture reserves room for this many rows, and for all lines of text
    reserved_labels: int = 0  # the picture reserves room for this many lines of labels

    def fill(self, snapshot: Snapshot) -> None:
        """Update the run from a snapshot; exchanges before the snapshot's first one are kept."""
        if snapshot.exchanges:
            first = snapshot.exchanges[0].number
            self.exchanges = [e for e in self.exchanges if e.number < first] + snapshot.exchanges
            self.dropped = self.exchanges[-1].number - len(self.exchanges)
        self.now, self.lag = snapshot.now, snapshot.lag
        for kept in ("rows", "picture_rows", "counts"):
            self.__dict__.pop(kept, None)

    @cached_property
    def rows(self) -> list[Row]:
        """The exchanges by request, in order of first arrival; a retry is in the row of the request it repeats."""
        return rows(self.exchanges)

    @cached_property
    def picture_rows(self) -> list[Row]:
        """The rows of the picture: one for each request, or for each value of `row_by`."""
        return rows_by(self.row_by, self.exchanges) if self.row_by else self.rows

    @cached_property
    def counts(self) -> dict[int | str, int]:
        """How many exchanges had each status or fault or were cut off; each exchange counts once."""
        found = Counter(map(known_as, self.exchanges))
        return dict(sorted(found.items(), key=_statuses_first))

    @property
    def statuses(self) -> dict[int, int]:
        """How many responses had each status, except broken ones and those whose client disconnected."""
        return {name: n for name, n in self.counts.items() if isinstance(name, int)}

    @property
    def faults(self) -> dict[str, int]:
        """How many exchanges each fault broke."""
        return {name: n for name, n in self.counts.items() if isinstance(name, str) and name != Outcome.CUT_OFF}

    @property
    def cut_off(self) -> int:
        """How many exchanges did not end although no fault broke them. Usually their client disconnected."""
        return self.counts.get(Outcome.CUT_OFF, 0)

    @property
    def hits(self) -> int:
        """How many attempts the server received."""
        return len(self.exchanges) + self.dropped

    @property
    def requests(self) -> int:
        """How many requests the attempts belong to; a retry belongs to the request that it repeats.

        The same as `hits` if this cannot be known: if the server has dropped exchanges, or if several requests went to
        a URL that was retried.
        """
        if self.dropped or len(self.rows) == len(self.exchanges):
            return self.hits
        at_url = Counter((row[0].method, row[0].path) for row in self.rows)
        known = all(len(row) == 1 or at_url[row[0].method, row[0].path] == 1 for row in self.rows)
        return len(self.rows) if known else self.hits

    @property
    def seconds(self) -> float:
        """The time from the first arrival until the last client had its response or disconnected, or else to `now`."""
        if not self.exchanges:
            return 0.0
        last = max(over_for_client(exchange, self.now) for exchange in self.exchanges)
        return last - min(exchange.arrived for exchange in self.exchanges)

    @property
    def finished(self) -> bool:
        """Whether no client is waiting for a response."""
        return all(e.ended is not None or e.disconnected is not None for e in self.exchanges)

    @property
    def methods(self) -> dict[str, int]:
        """How many attempts the server received with each method."""
        return dict(Counter(exchange.method for exchange in self.exchanges))

    @property
    def connections(self) -> int:
        """How many connections carried the exchanges."""
        return len({exchange.connection for exchange in self.exchanges})

    @property
    def peak_in_flight(self) -> int:
        """The most exchanges in flight at once, including those whose client had disconnected."""
        return max((exchange.in_flight for exchange in self.exchanges), default=0)

    @property
    def size(self) -> str:
        """The number of requests, and of attempts if there were more: `12 attempts for 10 requests`."""
        requests = counted(self.requests, "request")
        return requests if self.requests == self.hits else f"{self.hits:,} attempts for {requests}"

    @property
    def text(self) -> str:
        """The counts of the run without its times, so the same on every machine."""
        if not self.hits:
            return "no requests"
        dropped = [f"the first {self.dropped:,} dropped"] if self.dropped else []
        ends = [f"{n:,} {'' if name == Outcome.CUT_OFF else '× '}{name}" for name, n in self.counts.items()]
        peak = f"{self.peak_in_flight:,} in flight at most"
        return ", ".join([self.size, *dropped, *ends, peak, counted(self.connections, "connection")])


def _statuses_first(count: tuple[int | str, int]) -> tuple[bool, bool, str]:
    name = count[0]
    return isinstance(name, str), name == Outcome.CUT_OFF, str(name)
