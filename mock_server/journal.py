"""The server's journal: a row for each exchange, written at arrival and completed at the end."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from itertools import islice

from .exchange import Exchange, Stats
from .lag import Lag

ROWS_KEPT = 20_000
ADDRESSES_KEPT = 100_000


class Journal:
    """Keeps the latest exchanges in a ring, sums up all of them, and counts the attempts at each address."""

    def __init__(self, lag: Lag, rows_kept: int = ROWS_KEPT) -> None:
        self._clock = asyncio.get_running_loop().time
        self._lag = lag
        self._rows_kept = rows_kept
        self.on_end: Callable[[Exchange], None] | None = None
        self.clear()

    def clear(self) -> None:
        """Forget every exchange, the outstanding ones too, and count attempts and connections anew."""
        self.generation = object()
        self.cleared = self._clock()  # by the event loop's clock
        self._rows: deque[Exchange] = deque(maxlen=self._rows_kept)
        self._running: set[Exchange] = set()
        self._attempts: dict[int, int] = {}  # of the latest addresses
        self._older_attempts: dict[int, int] = {}  # of as many before them
        self._statuses: Counter[int] = Counter()
        self._faults: Counter[str] = Counter()
        self._exchanges = self._connections = self._peak = self._left = self._refused = 0
        self._lag.worst = 0.0

    def moment(self, clock_time: float) -> float:
        """Turn a time of the event loop into seconds since the last clear."""
        return max(0.0, clock_time - self.cleared)

    def now(self) -> float:
        """Tell the seconds since the last clear."""
        return self.moment(self._clock())

    def next_connection(self) -> int:
        """Number a connection that is used for the first time since the last clear."""
        self._connections += 1
        return self._connections

    def arrive(self, method: str, path: str, connection: int, reused: bool, arrived: float) -> Exchange:
        """Write the row of an exchange that has just arrived, at the event loop's time `arrived`."""
        self._exchanges += 1
        in_flight = len(self._running) + 1
        attempt = self._count_attempt(method, path)
        moment = self.moment(arrived)
        row = Exchange(self._exchanges, method, path, connection, reused, attempt, in_flight, moment)
        self._rows.append(row)
        self._running.add(row)
        if in_flight > self._peak:
            self._peak = in_flight
        return row

    def _count_attempt(self, method: str, path: str) -> int:
        """Count an attempt; of very many addresses, the latest 100,000 at least are remembered."""
        address = hash((method, path))
        attempt = (self._attempts.get(address) or self._older_attempts.get(address, 0)) + 1
        self._attempts[address] = attempt
        if len(self._attempts) >= ADDRESSES_KEPT:
            self._attempts, self._older_attempts = {}, self._attempts
        return attempt

    def leave(self, row: Exchange) -> None:
        """Note that the client went away before the end."""
        if row in self._running and row.left is None:
            row.left = self.now()
            self._left += 1

    def end(self, row: Exchange) -> None:
        """Complete a row; one from before the last clear is passed over."""
        if row not in self._running:
            return
        self._running.remove(row)
        row.ended = self._clock() - self.cleared
        if row.status is not None:
            self._statuses[row.status] += 1
        if row.fault is not None:
            self._faults[row.fault] += 1
        if row.refused:
            self._refused += 1
        if self.on_end is not None:
            self.on_end(row)

    def rows(self, since: int = 0) -> list[Exchange]:
        """Return the rows numbered above `since` that the ring still holds."""
        skip = max(0, since - self.dropped)
        return list(islice(self._rows, skip, None))

    @property
    def dropped(self) -> int:
        """How many rows the ring has lost."""
        return self._exchanges - len(self._rows)

    @property
    def lag(self) -> float:
        """The worst lateness of the server's own event loop, in seconds."""
        return self._lag.worst

    def stats(self) -> Stats:
        """Sum up all exchanges since the last clear."""
        return Stats(
            exchanges=self._exchanges,
            in_flight=len(self._running),
            peak_in_flight=self._peak,
            connections=self._connections,
            statuses={str(status): count for status, count in sorted(self._statuses.items())},
            faults=dict(sorted(self._faults.items())),
            left=self._left,
            refused=self._refused,
            dropped=self.dropped,
            lag=self.lag,
        )
