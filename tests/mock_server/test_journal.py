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
from mock_server.launch import launch

from ..support.client import ask, connect, read_to_end, request_bytes, send_raw, until


def in_background(server, path):
    """Send a request in a thread, and return the thread."""

    def work():
        with suppress(OSError):
            ask(server, path)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def send_and_disconnect(server, path):
    """Send a request and close the connection without reading."""
    with connect(server) as connection:
        connection.sendall(request_bytes(path))


def test_row_describes_the_exchange(server):
    """A row describes the request, its connection, its response and its times."""
    ask(server, "/delay/0.1?a=1", headers={"X": "y"})
    (row,) = server.journal()
    assert (row.number, row.method, row.path, row.status) == (1, "GET", "/delay/0.1?a=1", 200)
    assert (row.connection, row.reused, row.attempt, row.in_flight) == (1, False, 1, 1)
    assert (row.fault, row.disconnected, row.refused, row.queued) == (None, None, False, 0)
    assert 0 < row.arrived == row.started <= row.ended - 0.1


def test_row_appears_on_arrival(server):
    """A row appears when the request arrives and is completed at the end."""
    thread = in_background(server, "/delay/0.2")
    (row,) = until(server.journal)
    assert (row.started, row.ended, row.status) == (row.arrived, None, None)
    assert server.stats().in_flight == 1
    thread.join()
    (row,) = server.journal()
    assert (row.status, server.stats().in_flight) == (200, 0)


def test_row_is_complete_with_the_response(server):
    """When the client has the response, its row is complete."""
    for number in range(1, 101):
        ask(server, "/text")
        assert server.journal(since=number - 1)[0].status == 200


def test_attempts_are_counted_per_request(server):
    """Attempts are counted per method and path, since the last clear."""
    for method, path in (("GET", "/echo"), ("GET", "/echo"), ("POST", "/echo"), ("GET", "/echo?a")):
        ask(server, path, method)
    assert [row.attempt for row in server.journal()] == [1, 2, 1, 1]
    server.clear()
    ask(server, "/echo")
    assert [(row.number, row.attempt) for row in server.journal()] == [(1, 1)]


def test_clear_and_reset(server):
    """A clear keeps conditions and items, and a reset restores both."""
    server.configure(latency=0.01)
    ask(server, "/items/1", "PUT", {"name": "changed"})
    server.clear()
    assert ask(server, "/items/1").json["name"] == "changed"
    assert server.conditions.latency == 0.01
    server.reset()
    assert ask(server, "/items/1").json["name"] == "item 1"
    assert server.conditions.latency == 0


def test_connection_numbers_restart(server):
    """After a clear, connections are numbered from 1 again and still count as reused."""

    async def requests():
        async with aiohttp.ClientSession(server.url) as one, aiohttp.ClientSession(server.url) as two:
            for session in (one, two, one, two):
                await (await session.get("/text")).read()
            await asyncio.to_thread(server.clear)
            await (await two.get("/text")).read()

    asyncio.run(requests())
    rows = server.journal()
    assert [(row.connection, row.reused) for row in rows] == [(1, True)]
    assert server.stats().connections == 1


def test_sessions_have_their_own_connections(server):
    """Two sessions use two connections, and each reuses its own."""

    async def requests():
        async with aiohttp.ClientSession(server.url) as one, aiohttp.ClientSession(server.url) as two:
            for session in (one, two, one):
                await (await session.get("/text")).read()

    asyncio.run(requests())
    assert [(row.connection, row.reused) for row in server.journal()] == [(1, False), (2, False), (1, True)]


def test_in_flight_includes_the_request(server):
    """`in_flight` counts the requests on the server at the arrival, including the new one."""

    async def requests():
        async with aiohttp.ClientSession(server.url) as session:
            await asyncio.gather(*(session.get(f"/delay/0.3?n={n}") for n in range(5)))

    asyncio.run(requests())
    assert [row.in_flight for row in server.journal()] == [1, 2, 3, 4, 5]
    assert (server.stats().peak_in_flight, server.stats().in_flight) == (5, 0)


def test_disconnected_client_is_recorded(server):
    """The journal records that a client disconnected, and the server still finishes the work."""
    send_and_disconnect(server, "/delay/0.3")
    (row,) = until(lambda: [row for row in server.journal() if row.disconnected is not None])
    assert (row.ended, row.status) == (None, None)
    (row,) = until(lambda: [row for row in server.journal() if row.ended is not None])
    assert row.status is None
    assert row.arrived <= row.disconnected < row.ended
    assert server.stats().disconnected == 1


