import asyncio
import time
from email.utils import parsedate_to_datetime

import aiohttp
from hypothesis import given
from hypothesis import strategies as st

from mock_server import Conditions
from mock_server.admission import Capacity, RateLimit
from mock_server.retry_after import retry_after

from ..support.client import ask, connect

LONG = 0.6  # seconds in which all of a few requests have come, on a busy machine, too


async def together(server, *paths):
    async with aiohttp.ClientSession(server.url, connector=aiohttp.TCPConnector(limit=0)) as session:

        async def visit(path):
            async with session.get(path) as response:
                await response.read()
                return response.status

        return await asyncio.gather(*map(visit, paths))


def most_at_once(rows):
    changes = sorted([(row.started, 1) for row in rows] + [(row.ended, -1) for row in rows])
    inside = most = 0
    for _, change in changes:
        inside += change
        most = max(most, inside)
    return most


def test_no_more_are_served_at_once_than_the_capacity_and_the_others_queue_in_order(server, run):
    server.configure(capacity=3, latency=LONG)
    assert run(together(server, *(f"/items/{n}" for n in range(1, 10)))) == [200] * 9
    rows = server.journal()
    assert most_at_once(rows) == 3
    assert [row.queued == 0 for row in rows] == [True] * 3 + [False] * 6
    assert [row.started for row in rows] == sorted(row.started for row in rows)
    assert [row.in_flight for row in rows] == list(range(1, 10))


def test_the_delay_of_one_that_queued_begins_when_its_wait_ends(server, run):
    server.configure(capacity=1, latency=LONG)
    run(together(server, "/items/1", "/items/2"))
    first, second = server.journal()
    assert second.started >= first.ended
    assert second.ended - second.started >= LONG
    assert second.queued >= first.ended - second.arrived > 0  # not the whole latency: it came a little later


def test_what_has_no_room_in_the_queue_is_refused_with_503_and_retry_after(server, run):
    server.configure(capacity=1, backlog=2, latency=LONG)
    assert sorted(run(together(server, *(f"/items/{n}" for n in range(1, 7))))) == [200] * 3 + [503] * 3
    refused = [row for row in server.journal() if row.refused]
    assert [(row.status, row.started) for row in refused] == [(503, None)] * 3
    assert server.stats().refused == 3


