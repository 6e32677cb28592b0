"""The figures and the text of a run."""

from __future__ import annotations

import pytest
from hypothesis import given

from lab.runs.run import Run
from mock_server.exchange import Snapshot
from tests.support.runs import attempts_of, exchange, runs, together


def test_the_text_states_the_counts() -> None:
    """The text counts requests, statuses, the peak in flight and connections."""
    assert Run(together(100)).text == "100 requests, 100 × 200, 100 in flight at most, 100 connections"


def test_numbers_are_written_properly() -> None:
    """One request is singular, and thousands have a comma."""
    assert Run([exchange()]).text == "1 request, 1 × 200, 1 in flight at most, 1 connection"
    assert Run(together(1000)).text.startswith("1,000 requests, 1,000 × 200")


def test_the_counts_are_ordered() -> None:
    """Statuses come first, then faults, then requests cut off and in flight."""
    run = Run(
        [
            exchange(1, disconnected=0.05),
            exchange(2, fault="reset", status=None),
            exchange(3, status=503),
            exchange(4, fault="empty", status=None),
            exchange(5),
        ]
    )
    assert "5 requests, 1 × 200, 1 × 503, 1 × empty, 1 × reset, 1 cut off, 1 in flight" in run.text


def test_an_empty_run_says_so() -> None:
    """A run without requests says so and lasts 0 s."""
    assert Run().text == "no requests"
    assert Run().seconds == 0.0


def test_retries_are_counted() -> None:
    """With retries, the text counts attempts and requests."""
    run = Run(attempts_of(503, 503, 200) + attempts_of(200, path="/b", first=4))
    assert run.text.startswith("4 attempts for 2 requests, 2 × 200, 2 × 503")


def test_ambiguous_retries_are_not_counted() -> None:
    """If several requests share a path, their attempts are not counted as retries."""
    run = Run(attempts_of(503, 200) + attempts_of(503, 200, first=3, begin=0.05))
    assert len(run.rows) == 2
    assert run.text.startswith("4 requests, 2 × 200, 2 × 503")


def test_dropped_exchanges_are_counted() -> None:
    """Exchanges that the server has dropped are counted and mentioned."""
    assert Run([exchange(501)], dropped=500).text.startswith("501 requests, the first 500 dropped, 1 × 200")


@pytest.mark.parametrize("ended", [None, 0.2, 9.0])
def test_a_disconnected_client_is_cut_off(ended: float | None) -> None:
    """A request whose client disconnected is cut off at that moment, even if the server keeps working."""
    run = Run([exchange(ended=ended, disconnected=0.2, status=None)], now=9.0)
    assert run.cut_off == 1
    assert run.seconds == 0.2


def test_disconnecting_late_changes_no_text() -> None:
    """The text is the same before and after the server notices that the client disconnected."""
    assert Run([exchange(ended=None)]).text == Run([exchange(ended=None, disconnected=0.1)]).text


@pytest.mark.parametrize("fault", ["reset", "truncate", "wrong_type"])
@pytest.mark.parametrize("disconnected", [None, 0.05])
def test_a_broken_response_counts_as_its_fault(fault: str, disconnected: float | None) -> None:
    """A broken response counts under its fault, whoever closed the connection."""
    run = Run([exchange(fault=fault, disconnected=disconnected)])
    assert run.faults == {fault: 1}
    assert run.statuses == {}


def test_a_slow_response_may_be_complete() -> None:
    """A slow response counts under its status if the client waited for its end."""
    assert Run([exchange(fault="slow_body")]).statuses == {200: 1}
    assert Run([exchange(fault="slow_body", disconnected=0.05)]).faults == {"slow_body": 1}


def test_seconds_span_all_requests() -> None:
    """Seconds run from the first arrival to the last end."""
    run = Run([exchange(1, 0.5, 0.9), exchange(2, 0.6, 0.7)], now=5.0)
    assert run.seconds == pytest.approx(0.4)


def test_seconds_grow_while_clients_wait() -> None:
    """Seconds run to now while a client waits."""
    run = Run([exchange(1, 0.5, None)], now=2.0)
    assert run.seconds == 1.5
    assert not run.finished


@given(runs())
def test_every_exchange_is_counted_once(run: Run) -> None:
    assert sum(run.statuses.values()) + sum(run.faults.values()) + run.cut_off == run.hits


def test_a_snapshot_replaces_its_exchanges() -> None:
    """A snapshot replaces the exchanges that it holds and keeps earlier ones."""
    run = Run(predicted=1.0)
    run.fill(Snapshot(1.0, 0.0, 0, [exchange(1), exchange(2, ended=None)]))
    assert run.text.startswith("2 requests, 1 × 200, 1 cut off")
    run.fill(Snapshot(2.0, 0.01, 0, [exchange(2), exchange(3)]))
    assert run.text.startswith("3 requests, 3 × 200")
    assert [len(row) for row in run.rows] == [1, 1, 1]
    assert (run.now, run.lag, run.dropped, run.predicted) == (2.0, 0.01, 0, 1.0)


def test_seen_exchanges_are_not_dropped() -> None:
    """Only exchanges that no snapshot held count as dropped."""
    run = Run()
    run.fill(Snapshot(1.0, 0.0, 3, [exchange(4), exchange(5)]))
    assert run.dropped == 3
    run.fill(Snapshot(2.0, 0.0, 5, [exchange(6)]))
    assert run.dropped == 3
