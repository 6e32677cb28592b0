"""How an exchange ended, as its client met it."""

from __future__ import annotations

from enum import StrEnum

from mock_server.exchange import Exchange

# These faults only make a client wait: whether that did harm shows in how the exchange ended.
SLOW_FAULTS = frozenset({"hang", "slow_headers", "slow_body"})


class Outcome(StrEnum):
    """The five ways an exchange can stand."""

    SERVED = "served"
    FAILED = "failed"
    REFUSED = "refused"
    CUT_OFF = "cut off"
    RUNNING = "still running"


def outcome(exchange: Exchange) -> Outcome:
    """Tell how it ended: an answer of 400 or more and a fault that breaks the answer are failures."""
    over = exchange.ended is not None or exchange.disconnected is not None
    if over and exchange.fault is not None and exchange.fault not in SLOW_FAULTS:
        return Outcome.FAILED  # also when the client left: the fault made it leave
    if exchange.disconnected is not None:
        return Outcome.CUT_OFF
    if not over:
        return Outcome.RUNNING
    if exchange.refused:
        return Outcome.REFUSED
    if exchange.status is None:
        return Outcome.CUT_OFF  # the server was cleared before it answered
    return Outcome.SERVED if exchange.status < 400 else Outcome.FAILED


def known_as(exchange: Exchange) -> int | str:
    """Name the exchange in a count: its status, else the fault done to it, else `cut off`.

    One still running is counted as cut off: a server may learn that a client left a moment after it is asked,
    and the count must be the same on every machine.
    """
    ending = outcome(exchange)
    if exchange.fault is not None and ending is not Outcome.SERVED:
        return exchange.fault
    if ending in (Outcome.CUT_OFF, Outcome.RUNNING) or exchange.status is None:
        return Outcome.CUT_OFF
    return exchange.status


def over_for_client(exchange: Exchange, now: float) -> float:
    """Tell when the client had its answer or left; `now` while it still waits."""
    if exchange.disconnected is not None:
        return exchange.disconnected
    return now if exchange.ended is None else exchange.ended


def over_for_server(exchange: Exchange, now: float) -> float:
    """Tell when the server stopped working on it; `now` while it still does."""
    return now if exchange.ended is None else exchange.ended
