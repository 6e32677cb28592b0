"""A host that asks for a pause gets one from every request, and then all requests that it refused succeed."""

import asyncio
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebooks.parallel_fetch import parallel_fetch
from tests.support.fetching import SOON, fetch, response, scenario_served


@given(
    rate_limit=st.integers(1, 20),
    count=st.integers(1, 60),
    concurrency=st.integers(1, 60),
    base=st.sampled_from([0, 0.1]),
)
def test_a_rate_limited_host_answers_all(rate_limit, count, concurrency, base):
    """With the default four attempts, no URL is lost to a rate limit that says when to come back."""
    run = fetch(
        [f"/items/{n}" for n in range(1, count + 1)], {"rate_limit": rate_limit}, concurrency=concurrency, base=base
    )
    assert [result.error for result in run.results] == [None] * count


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_holds_for_the_whole_host(status):
    """No request arrives between a refusal and the end of the pause that it asks for."""
    paths = [f"/items/{n}?latency=0.3" for n in range(1, 30)]
    run = fetch([f"/status/{status},200?retry_after=7", *paths], concurrency=3, base=0)
    refused = run.journal[0]
    sent_before = [exchange.arrived for exchange in run.journal if exchange.arrived <= refused.ended + SOON]
    later = [exchange.arrived for exchange in run.journal if exchange.arrived > refused.ended + SOON]
    assert len(sent_before) == 3
    assert min(later) == pytest.approx(refused.ended + 7, abs=SOON)
    assert all(result.ok for result in run.results)


def test_the_refused_go_first():
    """After a pause, a refused request goes before new ones, although it has longer to wait."""
    refused, others = "/status/503,200?retry_after=5", ["/items/1", "/items/2"]
    run = fetch([refused, *others], concurrency=1, base=1, rng=random.Random(1))
    assert [exchange.path for exchange in run.journal] == [refused, refused, *others]


def test_a_redirect_pauses_both_hosts():
    """If a host redirects to one that asks for a pause, both get one."""

    async def scenario(server):
        arrivals = []

        async def redirect(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            arrivals.append(server.clock.now - began)
            target = f"{server.url}/status/503,200?retry_after=7"
            writer.write(response(b"", "302 Found", Location=target, Connection="close"))
            writer.close()

        async with await asyncio.start_server(redirect, "127.0.0.1", 0) as door:
            url = f"http://127.0.0.1:{door.sockets[0].getsockname()[1]}/"
            began = server.clock.now
            results = await parallel_fetch([url, f"{server.url}/items/1", url], concurrency=1, base=0)
        assert [result.ok for result in results] == [True] * 3
        assert arrivals == pytest.approx([0, 7, 7], abs=SOON)
        assert [round(exchange.arrived) for exchange in server.journal] == [0, 7, 7, 7]

    scenario_served(scenario)


def test_a_pause_holds_without_a_retry():
    """A refusal that your rule does not retry pauses its host all the same."""
    run = fetch(["/status/503?retry_after=7", "/items/1"], concurrency=1, retryable=lambda result: False)
    assert [round(exchange.arrived) for exchange in run.journal] == [0, 7]


def test_another_host_is_not_paused():
    """The slots of a paused host serve the others."""

    async def scenario(server):
        other = server.url.replace("127.0.0.1", "localhost")
        urls = [f"{server.url}/status/503,200?retry_after=9&n={n}" for n in range(8)]
        urls += [f"{other}/items/{n}" for n in range(1, 9)]
        await parallel_fetch(urls, concurrency=2, window=99)
        items = [exchange.arrived for exchange in server.journal if exchange.path.startswith("/items")]
        assert len(items) == 8
        assert max(items) < 1

    scenario_served(scenario)


@pytest.mark.parametrize(
    ("concurrency", "after_each_pause", "seconds"),
    [(30, [30, 1, 1, 30, 29, 29], 50), (10, [10, 1, 1, *[10] * 10, 7, 1], 140)],
)
def test_an_outage_ends(concurrency, after_each_pause, seconds):
    """Once the first in line has been refused twice, every request with a slot is sent after each pause."""
    paths, outage = [f"/items/{n}" for n in range(1, 31)], {"failure_rate": 1, "retry_after": 10}
    run = fetch(paths, outage, concurrency=concurrency, window=30, base=0)
    assert [result.attempts for result in run.results] == [4] * 30
    assert list(Counter(round(exchange.arrived) for exchange in run.journal).values()) == after_each_pause
    assert run.elapsed == pytest.approx(seconds, abs=SOON)


def test_a_deadline_frees_the_line():
    """If the first in line runs out of time, the others go on."""

    async def scenario(server):
        urls = [f"{server.url}/status/503,200?retry_after=5&latency=4", f"{server.url}/items/1"]
        async with asyncio.timeout(60):
            late, other = await parallel_fetch(urls, concurrency=1, deadline=12, base=0)
        assert late.error.endswith("the deadline of 12 s has passed")
        assert other.ok

    scenario_served(scenario)


def test_the_hook_is_told_of_each_wait():
    """`on_retry` gets the failed result and the seconds before the next attempt."""
    told = []
    run = fetch(
        ["/status/500,503,200"],
        base=1,
        on_retry=lambda result, wait: told.append((result.status, result.attempts, wait)),
    )
    assert [each[:2] for each in told] == [(500, 1), (503, 2)]
    assert [wait for *_, wait in told] == pytest.approx(run.gaps(), abs=SOON)
