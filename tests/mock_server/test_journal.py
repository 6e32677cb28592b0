import asyncio
import os
import signal
import threading
import time
from contextlib import ExitStack, suppress

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server import MockServer
from mock_server.journal import Journal
from mock_server.lag import Lag

from ..support.client import ask, connect, read_to_end, send_raw


def in_background(server, path):
    def work():
        with suppress(OSError):
            ask(server, path)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def leave_after_sending(server, path):
    with connect(server) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


def test_a_row_tells_what_happened(server):
    ask(server, "/delay/0.1?a=1", headers={"X": "y"})
    (row,) = server.journal()
    assert (row.number, row.method, row.path, row.status) == (1, "GET", "/delay/0.1?a=1", 200)
    assert (row.connection, row.reused, row.attempt, row.in_flight) == (1, False, 1, 1)
    assert (row.fault, row.left, row.refused, row.queued) == (None, None, False, 0)
    assert 0 < row.arrived == row.started <= row.ended - 0.1


def test_a_row_is_written_at_arrival_and_completed_at_the_end(server, until):
    thread = in_background(server, "/delay/0.2")
    (row,) = until(server.journal)
    assert (row.started, row.ended, row.status) == (row.arrived, None, None)
    assert server.stats().in_flight == 1
    thread.join()
    (row,) = server.journal()
    assert (row.status, server.stats().in_flight) == (200, 0)


def test_the_row_is_complete_as_soon_as_the_client_has_the_answer(server):
    for number in range(1, 101):
        ask(server, "/text")
        assert server.journal(since=number - 1)[0].status == 200


def test_control_requests_leave_no_trace(server):
    server.stats()
    server.configure(latency=0)
    assert server.journal() == []
    assert server.stats().exchanges == 0


def test_attempts_count_one_method_and_path_since_the_last_clear(server):
    for method, path in (("GET", "/echo"), ("GET", "/echo"), ("POST", "/echo"), ("GET", "/echo?a")):
        ask(server, path, method)
    assert [row.attempt for row in server.journal()] == [1, 2, 1, 1]
    server.clear()
    ask(server, "/echo")
    assert [(row.number, row.attempt) for row in server.journal()] == [(1, 1)]


def test_clear_keeps_conditions_and_items_and_reset_restores_both(server):
    server.configure(latency=0.01)
    ask(server, "/items/1", "PUT", {"name": "changed"})
    server.clear()
    assert ask(server, "/items/1").json["name"] == "changed"
    assert server.conditions.latency == 0.01
    server.reset()
    assert ask(server, "/items/1").json["name"] == "item 1"
    assert server.conditions.latency == 0


def test_connections_are_numbered_by_first_use_and_told_apart_from_reused_ones(server, run):
    async def visit():
        async with aiohttp.ClientSession(server.url) as one, aiohttp.ClientSession(server.url) as two:
            for session in (one, two, one, two):
                await (await session.get("/text")).read()
            await asyncio.to_thread(server.clear)
            await (await two.get("/text")).read()

    before = server.journal
    run(visit())
    rows = before()
    assert [(row.connection, row.reused) for row in rows] == [(1, True)]
    assert server.stats().connections == 1


def test_two_sessions_are_two_connections(server, run):
    async def visit():
        async with aiohttp.ClientSession(server.url) as one, aiohttp.ClientSession(server.url) as two:
            for session in (one, two, one):
                await (await session.get("/text")).read()

    run(visit())
    assert [(row.connection, row.reused) for row in server.journal()] == [(1, False), (2, False), (1, True)]


def test_in_flight_counts_those_on_the_server_at_the_arrival_itself_included(server, run):
    async def visit():
        async with aiohttp.ClientSession(server.url) as session:
            await asyncio.gather(*(session.get(f"/delay/0.3?n={n}") for n in range(5)))

    run(visit())
    assert [row.in_flight for row in server.journal()] == [1, 2, 3, 4, 5]
    assert (server.stats().peak_in_flight, server.stats().in_flight) == (5, 0)


def test_a_client_that_goes_away_early_is_seen_and_its_handler_works_on(server, until):
    leave_after_sending(server, "/delay/0.3")
    (row,) = until(lambda: [row for row in server.journal() if row.left is not None])
    assert (row.ended, row.status) == (None, None)
    (row,) = until(lambda: [row for row in server.journal() if row.ended is not None])
    assert row.status is None
    assert row.arrived <= row.left < row.ended
    assert server.stats().left == 1


