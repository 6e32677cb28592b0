"""The limits of parallel_fetch, to the millisecond: slots, rate, timeouts, deadline and budget."""

import random
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebooks.parallel_fetch import Request, parallel_fetch
from tests.support.fetching import QUICK, SOON, fetch, scenario_served


def numbered(count, query=""):
    return [f"/items/{number}{query}" for number in range(1, count + 1)]


@given(count=st.integers(1, 40), concurrency=st.integers(1, 40))
def test_slots_are_always_full(count, concurrency):
    """Requests of 0.5 s take no more rounds than `concurrency` requires."""
    run = fetch(numbered(count, "?latency=0.5"), concurrency=concurrency)
    assert run.elapsed == pytest.approx(0.5 * -(-count // concurrency), abs=SOON)


def test_a_waiting_url_holds_no_slot():
    """While one URL waits for its second attempt, its slot serves the others."""
    run = fetch(["/status/500,200", *numbered(3)], concurrency=1, base=1, rng=random.Random(1))
    assert [exchange.path for exchange in run.journal] == ["/status/500,200", *numbered(3), "/status/500,200"]


def test_waits_are_drawn_with_full_jitter():
    """Wait n is drawn from 0 to base × 2 ** (n - 1), or to the cap, after the response."""
    run = fetch(["/status/503"], attempts=6, base=1, cap=4, rng=random.Random(7))
    draw = random.Random(7)
    assert run.gaps() == pytest.approx([draw.uniform(0, ceiling) for ceiling in (1, 2, 4, 4, 4)], abs=SOON)


def test_more_than_a_hundred_in_flight():
    """Its own session does not have aiohttp's limit of 100 connections."""
    run = fetch([f"/delay/2?n={n}" for n in range(150)], concurrency=150)
    assert max(exchange.in_flight for exchange in run.journal) == 150


@given(rate=st.sampled_from([0.3, 1, 2.5, 5, 20]), failure_rate=st.sampled_from([0, 0.4]), seed=st.integers(0, 99))
def test_no_second_sees_more_than_the_rate(rate, failure_rate, seed):
    """Retries count towards the rate, too, and the server never sees more than the rate in any second."""
    run = fetch(numbered(8, f"?failure_rate={failure_rate}&seed={seed}"), rate=rate, **QUICK)
    arrivals = [exchange.arrived for exchange in run.journal]
    most = max(1, int(rate))
    spans = [later - earlier for earlier, later in zip(arrivals, arrivals[most:], strict=False)]
    assert spans == pytest.approx([1.05 * max(1, 1 / rate)] * len(spans), abs=SOON) or min(spans) >= max(1, 1 / rate)


@pytest.mark.parametrize("limits", [{"limit": 3}, {"limit": 0, "limit_per_host": 3}], ids=["all", "per host"])
@pytest.mark.parametrize("time_limit", ["timeout", "deadline", "session"])
def test_waiting_for_a_connection_costs_no_time(limits, time_limit):
    """No time limit runs while a request waits for one of the session's connections."""

    async def scenario(server):
        urls = [f"{server.url}/delay/0.6?n={n}" for n in range(12)]
        total = aiohttp.ClientTimeout(1 if time_limit == "session" else None)
        ours: dict[str, Any] = {} if time_limit == "session" else {time_limit: 1.0}
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(**limits), timeout=total) as session:
            results = await parallel_fetch(urls, session=session, concurrency=12, attempts=1, **ours)
        assert [result.error for result in results] == [None] * 12
        assert max(exchange.in_flight for exchange in server.journal) == 3

    scenario_served(scenario)


def test_the_sessions_timeout_holds():
    """The shorter one of the session's total and `timeout` ends an attempt."""

    async def scenario(server):
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(0.5)) as session:
            began = server.clock.now
            (result,) = await parallel_fetch([server.url + "/fault/hang"], session=session, attempts=1)
        assert server.clock.now - began == pytest.approx(0.5, abs=SOON)
        assert result.error.startswith("TimeoutError")

    scenario_served(scenario, cancel_abandoned=True)


def test_a_timeout_ends_each_attempt():
    """The body counts, too: a response that never ends takes exactly `timeout`."""
    run = fetch(["/fault/hang", "/fault/slow_body?gap=1"], attempts=2, timeout=0.5, base=0)
    assert run.elapsed == pytest.approx(1, abs=SOON)
    assert {result.error for result in run.results} == {"TimeoutError: no complete response in 0.5 s; attempts made: 2"}


def test_the_deadline_spans_all_attempts():
    """The deadline ends the attempt that is in flight when it passes."""
    run = fetch(["/fault/hang"], timeout=0.3, deadline=1, attempts=100, base=0)
    assert run.elapsed == pytest.approx(1, abs=SOON)
    assert run.results[0].error.endswith("the deadline of 1 s has passed")
    assert run.results[0].attempts == 4


def test_no_attempt_that_would_miss_the_deadline():
    """A URL gives up at once if its next attempt would come after its deadline."""
    run = fetch(["/status/503?retry_after=60"], deadline=30)
    assert run.elapsed < SOON
    assert run.results[0].error == "503 Service Unavailable; the next would miss the deadline of 30 s"


def test_the_queue_costs_no_time():
    """Neither limit runs while a URL waits for its first slot."""
    run = fetch(numbered(10, "?latency=0.2"), concurrency=1, window=10, deadline=0.3, timeout=0.3)
    assert all(result.ok for result in run.results)


def test_the_deadline_holds_in_the_queue():
    """A URL whose second attempt waits for a slot still ends at its deadline."""
    run = fetch(["/status/500?n=1", "/delay/5"], concurrency=1, deadline=1, base=0.001, timeout=None)
    assert run.results[0].error == "500 Internal Server Error; the deadline of 1 s has passed"
    assert run.elapsed == pytest.approx(1, abs=SOON)


@given(count=st.integers(1, 30), budget=st.integers(0, 40), attempts=st.integers(1, 4))
def test_an_outage_costs_no_more_than_the_budget(count, budget, attempts):
    """If nothing succeeds, the budget is all the retries there are."""
    run = fetch(numbered(count, "?failure_rate=1"), attempts=attempts, budget=budget, **QUICK)
    retries = min(budget, count * (attempts - 1))
    assert len(run.journal) == count + retries
    if retries < count * (attempts - 1):
        assert any(result.error.endswith("the retry budget is spent") for result in run.results)


def test_successes_refill_the_budget():
    """Each success earns half a retry, but never more than the budget's size."""
    failing = [f"/status/503?n={n}" for n in range(20)]
    options = {"attempts": 2, "budget": 5, "concurrency": 1, "window": 1, **QUICK}
    assert len(fetch(numbered(20) + failing, **options).journal) == 40 + 5
    mixed = [path for pair in zip(numbered(20), failing, strict=True) for path in pair]
    assert len(fetch(mixed, **options).journal) == 40 + 14  # 5, and half of the successes after the first retry


def test_a_size_limit_says_so():
    """A body above the limit fails at once; one of exactly the limit does not."""
    run = fetch(["/bytes/1000", "/bytes/1001", Request("/drip?bytes=2000&gap=0")], max_body_size=1000)
    assert [result.error for result in run.results] == [
        None,
        "ClientError: the body has more than 1000 bytes",
        "ClientError: the body has more than 1000 bytes",
    ]
    assert [result.attempts for result in run.results] == [1, 1, 1]