def test_cancel_abandoned_cancels_work(server):
    """With `cancel_abandoned`, a request ends when its client disconnects."""
    server.configure(cancel_abandoned=True)
    send_and_disconnect(server, "/delay/60")
    (row,) = until(lambda: [row for row in server.journal() if row.ended is not None])
    assert row.disconnected is not None


def test_timeouts_leave_work_running(server):
    """The server keeps working on requests whose client has timed out."""

    async def requests():
        async with aiohttp.ClientSession(server.url, timeout=aiohttp.ClientTimeout(total=1)) as session:
            return await asyncio.gather(*(session.get(f"/delay/60?n={n}") for n in range(20)), return_exceptions=True)

    assert all(isinstance(outcome, TimeoutError) for outcome in asyncio.run(requests()))
    until(lambda: server.stats().disconnected == 20)
    assert server.stats().in_flight == 20


def test_clear_closes_busy_connections(server):
    """A clear cancels a request in flight and closes its connection."""
    with connect(server) as connection:
        connection.sendall(request_bytes("/delay/60"))
        until(server.journal)
        server.clear()
        assert read_to_end(connection) == b""
    assert server.stats().exchanges == 0


def test_clear_empties_the_queue(server):
    """A clear cancels queued requests and frees their slots."""
    server.configure(capacity=2)
    for n in range(6):
        in_background(server, f"/delay/60?n={n}")
    until(lambda: server.stats().in_flight == 6)
    server.clear()
    assert ask(server, "/text").status == 200
    assert [row.path for row in server.journal()] == ["/text"]


def test_clear_separates_two_runs(server):
    """After a clear, no row of the previous run appears."""

    async def requests():
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

    asyncio.run(requests())


@pytest.mark.skipif(os.name != "posix", reason="stops a process")
@pytest.mark.parametrize("old", ["new connections", "used connections"])
def test_clear_covers_unread_requests(server, old):
    """A request sent before a clear never appears, even if the server had not read it yet."""
    for _ in range(10):
        with ExitStack() as stack:
            used = [stack.enter_context(connect(server)) for _ in range(21)]
            for connection in used:
                connection.sendall(request_bytes("/text"))
                assert connection.recv(4096)
            *others, control = used
            os.kill(server.pid, signal.SIGSTOP)
            try:
                if old == "new connections":
                    others = [stack.enter_context(connect(server)) for _ in range(20)]
                for connection in others:
                    connection.sendall(request_bytes("/old"))
                own = server.url.removeprefix("http://").encode()
                control.sendall(b"DELETE /_mock/journal HTTP/1.1\r\nHost: %s\r\n\r\n" % own)
            finally:
                os.kill(server.pid, signal.SIGCONT)
            assert control.recv(4096).startswith(b"HTTP/1.1 200")
            ask(server, "/new")
            assert [row.path for row in server.journal()] == ["/new"]


def test_unread_body_has_its_row(server):
    """A request whose body is never read has a complete row."""
    ask(server, "/delay/0", "GET", b"x" * 100_000)
    assert [row.status for row in server.journal()] == [200]


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x02\x00 tls", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n"])
def test_invalid_http_gets_400(server, data):
    """Bytes that are not HTTP get 400 and a row of their own."""
    response = send_raw(server, data)
    assert response.split(b"\r\n")[0].endswith(b" 400 Bad Request")
    assert b"application/problem+json" in response
    row = server.journal()[0]
    assert (row.method, row.path, row.status) == ("?", "?", 400)
    assert row.ended is not None


