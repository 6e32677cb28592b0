"""The limits of parallel_fetch: slots, rate, Retry-After, deadline and budget, as the server sees them kept."""

import asyncio
import random
import time

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server import MockServer
from notebooks.parallel_fetch import parallel_fetch
from tests.support.fetching import QUICK, REAL, hits, run


@pytest.fixture
def server():
    return MockServer.start()


def fetched(server, addresses, **options):
    return run(parallel_fetch(addresses, **options).all(), server)


def numbered(server, count, query=""):
    return [f"{server.url}/items/{n}{query}" for n in range(1, count + 1)]


def gap(server):
    """The seconds from the end of the first exchange to the arrival of the second."""
    first, second = server.journal()
    return second.arrived - first.ended


def test_a_slot_is_free_while_its_address_waits_to_be_repeated(server):
    others = numbered(server, 3)
    fetched(server, [f"{server.url}/status/503,200?retry_after=1", *others], concurrency=1)
    first, *between, second = server.journal()
    assert first.path == second.path
    assert [server.url + row.path for row in between] == others
    middle = (first.ended + second.arrived) / 2
    assert all(row.ended < middle for row in between)  # at once, and not when the wait was over


def test_more_than_aiohttps_own_hundred_can_be_in_flight(server):
    fetched(server, [f"{server.url}/delay/2?n={n}" for n in range(150)], concurrency=150)
    assert 100 < server.stats().peak_in_flight <= 150


