"""A server that misbehaves on request, the same way each time, and keeps a journal of what it saw."""

from .conditions import FAULTS, ConditionError, Conditions
from .exchange import Exchange, Snapshot, Stats
from .launch import MockServerError
from .server import MockServer

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
