"""A server that misbehaves on request, the same way each time, and keeps a journal of what it saw."""

from .conditions import FAULTS, ConditionError, Conditions
from .exchange import Exchange, Snapshot, Stats
from .server import MockServer, MockServerError

__all__ = [
    "FAULTS",
    "ConditionError",
    "Conditions",
    "Exchange",
    "MockServer",
    "MockServerError",
    "Snapshot",
    "Stats",
]
