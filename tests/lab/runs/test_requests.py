"""Attempts are grouped into requests."""

from __future__ import annotations

from hypothesis import given

from lab.runs.run import Run
from mock_server.exchange import Exchange
from tests.support.runs import exchange, runs


def failed_before(rows: list[list[Exchange]], new: Exchange) -> list[list[Exchange]]:
    """Return the rows that a new attempt can join, the one that failed last at the end."""
    found = []
    for row in rows:
        last = row[-1]
        over = last.disconnected if last.disconnected is not None else last.ended
        bad = not last.status or last.status >= 400 or last.disconnected is not None or last.refused
        bad = bad or last.fault in ("reset", "truncate", "wrong_type")
        if last.path == new.path and bad and over is not None and last.arrived < new.arrived >= over:
            found.append((over, over == last.arrived, last.number, row))
    return [row for *_, row in sorted(found)]


@given(runs())
def test_a_retry_joins_the_last_failure(run: Run) -> None:
    """An attempt joins the row whose last attempt failed most recently on the same path."""
    rows: list[list[Exchange]] = []
    for new in run.exchanges:
        if waiting := failed_before(rows, new):
            waiting[-1].append(new)
        else:
            rows.append([new])
    assert run.rows == rows


@given(runs())
def test_rows_are_in_arrival_order(run: Run) -> None:
    """Rows are in the order of their first attempts, and attempts are in order within a row."""
    firsts = [row[0].number for row in run.rows]
    assert firsts == sorted(firsts)
    assert all([e.number for e in row] == sorted(e.number for e in row) for row in run.rows)
    assert sorted(e.number for row in run.rows for e in row) == [e.number for e in run.exchanges]


def test_an_immediate_retry_joins_its_row() -> None:
    """An attempt may arrive at the moment the previous one failed."""
    run = Run([exchange(1, 0.0, 0.1, path="/a", status=503), exchange(2, 0.1, 0.2, path="/a")])
    assert [len(row) for row in run.rows] == [2]
