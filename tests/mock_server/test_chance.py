import asyncio
import subprocess
import sys

import aiohttp
from hypothesis import given
from hypothesis import strategies as st

from mock_server import Conditions, MockServer
from mock_server.chance import draw, normal

from ..support.client import ask

KEY = st.tuples(st.integers(0, 2**31 - 1), st.sampled_from(["GET", "POST"]), st.text(), st.integers(1, 10**6))
PATHS = [f"/items/{n}?failure_rate=0.3&failure_statuses=500,503" for n in range(1, 31)]


@given(st.text(), KEY)
def test_draw_is_a_pure_function(purpose, key):
    """A draw is in [0, 1) and the same for the same arguments."""
    assert 0 <= draw(purpose, *key) < 1
    assert draw(purpose, *key) == draw(purpose, *key)


def test_draw_is_the_same_everywhere():
    """A draw does not depend on the process or its hash seed."""
    code = "from mock_server.chance import draw; print(draw('failure', 1, 'GET', '/items/1', 1))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {"0.5015868687569083\n"}


@given(KEY)
def test_draws_are_independent(key):
    """A change of any argument changes the draw."""
    seed, method, path, attempt = key
    draws = {
        draw("failure", *key),
        draw("latency", *key),
        draw("failure", seed + 1, method, path, attempt),
        draw("failure", seed, method + "X", path, attempt),
        draw("failure", seed, method, path + "1", attempt),
        draw("failure", seed, method, path, attempt + 1),
    }
    assert len(draws) == 6


def test_failure_rate_and_retries():
    """The share of failures is `failure_rate`, and a retry fails independently of the attempt before."""
    conditions = Conditions(failure_rate=0.2)
    first = [conditions.failure("GET", f"/items/{n}", 1) for n in range(5000)]
    second = [conditions.failure("GET", f"/items/{n}", 2) for n in range(5000)]
    assert 0.18 < sum(status is not None for status in first) / 5000 < 0.22
    assert 0.025 < sum(a is not None and b is not None for a, b in zip(first, second, strict=True)) / 5000 < 0.055


def test_rates_of_0_and_1_are_certain():
    """What has a rate of 0 never happens, and what has a rate of 1 always does."""
    for n in range(1000):
        assert Conditions(failure_rate=0).failure("GET", f"/{n}", 1) is None
        assert Conditions(failure_rate=1).failure("GET", f"/{n}", 1) == 503
        assert Conditions(fault="hang", fault_rate=0).drawn_fault("GET", f"/{n}", 1) is None
        assert Conditions(fault="hang", fault_rate=1).drawn_fault("GET", f"/{n}", 1) == "hang"


def test_normal_distribution():
    """`normal` returns quantiles of the standard normal distribution."""
    assert [round(normal(p), 2) for p in (0.025, 0.5, 0.975)] == [-1.96, 0, 1.96]
    assert normal(0) > -10


async def outcomes(url, paths, in_flight):
    """Request each path twice in a row, `in_flight` paths at a time, and return the statuses by path and attempt."""
    gate, found = asyncio.Semaphore(in_flight), {}
    async with aiohttp.ClientSession(url) as session:

        async def get_twice(path):
            async with gate:
                for attempt in (1, 2):
                    async with session.get(path) as response:
                        found[path, attempt] = response.status

        await asyncio.gather(*map(get_twice, paths))
    return found


@given(st.permutations(PATHS), st.integers(1, 30))
def test_failures_ignore_order_and_concurrency(paths, in_flight):
    """The same attempts fail in any order and at any concurrency."""
    server = MockServer.start()
    expected = {
        (path, attempt): Conditions(failure_rate=0.3, failure_statuses=(500, 503)).failure("GET", path, attempt) or 200
        for path in PATHS
        for attempt in (1, 2)
    }
    assert asyncio.run(outcomes(server.url, paths, in_flight)) == expected
    assert set(expected.values()) == {200, 500, 503}


def test_failures_ignore_the_process(server):
    """The same attempts fail on another server."""
    here = {path: ask(server, path).status for path in PATHS}
    server.stop()
    assert {path: ask(MockServer.start(), path).status for path in PATHS[:1]} == {PATHS[0]: here[PATHS[0]]}
    assert {path: ask(MockServer.running(), path).status for path in PATHS[1:]} == {p: here[p] for p in PATHS[1:]}


def test_seed_changes_the_failures(server):
    """With another seed, other attempts fail."""

    def failures(seed):
        server.reset()
        return [ask(server, f"{path}&seed={seed}").status for path in PATHS]

    assert failures(1) == failures(1)
    assert failures(1) != failures(2)
