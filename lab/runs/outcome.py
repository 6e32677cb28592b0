"""How an exchange ended for its client."""

from __future__ import annotations

from enum import StrEnum

from mock_server.exchange import Exchange

# These faults only delay the response. The exchange failed only if its client did not wait for the end.
SLOW_FAULTS = frozenset({"hang", "slow_headers", "slow_body"})


class Outcome(StrEnum):
    """The state of an exchange."""

    SERVED = "served"
    FAILED = "failed"
    REFUSED = "refused"
    CUT_OFF = "cut off"
    RUNNING = "still running"


def outcome(exchange: Exchange) -> Outcome:
    """Return the outcome of an exchange. A status of 400 or more and a fault that breaks the response are failures."""
    over = exchange.ended is not None or exchange.disconnected is not None
    if over and exchange.fault is not None and exchange.fault not in SLOW_FAULTS:
        return Outcome.FAILED  # even if the client disconnected: the fault made it do so
    if exchange.disconnected is not None:
        return Outcome.CUT_OFF
    if not over:
        return Outcome.RUNNING
    if exchange.refused:
        return Outcome.REFUSED
    if exchange.status is None:
        return Outcome.CUT_OFF  # the server was cleared before it responded
    return Outcome.SERVED if exchange.status < 400 else Outcome.FAILED


def known_as(exchange: Exchange) -> int | str:
    """Return the name under which an exchange is counted: its status, its fault, or `cut off`.

    An exchange that still runs counts as cut off. The server may notice a disconnected client only after the snapshot,
    and the count must be the same on every machine.
    """
    ending = outcome(exchange)
    if exchange.fault is not None and ending is not Outcome.SERVED:
        return exchange.fault
    if ending in (Outcome.CUT_OFF, Outcome.RUNNING) or exchange.status is None:
        return Outcome.CUT_OFF
    return exchange.status


def over_for_client(exchange: Exchange, now: float) -> float:
    """Return when the client had its response or disconnected; `now` if it is still waiting."""
    if exchange.disconnected is not None:
        return exchange.disconnected
    return now if exchange.ended is None else exchange.ended


def over_for_server(exchange: Exchange, now: float) -> float:
    """Return when the server stopped working on an exchange; `now` if it has not."""
    return now if exchange.ended is None else exchange.ended
