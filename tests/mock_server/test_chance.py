import asyncio
import subprocess
import sys

import aiohttp
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server import Conditions, MockServer
from mock_server.chance import draw, normal

from ..support.client import ask

KEY = st.tuples(st.integers(0, 2**31 - 1), st.sampled_from(["GET", "POST"]), st.text(), st.integers(1, 10**6))
PATHS = [f"/items/{n}?failure_rate=0.3&failure_statuses=500,503" for n in range(1, 31)]


@given(st.text(), KEY)
def test_a_draw_is_from_0_up_to_1_and_always_the_same(purpose, key):
    assert 0 <= draw(purpose, *key) < 1
    assert draw(purpose, *key) == draw(purpose, *key)


def test_a_draw_is_the_same_on_every_machine_and_in_every_process():
    code = "from mock_server.chance import draw; print(draw('failure', 1, 'GET', '/items/1', 1))"
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert said == {"0.5015868687569083\n"}


@given(KEY)
def test_purposes_seeds_methods_paths_and_attempts_are_drawn_apart(key):
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


def test_the_share_that_fails_is_the_rate_and_a_retry_draws_anew():
    conditions = Conditions(failure_rate=0.2)
    first = [conditions.failure("GET", f"/items/{n}", 1) for n in range(5000)]
    second = [conditions.failure("GET", f"/items/{n}", 2) for n in range(5000)]
    assert 0.18 < sum(status is not None for status in first) / 5000 < 0.22
    assert 0.025 < sum(a is not None and b is not None for a, b in zip(first, second, strict=True)) / 5000 < 0.055


def test_the_extreme_rates_are_certain():
    for n in range(1000):
        assert Conditions(failure_rate=0).failure("GET", f"/{n}", 1) is None
        assert Conditions(failure_rate=1).failure("GET", f"/{n}", 1) == 503
        assert Conditions(fault="hang", fault_rate=0).drawn_fault("GET", f"/{n}", 1) is None
        assert Conditions(fault="hang", fault_rate=1).drawn_fault("GET", f"/{n}", 1) == "hang"


def test_normal_is_the_standard_normal_distribution():
    assert [round(normal(p), 2) for p in (0.025, 0.5, 0.975)] == [-1.96, 0, 1.96]
    assert normal(0) > -10


async def outcomes(url, paths, in_flight):
    """Ask for each path twice, one after the other, so many paths at once."""
    gate, found = asyncio.Semaphore(in_flight), {}
    async with aiohttp.ClientSession(url) as session:

        async def visit(path):
            async with gate:
                for attempt in (1, 2):
                    async with session.get(path) as response:
                        found[path, attempt] = response.status

        await asyncio.gather(*map(visit, paths))
    return found


@settings(max_examples=15)
@given(st.permutations(PATHS), st.integers(1, 30))
def test_the_same_attempts_fail_in_any_order_and_at_any_concurrency(paths, in_flight):
    server = MockServer.start()
    expected = {
        (path, attempt): Conditions(failure_rate=0.3, failure_statuses=(500, 503)).failure("GET", path, attempt) or 200
        for path in PATHS
        for attempt in (1, 2)
    }
    assert asyncio.run(outcomes(server.url, paths, in_flight)) == expected
    assert set(expected.values()) == {200, 500, 503}


def test_the_same_attempts_fail_in_another_process(server):
    here = {path: ask(server, path).status for path in PATHS}
    server.stop()
    assert {path: ask(MockServer.start(), path).status for path in PATHS[:1]} == {PATHS[0]: here[PATHS[0]]}
    assert {path: ask(MockServer.running(), path).status for path in PATHS[1:]} == {p: here[p] for p in PATHS[1:]}


def test_another_seed_fails_others(server):
    def failures(seed):
        server.reset()
        return [ask(server, f"{path}&seed={seed}").status for path in PATHS]

    assert failures(1) == failures(1)
    assert failures(1) != failures(2)
