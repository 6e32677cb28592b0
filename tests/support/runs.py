"""Runs to draw and to count: written out by hand, or any at all."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from lab.runs.run import Run
from mock_server.exchange import Exchange

steady = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def exchange(number: int = 1, arrived: float = 0.0, ended: float | None = 0.1, **facts: Any) -> Exchange:
    """An exchange that was served in 0.1 s, unless told otherwise."""
    usual: dict[str, Any] = {
        "method": "GET",
        "path": f"/items/{number}",
        "connection": number,
        "reused": False,
        "attempt": 1,
        "in_flight": 1,
        "started": arrived,
        "status": None if ended is None else 200,
    }
    return Exchange(number=number, arrived=arrived, ended=ended, **(usual | facts))


def together(count: int, **facts: Any) -> list[Exchange]:
    """Requests that all arrive within a hundredth of a second."""
    return [exchange(n, (n - 1) * 0.01 / count, in_flight=n, **facts) for n in range(1, count + 1)]


def tried(*statuses: int, path: str = "/a", first: int = 1, begin: float = 0.0) -> list[Exchange]:
    """One request tried until it was served, 0.1 s a try and 0.1 s between."""
    return [
        exchange(first + n, begin + n * 0.2, begin + n * 0.2 + 0.1, path=path, status=status, attempt=n + 1)
        for n, status in enumerate(statuses)
    ]


FAULTS = [None, "reset", "truncate", "hang", "slow_body", "wrong_type"]


@st.composite
def runs(draw: st.DrawFn, most: int = 25) -> Run:
    """Any run, on few addresses so that some of its attempts are retries."""
    moments = st.integers(0, 300).map(lambda n: n / 100)
    arrivals = sorted(draw(st.lists(moments, min_size=1, max_size=most)))
    exchanges = [draw(_any_exchange(n, arrived)) for n, arrived in enumerate(arrivals, 1)]
    for e in exchanges:
        e.in_flight = sum(
            o.number <= e.number and (o is e or o.ended is None or o.ended > e.arrived) for o in exchanges
        )
    lines = st.none() | st.floats(0, 20)
    return Run(exchanges, now=6.0, predicted=draw(lines), theory=draw(lines), lag=draw(st.sampled_from([0, 0.3])))


@st.composite
def _any_exchange(draw: st.DrawFn, number: int, arrived: float) -> Exchange:
    length = draw(st.none() | st.integers(0, 200).map(lambda n: n / 100))
    ended = None if length is None else round(arrived + length, 2)
    inside = st.floats(0, 1).map(lambda share: arrived + share * (length if length is not None else 1.0))
    return exchange(
        number,
        arrived,
        ended,
        path=draw(st.sampled_from("abc")),
        status=draw(st.sampled_from([200, 201, 404, 429, 503, None])) if ended is not None else None,
        fault=draw(st.sampled_from(FAULTS)),
        refused=draw(st.booleans()),
        started=draw(st.just(arrived) | st.none() | inside),
        disconnected=draw(st.none() | inside),
    )