def test_no_second_sees_more_requests_than_the_rate_and_repeats_count(server):
    begun = []

    async def main():
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(note)
        async with aiohttp.ClientSession(trace_configs=[trace]) as session:
            await asyncio.gather(*(open_connection(session) for _ in range(20)))  # which may take long
            server.clear()
            begun.clear()
            addresses = numbered(server, 20, "?failure_rate=0.4")
            return await parallel_fetch(addresses, session=session, rate=4.9, concurrency=20, **QUICK)

    async def open_connection(session):
        async with session.get(f"{server.url}/delay/0.5") as response:
            await response.read()

    async def note(session, context, params):
        begun.append(asyncio.get_running_loop().time())

    results = run(main(), server)
    arrivals = [row.arrived for row in server.journal()]
    assert len(begun) == len(arrivals) == sum(result.attempts for result in results) > 4 * 6
    # a twentieth: a busy machine may stop the client between its look at the clock and the request
    assert closest(begun, 4, passed_over=len(begun) // 20) > 0.95
    for seconds in range(1, 7):
        # half a second: it pushes requests together on their way, too, but no further the longer it goes on
        assert closest(arrivals, 4 * seconds) > seconds - 0.5


def closest(times, count, passed_over=0):
    """The least time from one to the one so many later, without so many that are less still."""
    return sorted(later - earlier for earlier, later in zip(times, times[count:], strict=False))[passed_over]


def test_a_rate_below_one_is_kept_too(server):
    fetched(server, numbered(server, 2), rate=0.3)
    first, second = server.journal()
    assert second.arrived - first.arrived > 0.9 / 0.3


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_waited_in_both_forms(server, form):
    server.configure(retry_after=1, retry_after_form=form)
    (result,) = fetched(server, [f"{server.url}/status/429,200"], base=0)
    assert (result.ok, result.attempts) == (True, 2)
    assert gap(server) > 0.9


def test_the_random_wait_comes_on_top_of_retry_after(server):
    drawn = random.Random(3).uniform(0, 1)
    options = {"base": 1, "longest_retry_after": 0.3, "rng": random.Random(3)}
    (result,) = fetched(server, [f"{server.url}/status/503,200?retry_after=60"], **options)
    assert result.ok
    assert gap(server) > 0.3 + drawn - 0.05


def test_the_wait_of_retry_after_is_capped(server):
    server.configure(retry_after=3600)
    (result,) = fetched(server, [f"{server.url}/status/503,200"], longest_retry_after=0.05, **QUICK)
    assert (result.ok, result.attempts) == (True, 2)


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_retry_after_that_lies_past_the_deadline_is_refused_at_once(server, form):
    server.configure(retry_after=3600, retry_after_form=form)
    url = f"{server.url}/status/503"
    (result,) = fetched(server, [url], deadline=30, longest_retry_after=0.01, **QUICK)
    assert result.error == "503 Service Unavailable; the next try would miss the deadline of 30 s"
    assert (result.status, hits(server)) == (503, {url: 1})


def test_the_date_is_compared_with_the_clock_that_was_given(server):
    server.configure(retry_after=3600, retry_after_form="date")
    (result,) = fetched(server, [f"{server.url}/status/503,200"], clock=lambda: time.time() + 3700, **QUICK)
    assert (result.ok, result.attempts) == (True, 2)


def test_a_server_that_says_when_to_come_back_is_obeyed_until_all_is_fetched(server):
    server.configure(rate_limit=30)
    results = fetched(server, numbered(server, 50), concurrency=25, tries=10)
    assert all(result.ok for result in results)
    assert server.stats().refused > 0


def test_the_deadline_ends_a_try_and_all_that_would_follow(server):
    url = f"{server.url}/fault/hang"
    (result,) = fetched(server, [url], timeout=None, deadline=1, tries=100)
    assert result.error == "TimeoutError; the deadline of 1 s has passed"
    assert (result.attempts, hits(server)) == (1, {url: 1})


def test_the_deadline_spans_all_tries(server):
    (result,) = fetched(server, [f"{server.url}/fault/hang"], timeout=0.3, deadline=1, tries=100, base=0)
    assert "deadline of 1 s" in result.error
    assert 2 <= result.attempts <= 4


def test_the_deadline_holds_while_a_second_try_waits_for_its_slot(server):
    addresses = [f"{server.url}/status/503?n=1", f"{server.url}/delay/5"]
    first, second = fetched(server, addresses, concurrency=1, deadline=1, base=0.001, timeout=None)
    assert first.status == 503
    assert "deadline of 1 s has passed" in first.error
    assert not second.ok


def test_the_time_in_the_queue_does_not_count_for_the_deadline(server):
    results = fetched(server, numbered(server, 10, "?latency=0.2"), concurrency=1, window=10, deadline=1.5)
    assert all(result.ok for result in results)


def test_a_try_has_its_time_limit_from_its_slot_on(server):
    results = fetched(server, numbered(server, 10, "?latency=0.2"), concurrency=1, window=10, timeout=1.5, tries=1)
    assert all(result.ok for result in results)


@settings(REAL, max_examples=15)
@given(count=st.integers(1, 30), budget=st.integers(0, 40), tries=st.integers(1, 4))
def test_in_an_outage_the_budget_is_all_the_repeats_there_are(server, count, budget, tries):
    server.clear()
    results = fetched(server, numbered(server, count, "?failure_rate=1"), tries=tries, budget=budget, **QUICK)
    repeats = min(budget, count * (tries - 1))
    assert server.stats().exchanges == count + repeats
    if repeats < count * (tries - 1):
        assert any(result.error.endswith("the retry budget is spent") for result in results)


def test_answers_fill_the_budget_again(server):
    addresses = [f"{server.url}/items/{n}" for n in range(1, 21)]
    failing = [f"{server.url}/status/503?n={n}" for n in range(20)]
    fetched(server, addresses + failing, tries=2, budget=5, concurrency=1, window=1, **QUICK)
    assert server.stats().exchanges == 40 + 5  # earned, but never above its size
    server.clear()
    mixed = [url for pair in zip(addresses, failing, strict=True) for url in pair]
    fetched(server, mixed, tries=2, budget=5, concurrency=1, window=1, **QUICK)
    assert server.stats().exchanges == 40 + 14  # 5, and a half for each of the answers that find room: n - 5 = n / 2


def test_without_jitter_to_wait_for_a_hundred_repeats_do_not_starve_the_loop(server):
    async def main():
        fetch = asyncio.create_task(parallel_fetch(numbered(server, 20, "?failure_rate=1"), base=0, tries=5).all())
        rounds = 0
        while not fetch.done():
            await asyncio.sleep(0)
            rounds += 1
        return rounds

    assert run(main(), server) > 20
