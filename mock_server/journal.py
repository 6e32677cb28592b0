"""The server's journal: one row per exchange, written at arrival and completed at the end."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from itertools import islice

from .exchange import Exchange, Stats
from .lag import Lag

ROWS_KEPT = 20_000
PATHS_KEPT = 100_000  # the latest methods and paths whose attempts are always remembered


class Journal:
    """Keeps the latest exchanges, adds up all of them, and counts the attempts per method and path."""

    def __init__(self, lag: Lag, rows_kept: int = ROWS_KEPT) -> None:
        self._clock = asyncio.get_running_loop().time
        self._lag = lag
        self._rows_kept = rows_kept
        self.on_end: Callable[[Exchange], None] | None = None
        self.clear()

    def clear(self) -> None:
        """Forget every exchange, including those in flight, and restart the counters."""
        self.generation = object()
        self.cleared = self._clock()  # by the event loop's clock
        self._rows: deque[Exchange] = deque(maxlen=self._rows_kept)
        self._in_flight: set[Exchange] = set()
        self._attempts: dict[int, int] = {}  # per method and path, by hash: the paths used most recently
        self._older_attempts: dict[int, int] = {}  # those used before
        self._statuses: Counter[int] = Counter()
        self._faults: Counter[str] = Counter()
        self._exchanges = self._connections = self._peak = self._disconnected = self._refused = 0
        self._lag.worst = 0.0

    def since_clear(self, loop_time: float) -> float:
        """Convert a time of the event loop to seconds since the last clear."""
        return max(0.0, loop_time - self.cleared)

    def now(self) -> float:
        """Return the seconds since the last clear."""
        return self.since_clear(self._clock())

    def next_connection(self) -> int:
        """Return the number of a connection that is used for the first time since the last clear."""
        self._connections += 1
        return self._connections

    def begin(self, method: str, path: str, connection: int, reused: bool, arrived: float) -> Exchange:
        """Add and return the row of a request that arrived at the event loop's time `arrived`."""
        self._exchanges += 1
        in_flight = len(self._in_flight) + 1
        attempt = self._count_attempt(method, path)
        seconds = self.since_clear(arrived)
        row = Exchange(self._exchanges, method, path, connection, reused, attempt, in_flight, seconds)
        self._rows.append(row)
        self._in_flight.add(row)
        if in_flight > self._peak:
            self._peak = in_flight
        return row

    def _count_attempt(self, method: str, path: str) -> int:
        """Count an attempt and return its number; old paths are forgotten, so that memory is bounded."""
        key = hash((method, path))
        attempt = (self._attempts.get(key) or self._older_attempts.get(key, 0)) + 1
        self._attempts[key] = attempt
        if len(self._attempts) >= PATHS_KEPT:
            self._attempts, self._older_attempts = {}, self._attempts
        return attempt

    @property
    def paths_remembered(self) -> int:
        """The number of methods and paths whose attempts are remembered."""
        return len(self._attempts) + len(self._older_attempts)

    def disconnect(self, row: Exchange) -> None:
        """Record that the client disconnected before the end."""
        if row in self._in_flight and row.disconnected is None:
            row.disconnected = self.now()
            self._disconnected += 1

    def end(self, row: Exchange) -> None:
        """Complete a row; one from before the last clear is ignored."""
        if row not in self._in_flight:
            return
        self._in_flight.remove(row)
        row.ended = self.now()
        if row.status is not None:
            self._statuses[row.status] += 1
        if row.fault is not None:
            self._faults[row.fault] += 1
        if row.refused:
            self._refused += 1
        if self.on_end is not None:
            self.on_end(row)

    def rows(self, since: int = 0) -> list[Exchange]:
        """Return the rows with a number above `since` that are still held."""
        skip = max(0, since - self.dropped)
        return list(islice(self._rows, skip, None))

    @property
    def dropped(self) -> int:
        """The number of rows that are no longer held."""
        return self._exchanges - len(self._rows)

    @property
    def lag(self) -> float:
        """The worst lag of the server's own event loop, in seconds."""
        return self._lag.worst

    def stats(self) -> Stats:
        """Return the totals of all exchanges since the last clear."""
        return Stats(
            exchanges=self._exchanges,
            in_flight=len(self._in_flight),
            peak_in_flight=self._peak,
            connections=self._connections,
            statuses={str(status): count for status, count in sorted(self._statuses.items())},
            faults=dict(sorted(self._faults.items())),
            disconnected=self._disconnected,
            refused=self._refused,
            dropped=self.dropped,
            lag=self.lag,
        )