def test_cancel_abandoned_ends_the_handler_when_its_client_goes_away(server, until):
    server.configure(cancel_abandoned=True)
    leave_after_sending(server, "/delay/60")
    (row,) = until(lambda: [row for row in server.journal() if row.ended is not None])
    assert row.left is not None


def test_twenty_time_outs_leave_twenty_handlers_running(server, run, until):
    async def visit():
        async with aiohttp.ClientSession(server.url, timeout=aiohttp.ClientTimeout(total=1)) as session:
            return await asyncio.gather(*(session.get(f"/delay/60?n={n}") for n in range(20)), return_exceptions=True)

    assert all(isinstance(outcome, TimeoutError) for outcome in run(visit()))
    until(lambda: server.stats().left == 20)
    assert server.stats().in_flight == 20


def test_a_clear_ends_what_is_outstanding_and_closes_its_connection(server, until):
    with connect(server) as connection:
        connection.sendall(b"GET /delay/60 HTTP/1.1\r\nHost: x\r\n\r\n")
        until(server.journal)
        server.clear()
        assert read_to_end(connection) == b""
    assert server.stats().exchanges == 0


def test_a_clear_ends_those_that_queue_and_frees_their_places(server, until):
    server.configure(capacity=2)
    for n in range(6):
        in_background(server, f"/delay/60?n={n}")
    until(lambda: server.stats().in_flight == 6)
    server.clear()
    assert ask(server, "/text").status == 200
    assert [row.path for row in server.journal()] == ["/text"]


def test_nothing_of_the_run_before_shows_after_a_clear(server, run):
    async def visit():
        async with aiohttp.ClientSession(server.url, connector=aiohttp.TCPConnector(limit=0)) as session:
            for _ in range(20):
                tasks = [asyncio.create_task(session.get(f"/old?n={n}")) for n in range(40)]
                await asyncio.sleep(0.002)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                async with session.delete("/_mock/journal") as response:
                    assert response.status == 200
                async with session.get("/new") as response:
                    assert response.status == 404
                async with session.get("/_mock/journal") as response:
                    rows = (await response.json())["exchanges"]
                assert [(row["path"], row["number"]) for row in rows] == [("/new", 1)]

    run(visit())


@pytest.mark.skipif(os.name != "posix", reason="stops a process")
@pytest.mark.parametrize("old", ["new connections", "used connections"])
def test_what_was_sent_before_a_clear_never_shows_however_late_it_is_read(server, old):
    for _ in range(10):
        with ExitStack() as stack:
            used = [stack.enter_context(connect(server)) for _ in range(21)]
            for connection in used:
                connection.sendall(b"GET /text HTTP/1.1\r\nHost: x\r\n\r\n")
                assert connection.recv(4096)
            *others, control = used
            os.kill(server._process.pid, signal.SIGSTOP)
            try:
                if old == "new connections":
                    others = [stack.enter_context(connect(server)) for _ in range(20)]
                for connection in others:
                    connection.sendall(b"GET /old HTTP/1.1\r\nHost: x\r\n\r\n")
                own = server.url.removeprefix("http://").encode()
                control.sendall(b"DELETE /_mock/journal HTTP/1.1\r\nHost: %s\r\n\r\n" % own)
            finally:
                os.kill(server._process.pid, signal.SIGCONT)
            assert control.recv(4096).startswith(b"HTTP/1.1 200")
            ask(server, "/new")
            assert [row.path for row in server.journal()] == ["/new"]


def test_the_answer_to_a_body_that_is_never_read_is_in_the_journal(server):
    ask(server, "/delay/0", "GET", b"x" * 100_000)
    assert [row.status for row in server.journal()] == [200]


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x02\x00 tls", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n"])
def test_what_is_not_http_is_answered_400_and_has_a_row(server, data):
    answer = send_raw(server, data)
    assert answer.split(b"\r\n")[0].endswith(b" 400 Bad Request")
    assert b"application/problem+json" in answer
    row = server.journal()[0]
    assert (row.method, row.path, row.status) == ("?", "?", 400)
    assert row.ended is not None


