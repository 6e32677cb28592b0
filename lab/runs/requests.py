"""Group the attempts of each request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from operator import attrgetter
from urllib.parse import parse_qs

from mock_server.exchange import Exchange

from .outcome import Outcome, outcome, over_for_client

Row = list[Exchange]

_GOOD = (Outcome.SERVED, Outcome.RUNNING)
FAILED_BEFORE, ARRIVED, FAILED_AT_ONCE = range(3)  # of moments at the same time, in order


def rows(exchanges: Iterable[Exchange]) -> list[Row]:
    """Group attempts into requests, in order of first arrival.

    An attempt joins the latest failed attempt with the same method and URL that has no retry yet. This is a guess:
    clients do not tell the server which request an attempt belongs to.
    """
    found: list[Row] = []
    row_of: dict[int, Row] = {}
    unfollowed: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for _, moment, _, exchange in _moments(exchanges):
        failed_before = unfollowed[exchange.method, exchange.path]
        if moment != ARRIVED:
            failed_before.append(row_of[exchange.number])
        elif failed_before:
            row_of[exchange.number] = failed_before.pop()
            row_of[exchange.number].append(exchange)
        else:
            row_of[exchange.number] = [exchange]
            found.append(row_of[exchange.number])
    return found


def rows_by(parameter: str, exchanges: Iterable[Exchange]) -> list[Row]:
    """Group exchanges by the value of a query parameter, in order of first arrival.

    An exchange without the parameter has a row of its own.
    """
    found: dict[object, Row] = {}
    for exchange in sorted(exchanges, key=attrgetter("arrived", "number")):
        values = parse_qs(exchange.path.partition("?")[2]).get(parameter)
        found.setdefault(values[0] if values else exchange.number, []).append(exchange)
    return list(found.values())


def _moments(exchanges: Iterable[Exchange]) -> list[tuple[float, int, int, Exchange]]:
    """Return arrivals and failures in order of time; of two at the same time, the earlier event comes first."""
    moments = []
    for exchange in exchanges:
        moments.append((exchange.arrived, ARRIVED, exchange.number, exchange))
        if outcome(exchange) not in _GOOD:
            failed = over_for_client(exchange, exchange.arrived)
            kind = FAILED_BEFORE if failed > exchange.arrived else FAILED_AT_ONCE
            moments.append((max(failed, exchange.arrived), kind, exchange.number, exchange))
    return sorted(moments, key=lambda moment: moment[:3])