def test_a_refusal_for_want_of_room_says_when_to_come_again(server, until):
    server.configure(capacity=1, backlog=0)
    with connect(server) as connection:
        connection.sendall(b"GET /delay/10 HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: server.stats().in_flight)
        assert ask(server, "/text").headers["Retry-After"] == "1"


def test_more_capacity_lets_in_those_that_wait(server, run, until):
    server.configure(capacity=1)

    async def visit():
        waiting = asyncio.create_task(together(server, *(f"/delay/{LONG}?n={n}" for n in (1, 2, 3))))
        await asyncio.to_thread(until, lambda: server.stats().in_flight == 3)
        await asyncio.to_thread(server.configure, capacity=None)
        return await waiting

    assert run(visit()) == [200] * 3
    assert most_at_once(server.journal()) == 3


def test_a_client_that_leaves_the_queue_is_served_in_vain_unless_abandoned_work_is_cancelled(server, until):
    for cancel in (False, True):
        server.reset()
        server.configure(capacity=1, cancel_abandoned=cancel)
        with connect(server) as first:
            first.sendall(f"GET /delay/{LONG}?n=1 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            until(lambda: server.stats().in_flight == 1)
            with connect(server) as second:
                second.sendall(b"GET /delay/0?n=2 HTTP/1.1\r\nHost: x\r\n\r\n")
                until(lambda: server.stats().in_flight == 2)
            row = until(lambda: [row for row in server.journal() if row.left is not None and row.ended is not None])[0]
            assert row.status is None
            assert (row.started is None) == cancel
        assert ask(server, "/text").status == 200


def test_the_rate_limit_admits_so_many_in_a_second_and_refuses_the_others_with_429(server, run):
    server.configure(rate_limit=5)
    assert sorted(run(together(server, *(f"/items/{n}" for n in range(1, 9))))) == [200] * 5 + [429] * 3
    assert [(row.status, row.started) for row in server.journal() if row.refused] == [(429, None)] * 3
    refusal = ask(server, "/items/1")
    assert (refusal.status, refusal.headers["Retry-After"]) == (429, "1")
    server.clear()
    assert ask(server, "/items/1").status == 200


def test_who_waits_as_long_as_retry_after_says_is_admitted(server):
    server.configure(rate_limit=1)
    ask(server, "/text")
    time.sleep(int(ask(server, "/text").headers["Retry-After"]))
    assert ask(server, "/text").status == 200


def test_a_retry_after_date_is_an_http_date_that_lies_ahead(server):
    server.configure(rate_limit=1, retry_after=7, retry_after_form="date")
    ask(server, "/text")
    refusal = ask(server, "/text")
    when, now = (parsedate_to_datetime(refusal.headers[name]) for name in ("Retry-After", "Date"))
    assert refusal.headers["Retry-After"].endswith(" GMT")
    assert 7 <= (when - now).total_seconds() <= 9


def test_a_drawn_failure_or_a_status_has_a_retry_after_only_if_it_was_asked_for(server):
    assert ask(server, "/items/1?failure_rate=1").headers["Retry-After"] is None
    assert ask(server, "/items/1?failure_rate=1&retry_after=2.5").headers["Retry-After"] == "3"
    assert ask(server, "/status/503?retry_after=4").headers["Retry-After"] == "4"
    assert ask(server, "/status/500?retry_after=4").headers["Retry-After"] is None


@given(st.floats(0, 3600))
def test_retry_after_in_seconds_is_never_less_than_the_wait_and_at_most_a_second_more(wait):
    said = int(retry_after(Conditions(), 429, wait)["Retry-After"])
    assert wait <= said <= wait + 1


@given(st.integers(1, 5), st.lists(st.floats(0, 10), max_size=60))
def test_no_second_has_more_admitted_than_the_limit_and_who_waits_comes_in(limit, times):
    limiter, admitted = RateLimit(), []
    for now in sorted(times):
        wait = limiter.admit(limit, now)
        if wait == 0:
            admitted.append(now)
        else:
            assert 0 < wait <= 1 + 1e-9
            assert sum(now + wait < time + 1 - 1e-9 for time in admitted) < limit
    assert all(sum(start <= time < start + 1 for time in admitted) <= limit for start in admitted)


@given(st.integers(1, 4), st.lists(st.sampled_from(["enter", "leave", "cancel", "more", "less"]), max_size=60))
def test_whatever_comes_goes_or_gives_up_no_place_is_lost(capacity, steps):
    async def work():
        door = Capacity()
        door.conditions = Conditions(capacity=capacity)
        waiting, inside = [], []

        async def settle():
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            inside.extend(task for task in waiting if task.done() and not task.cancelled())
            waiting[:] = [task for task in waiting if not task.done()]

        for step in steps:
            if step == "enter":
                waiting.append(asyncio.create_task(door.enter()))
            elif step == "leave" and inside:
                inside.pop()
                door.leave()
            elif step == "cancel" and waiting:
                waiting[0].cancel()
            elif step in ("more", "less"):
                door.conditions = Conditions(capacity=capacity + (step == "more"))
                door.admit()
            await settle()
            assert not waiting or len(inside) >= door.conditions.capacity
            assert len(inside) <= capacity + 1
        for _ in range(len(inside)):
            door.leave()
        for _ in range(len(waiting) * 2):
            await settle()
            while inside and waiting:
                inside.pop()
                door.leave()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(work())


def test_one_who_gives_up_leaves_its_room_in_the_queue_to_others():
    async def work():
        door = Capacity()
        door.conditions = Conditions(capacity=1, backlog=1)
        await door.enter()
        second = asyncio.create_task(door.enter())
        await asyncio.sleep(0)
        assert door.is_full()
        second.cancel()
        await asyncio.wait([second])
        assert not door.is_full()

    asyncio.run(work())


def test_one_who_gives_up_as_its_place_comes_free_passes_the_place_on():
    async def work():
        door = Capacity()
        door.conditions = Conditions(capacity=1)
        await door.enter()
        second, third = asyncio.create_task(door.enter()), asyncio.create_task(door.enter())
        await asyncio.sleep(0)
        door.leave()
        second.cancel()
        async with asyncio.timeout(5):
            assert await third

    asyncio.run(work())