def test_pipelined_requests_are_answered_in_order_each_with_its_row(server):
    data = b"".join(b"GET /echo?n=%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(49))
    data += b"GET /echo?n=49 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert send_raw(server, data).count(b"HTTP/1.1 200 OK") == 50
    assert [row.path for row in server.journal()] == [f"/echo?n={n}" for n in range(50)]
    assert {row.connection for row in server.journal()} == {1}


def test_journal_since_a_number_gives_the_rows_after_it(server):
    for _ in range(5):
        ask(server, "/text")
    assert [row.number for row in server.journal(since=3)] == [4, 5]
    assert server.journal(since=5) == server.journal(since=99) == []
    assert ask(server, "/_mock/journal?since=-1").status == 422


def test_a_snapshot_tells_its_moment(server):
    ask(server, "/text")
    first, second = server.snapshot(), server.snapshot()
    assert first.exchanges[0].ended <= first.now < second.now
    assert (first.dropped, first.lag >= 0) == (0, True)


def test_stats_sum_up_statuses_and_faults(server):
    for path in ("/text", "/text", "/status/404", "/fault/wrong_type"):
        ask(server, path)
    stats = server.stats()
    assert (stats.exchanges, stats.statuses, stats.faults) == (4, {"200": 3, "404": 1}, {"wrong_type": 1})


def test_a_long_journal_is_fetched_whole(server, run):
    async def visit():
        async with aiohttp.ClientSession(server.url) as session:
            for start in range(0, 2000, 100):
                await asyncio.gather(*(session.head(f"/text?n={start + n}") for n in range(100)))

    run(visit())
    assert [row.number for row in server.journal()] == list(range(1, 2001))


def test_the_server_says_how_late_it_was(server):
    assert 0 <= server.stats().lag < 5


def lag_of(work):
    """The lateness noted of a loop in which this was done, after it had rested."""
    lag = Lag()

    async def rest_and_work():
        await asyncio.sleep(0.05)
        lag.worst = 0.0
        work()
        await asyncio.sleep(0.05)

    with asyncio.Runner(loop_factory=lag.new_loop) as runner:
        runner.run(rest_and_work())
    return lag.worst


def test_lag_is_how_long_the_loop_was_blocked():
    assert 0.3 <= lag_of(lambda: threading.Event().wait(0.3)) < 5
    assert min(lag_of(lambda: None) for _ in range(3)) < 0.3


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="stops a process by a signal")
def test_lag_is_how_long_the_whole_server_was_stopped(server):
    stopped = threading.Thread(target=stop_for, args=(server._process.pid, 0.4))
    stopped.start()
    ask(server, "/delay/0.3")
    stopped.join()
    assert 0.05 < server.stats().lag < 5


def stop_for(pid, seconds):
    time.sleep(0.1)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)


def fill(journal, count, path="/items/{}"):
    rows = []
    for n in range(count):
        rows.append(journal.arrive("GET", path.format(n), 1, False, 0.0))
        journal.end(rows[-1])
    return rows


def in_loop(work):
    async def inside():
        return work()

    return asyncio.run(inside())


@given(st.integers(0, 30), st.integers(0, 40))
def test_the_ring_keeps_the_latest_rows_and_tells_how_many_it_dropped(count, since):
    def work():
        journal = Journal(Lag(), rows_kept=10)
        fill(journal, count)
        return [row.number for row in journal.rows(since)], journal.dropped, journal.stats().exchanges

    expected = [n for n in range(1, count + 1) if n > since and n > count - 10]
    assert in_loop(work) == (expected, max(0, count - 10), count)


def test_attempts_at_very_many_addresses_are_bounded_and_the_latest_remembered(monkeypatch):
    monkeypatch.setattr("mock_server.journal.ADDRESSES_KEPT", 1000)

    def work():
        journal = Journal(Lag(), rows_kept=10)
        fill(journal, 2500)
        kept = len(journal._attempts) + len(journal._older_attempts)
        last = "/items/2499"
        return kept, journal.arrive("GET", last, 1, True, 0.0).attempt, fill(journal, 2, "/same")[1].attempt

    assert in_loop(work) == (1500, 2, 2)


def test_a_row_from_before_a_clear_changes_nothing_after_it():
    def work():
        journal = Journal(Lag())
        row = journal.arrive("GET", "/", 1, False, 0.0)
        journal.clear()
        row.status = 200
        journal.leave(row)
        journal.end(row)
        return journal.stats(), row.ended

    stats, ended = in_loop(work)
    assert (stats.exchanges, stats.left, stats.statuses, ended) == (0, 0, {}, None)


def test_two_servers_do_not_see_each_other(server):
    other = MockServer(*_another())
    try:
        ask(server, "/text")
        assert (server.stats().exchanges, other.stats().exchanges) == (1, 0)
    finally:
        other.stop()


def _another():
    from mock_server.server import _spawn

    return _spawn()
