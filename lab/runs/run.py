"""What one run of some code did, as the server saw it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from mock_server.exchange import Exchange, Snapshot

from .outcome import Outcome, known_as, over_for_client
from .requests import Row, rows, rows_by


@dataclass
class Run:
    """The exchanges of a run, and the figures that follow from them. Times are in seconds."""

    exchanges: list[Exchange] = field(default_factory=list)  # changed by `fill` alone
    now: float = 0.0  # the moment the server was asked
    lag: float = 0.0  # how late the server's own loop was, at worst
    dropped: int = 0  # exchanges that the server forgot before they were asked for
    predicted: float | None = None  # how long the learner said it would take
    theory: float | None = None  # how long it takes by the book
    title: str = ""
    live: bool = False  # while its code goes on, though no request may be under way
    before: float | None = None  # how long the previous run took
    caption: str = ""  # further figures, such as what its code returned
    axis: float = 0.0  # the least length of the picture's time axis
    row_by: str = ""  # a query parameter; the picture has one row for each value of it
    reserved_rows: int = 0  # the picture keeps room for so many rows and for all lines of text
    reserved_labels: int = 0  # and for so many lines of labels

    def fill(self, snapshot: Snapshot) -> None:
        """Take over what a snapshot says; the exchanges before its first one stay as they are."""
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
        """The rows of the picture: requests, or the values of `row_by`."""
        return rows_by(self.row_by, self.exchanges) if self.row_by else self.rows

    @cached_property
    def counts(self) -> dict[int | str, int]:
        """Each exchange counted once: by its status, else by the fault done to it, else as cut off."""
        found = Counter(map(known_as, self.exchanges))
        return dict(sorted(found.items(), key=_statuses_first))

    @property
    def statuses(self) -> dict[int, int]:
        """How many responses had each status; one that a fault broke, or whose client had gone, does not count."""
        return {name: n for name, n in self.counts.items() if isinstance(name, int)}

    @property
    def faults(self) -> dict[str, int]:
        """How many exchanges each fault undid."""
        return {name: n for name, n in self.counts.items() if isinstance(name, str) and name != Outcome.CUT_OFF}

    @property
    def cut_off(self) -> int:
        """How many exchanges found no end though no fault was done to them: their client left, as a rule."""
        return self.counts.get(Outcome.CUT_OFF, 0)

    @property
    def hits(self) -> int:
        """How many requests the server got, each attempt counted."""
        return len(self.exchanges) + self.dropped

    @property
    def requests(self) -> int:
        """How many requests the hits make up when a retry is counted with the attempt it follows.

        The same as `hits` where that cannot be known: when the server has forgotten attempts, and when several
        requests were made to a URL that was retried.
        """
        if self.dropped or len(self.rows) == len(self.exchanges):
            return self.hits
        at_url = Counter((row[0].method, row[0].path) for row in self.rows)
        known = all(len(row) == 1 or at_url[row[0].method, row[0].path] == 1 for row in self.rows)
        return len(self.rows) if known else self.hits

    @property
    def seconds(self) -> float:
        """From the first arrival until the last client had its response or disconnected; `now` while one waits."""
        if not self.exchanges:
            return 0.0
        last = max(over_for_client(exchange, self.now) for exchange in self.exchanges)
        return last - min(exchange.arrived for exchange in self.exchanges)

    @property
    def finished(self) -> bool:
        """Whether no client still waits for an answer."""
        return all(e.ended is not None or e.disconnected is not None for e in self.exchanges)

    @property
    def methods(self) -> dict[str, int]:
        """How many requests the server got with each method, each attempt counted."""
        return dict(Counter(exchange.method for exchange in self.exchanges))

    @property
    def connections(self) -> int:
        """How many connections carried the exchanges."""
        return len({exchange.connection for exchange in self.exchanges})

    @property
    def peak_in_flight(self) -> int:
        """The most exchanges that the server had in hand at once, those whose client had left included."""
        return max((exchange.in_flight for exchange in self.exchanges), default=0)

    @property
    def size(self) -> str:
        """How many requests, and how many attempts if they took more: `12 attempts for 10 requests`."""
        requests = _counted(self.requests, "request")
        return requests if self.requests == self.hits else f"{self.hits:,} attempts for {requests}"

    @property
    def text(self) -> str:
        """What is the same on every machine: counts, no times."""
        if not self.hits:
            return "no requests"
        dropped = [f"the first {self.dropped:,} forgotten"] if self.dropped else []
        ends = [f"{n:,} {'' if name == Outcome.CUT_OFF else '× '}{name}" for name, n in self.counts.items()]
        peak = f"{self.peak_in_flight:,} in flight at most"
        return ", ".join([self.size, *dropped, *ends, peak, _counted(self.connections, "connection")])


def _statuses_first(count: tuple[int | str, int]) -> tuple[bool, bool, str]:
    name = count[0]
    return isinstance(name, str), name == Outcome.CUT_OFF, str(name)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
