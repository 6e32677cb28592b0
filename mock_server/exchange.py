"""What the server saw: one exchange (a request and its response), totals, and a snapshot of the journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class Exchange:
    """One request and its response. Times are in seconds since the journal was last cleared."""

    number: int  # 1, 2, ... in order of arrival
    method: str
    path: str  # with the query string
    connection: int  # 1, 2, ... in order of first use
    reused: bool  # whether the connection had carried a request before
    attempt: int  # 1, 2, ... for this method and path
    in_flight: int  # requests on the server when this one arrived, including this one
    arrived: float  # when the server had read the head of the request
    started: float | None = None  # when it left the queue; None while it is queued
    ended: float | None = None  # None while the server is working on it
    status: int | None = None  # None if no status was sent
    fault: str | None = None  # the fault that was applied
    disconnected: float | None = None  # when the client disconnected before the end
    refused: bool = False  # by rate_limit or capacity, so never served

    @property
    def queued(self) -> float:
        """The time spent in the queue, in seconds."""
        return 0.0 if self.started is None else self.started - self.arrived


@dataclass(slots=True)
class Stats:
    """Totals of all exchanges since the journal was last cleared, including those it has dropped."""

    exchanges: int = 0
    in_flight: int = 0
    peak_in_flight: int = 0
    connections: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    disconnected: int = 0  # exchanges whose client disconnected before the end
    refused: int = 0
    dropped: int = 0  # exchanges that the journal no longer holds
    lag: float = 0.0  # the worst lag of the server's own event loop, in seconds


@dataclass(slots=True)
class Snapshot:
    """The journal at the time `now`, in seconds since it was last cleared."""

    now: float
    lag: float
    dropped: int
    exchanges: list[Exchange]

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Snapshot:
        """Return the snapshot in a response of `/_mock/journal`."""
        exchanges = [Exchange(**row) for row in document["exchanges"]]
        return cls(document["now"], document["lag"], document["dropped"], exchanges)
