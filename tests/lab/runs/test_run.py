"""What a run says of itself."""

from __future__ import annotations

import pytest
from hypothesis import given

from lab.runs.run import Run
from mock_server.exchange import Snapshot
from tests.support.runs import exchange, runs, steady, together, tried


def test_the_text_counts_requests_statuses_the_most_in_flight_and_connections() -> None:
    assert Run(together(100)).text == "100 requests, 100 × 200, 100 in flight at most, 100 connections"


def test_one_of_a_thing_is_singular_and_thousands_are_set_apart() -> None:
    assert Run([exchange()]).text == "1 request, 1 × 200, 1 in flight at most, 1 connection"
    assert Run(together(1000)).text.startswith("1,000 requests, 1,000 × 200")


def test_statuses_stand_in_their_order_then_faults_in_theirs_then_what_was_cut_off() -> None:
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


def test_a_run_without_a_request_says_so() -> None:
    assert Run().text == "no requests"
    assert Run().seconds == 0.0


def test_a_text_with_retries_tells_attempts_from_requests() -> None:
    run = Run(tried(503, 503, 200) + tried(200, path="/b", first=4))
    assert run.text.startswith("4 attempts for 2 requests, 2 × 200, 2 × 503")


def test_attempts_are_not_taken_for_retries_when_several_requests_share_their_address() -> None:
    run = Run(tried(503, 200) + tried(503, 200, first=3, begin=0.05))
    assert len(run.rows) == 2
    assert run.text.startswith("4 requests, 2 × 200, 2 × 503")


def test_what_the_server_forgot_is_counted_and_told() -> None:
    assert Run([exchange(501)], dropped=500).text.startswith("501 requests, the first 500 forgotten, 1 × 200")


@pytest.mark.parametrize("ended", [None, 0.2, 9.0])
def test_a_client_that_left_is_cut_off_whether_or_not_the_server_works_on(ended: float | None) -> None:
    run = Run([exchange(ended=ended, disconnected=0.2, status=None)], now=9.0)
    assert run.cut_off == 1
    assert run.seconds == 0.2


def test_the_text_is_the_same_before_and_after_the_server_learns_that_the_client_left() -> None:
    assert Run([exchange(ended=None)]).text == Run([exchange(ended=None, disconnected=0.1)]).text


@pytest.mark.parametrize("fault", ["reset", "truncate", "wrong_type"])
@pytest.mark.parametrize("disconnected", [None, 0.05])
def test_a_broken_answer_counts_as_its_fault_whoever_ended_the_connection(
    fault: str, disconnected: float | None
) -> None:
    run = Run([exchange(fault=fault, disconnected=disconnected)])
    assert run.faults == {fault: 1}
    assert run.statuses == {}


def test_a_slow_answer_counts_as_its_status_if_the_client_had_the_patience() -> None:
    assert Run([exchange(fault="slow_body")]).statuses == {200: 1}
    assert Run([exchange(fault="slow_body", disconnected=0.05)]).faults == {"slow_body": 1}


def test_seconds_run_from_the_first_arrival_to_the_last_end() -> None:
    run = Run([exchange(1, 0.5, 0.9), exchange(2, 0.6, 0.7)], now=5.0)
    assert run.seconds == pytest.approx(0.4)


def test_seconds_run_on_while_a_client_waits() -> None:
    run = Run([exchange(1, 0.5, None)], now=2.0)
    assert run.seconds == 1.5
    assert not run.finished


@steady
@given(runs())
def test_every_exchange_is_counted_once(run: Run) -> None:
    assert sum(run.statuses.values()) + sum(run.faults.values()) + run.cut_off == run.hits


def test_filling_keeps_what_came_before_the_snapshot_and_replaces_the_rest() -> None:
    run = Run(predicted=1.0)
    run.fill(Snapshot(1.0, 0.0, 0, [exchange(1), exchange(2, ended=None)]))
    assert run.text.startswith("2 requests, 1 × 200, 1 cut off")
    run.fill(Snapshot(2.0, 0.01, 0, [exchange(2), exchange(3)]))
    assert run.text.startswith("3 requests, 3 × 200")
    assert [len(row) for row in run.rows] == [1, 1, 1]
    assert (run.now, run.lag, run.dropped, run.predicted) == (2.0, 0.01, 0, 1.0)


def test_filling_counts_as_dropped_only_what_was_never_seen() -> None:
    run = Run()
    run.fill(Snapshot(1.0, 0.0, 3, [exchange(4), exchange(5)]))
    assert run.dropped == 3
    run.fill(Snapshot(2.0, 0.0, 5, [exchange(6)]))
    assert run.dropped == 3
