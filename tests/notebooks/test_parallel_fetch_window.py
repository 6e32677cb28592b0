"""parallel_fetch reads no URL too early, holds no result too long, and hands each over as soon as it can."""

import asyncio
import gc

import pytest

from notebooks.parallel_fetch import Result, parallel_fetch
from tests.support.fetching import QUICK, fetch, in_steps, mixture, scenario_served


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("window", [1, 2, 9])
def test_no_url_is_read_too_early(asynchronous, ordered, window):
    """Never more than `window` URLs are read and not yet taken."""

    async def scenario(server):
        read = taken = 0

        def source():
            nonlocal read
            for url in mixture(server, 20):
                read += 1
                yield url

        urls = in_steps(source()) if asynchronous else source()
        async with parallel_fetch(urls, window=window, concurrency=3, ordered=ordered, **QUICK) as results:
            async for _ in results:
                await asyncio.sleep(0.01)
                assert read <= taken + window
                taken += 1
        assert read == taken == 20

    scenario_served(scenario)


def living():
    return sum(isinstance(each, Result) for each in gc.get_objects())


@pytest.mark.parametrize("fault", ["null", "truncate", "empty", "garbage", "reset", "malformed_chunk"])
def test_no_more_results_live_than_the_window(fault):
    """Without the garbage collector, a result is freed with its last reference, whatever its error was."""

    async def scenario(server):
        gc.collect()
        gc.disable()
        try:
            before, most = living(), 0
            query = f"fault={fault}&fault_rate=0.5"
            urls = (f"{server.url}/items/{n}?{query}" for n in range(1, 121))
            async with parallel_fetch(urls, concurrency=5, window=10, attempts=2, base=0) as results:
                async for result in results:
                    if str(result.url).endswith("00?" + query):
                        most = max(most, living() - before)
        finally:
            gc.enable()
        assert 1 <= most <= 10 + 1

    scenario_served(scenario)


def test_a_result_does_not_wait_for_the_next_url():
    """A result is handed over while the source of the URLs is still waiting."""

    async def scenario(server):
        taken = asyncio.Event()

        async def source():
            yield f"{server.url}/items/1"
            await taken.wait()
            yield f"{server.url}/items/2"

        async with asyncio.timeout(20), parallel_fetch(source()) as results:
            async for _ in results:
                taken.set()

    scenario_served(scenario)


def test_results_as_they_complete():
    """With ordered=False, a slow URL holds up nothing."""

    async def scenario(server):
        urls = [f"{server.url}/delay/{seconds}" for seconds in (0.9, 0.1, 0.5)]
        async with parallel_fetch(urls, ordered=False) as results:
            order = [str(result.url).rpartition("/")[2] async for result in results]
        assert order == ["0.1", "0.5", "0.9"]

    scenario_served(scenario)


def test_progress():
    """`progress` is called for each result, with the total if it is known."""
    told = []
    fetch([f"/items/{n}" for n in range(1, 10)], progress=lambda *each: told.append(each))
    assert told == [(n, 9) for n in range(1, 10)]
