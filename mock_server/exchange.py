"""What the server saw: one exchange, the sum of many, and the page that carries them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class Exchange:
    """One request as the server met it; times are in seconds since the journal was last cleared."""

    number: int  # 1, 2, ... in order of arrival
    method: str
    path: str  # with its query string
    connection: int  # 1, 2, ... in order of first use
    reused: bool  # whether the connection had carried an exchange before
    attempt: int  # 1, 2, ... for this method and path
    in_flight: int  # on the server at its arrival, itself included
    arrived: float  # when its head had come in
    started: float | None = None  # when it left the queue; None while it waits there
    ended: float | None = None  # None while the server works on it
    status: int | None = None  # None when no status was sent
    fault: str | None = None  # the fault done to it
    left: float | None = None  # when the client went away before the end
    refused: bool = False  # by rate_limit or capacity, so never served

    @property
    def queued(self) -> float:
        """How long it waited for a free place, in seconds; 0 when it never did."""
        return 0.0 if self.started is None else self.started - self.arrived


@dataclass(slots=True)
class Stats:
    """The sum of all exchanges since the journal was last cleared, those that its ring dropped included."""

    exchanges: int = 0
    in_flight: int = 0
    peak_in_flight: int = 0
    connections: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    left: int = 0  # exchanges whose client went away before the end
    refused: int = 0
    dropped: int = 0  # exchanges that the ring no longer holds
    lag: float = 0.0  # the worst lateness of the server's own event loop, in seconds


@dataclass(slots=True)
class Snapshot:
    """The journal at one moment; `now` is that moment in seconds since the journal was last cleared."""

    now: float
    lag: float
    dropped: int
    exchanges: list[Exchange]

    @classmethod
    def from_json(cls, page: dict[str, Any]) -> Snapshot:
        """Read what `/_mock/journal` answers."""
        rows = [Exchange(**row) for row in page["exchanges"]]
        return cls(page["now"], page["lag"], page["dropped"], rows)