def test_pipelined_requests_stay_in_order(server):
    """Pipelined requests get their responses in order, each with its own row."""
    data = b"".join(b"GET /echo?n=%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(49))
    data += b"GET /echo?n=49 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert send_raw(server, data).count(b"HTTP/1.1 200 OK") == 50
    assert [row.path for row in server.journal()] == [f"/echo?n={n}" for n in range(50)]
    assert {row.connection for row in server.journal()} == {1}


def test_journal_since_a_number(server):
    """`since` selects the rows with a higher number."""
    for _ in range(5):
        ask(server, "/text")
    assert [row.number for row in server.journal(since=3)] == [4, 5]
    assert server.journal(since=5) == server.journal(since=99) == []
    assert ask(server, "/_mock/journal?since=-1").status == 422


def test_snapshot_has_its_time(server):
    """A snapshot has the server's time, its lag and the number of dropped rows."""
    ask(server, "/text")
    first, second = server.snapshot(), server.snapshot()
    assert first.exchanges[0].ended <= first.now < second.now
    assert (first.dropped, first.lag >= 0) == (0, True)


def test_stats_count_statuses_and_faults(server):
    """The stats count exchanges, statuses and faults."""
    for path in ("/text", "/text", "/status/404", "/fault/wrong_type"):
        ask(server, path)
    stats = server.stats()
    assert (stats.exchanges, stats.statuses, stats.faults) == (4, {"200": 3, "404": 1}, {"wrong_type": 1})


def test_long_journal_is_complete(server):
    """A journal of thousands of rows is returned complete and in order."""

    async def requests():
        async with aiohttp.ClientSession(server.url) as session:
            for start in range(0, 2000, 100):
                await asyncio.gather(*(session.head(f"/text?n={start + n}") for n in range(100)))

    asyncio.run(requests())
    assert [row.number for row in server.journal()] == list(range(1, 2001))


def lag_of(work):
    """Return the lag of an event loop that was idle and then ran `work`."""
    lag = Lag()

    async def wait_and_work():
        await asyncio.sleep(0.05)
        lag.worst = 0.0
        work()
        await asyncio.sleep(0.05)

    with asyncio.Runner(loop_factory=lag.new_loop) as runner:
        runner.run(wait_and_work())
    return lag.worst


def test_lag_measures_blocking():
    """The lag is the time for which code blocked the event loop."""
    assert 0.3 <= lag_of(lambda: threading.Event().wait(0.3)) < 5
    assert min(lag_of(lambda: None) for _ in range(3)) < 0.3


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="stops a process by a signal")
def test_lag_measures_a_stopped_process(server):
    """The lag includes the time for which the whole process was stopped."""
    stopped = threading.Thread(target=stop_for, args=(server.pid, 0.4))
    stopped.start()
    ask(server, "/delay/0.3")
    stopped.join()
    assert 0.05 < server.stats().lag < 5


def stop_for(pid, seconds):
    time.sleep(0.1)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)


def fill(journal, count):
    """Record `count` exchanges, each with its own path."""
    for n in range(count):
        journal.end(journal.begin("GET", f"/items/{n}", 1, False, 0.0))


def in_loop(work):
    """Return the result of `work()`, called in an event loop."""

    async def inside():
        return work()

    return asyncio.run(inside())


@given(st.integers(0, 30), st.integers(0, 40))
def test_journal_keeps_the_latest_rows(count, since):
    """The journal keeps the latest rows and counts those it dropped."""

    def work():
        journal = Journal(Lag(), rows_kept=10)
        fill(journal, count)
        return [row.number for row in journal.rows(since)], journal.dropped, journal.stats().exchanges

    expected = [n for n in range(1, count + 1) if n > since and n > count - 10]
    assert in_loop(work) == (expected, max(0, count - 10), count)


def test_attempt_counters_are_bounded(monkeypatch):
    """The attempt counters need bounded memory, and the latest paths are remembered."""
    monkeypatch.setattr("mock_server.journal.PATHS_KEPT", 1000)

    def work():
        journal = Journal(Lag(), rows_kept=10)
        fill(journal, 2500)
        return journal.paths_remembered, journal.begin("GET", "/items/2499", 1, True, 0.0).attempt

    assert in_loop(work) == (1500, 2)


def test_old_row_changes_nothing():
    """A row from before a clear does not change the totals after it."""

    def work():
        journal = Journal(Lag())
        row = journal.begin("GET", "/", 1, False, 0.0)
        journal.clear()
        row.status = 200
        journal.disconnect(row)
        journal.end(row)
        return journal.stats(), row.ended

    stats, ended = in_loop(work)
    assert (stats.exchanges, stats.disconnected, stats.statuses, ended) == (0, 0, {}, None)


def test_two_servers_are_separate(server):
    """A request to one server does not appear on another."""
    other = MockServer(*launch())
    try:
        ask(server, "/text")
        assert (server.stats().exchanges, other.stats().exchanges) == (1, 0)
    finally:
        other.stop()
