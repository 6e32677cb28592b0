"""However parallel_fetch ends, it leaves nothing; and it never holds more results than its window."""

import asyncio
import gc
from contextlib import nullcontext

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebooks.parallel_fetch import Result, parallel_fetch
from tests.support.fetching import QUICK, fetch, scenario_served

BROKEN = "?fault=truncate&fault_rate=0.3&failure_rate=0.3&latency=0.1&seed="


def mixture(server, count=40):
    return (f"{server.url}/items/{n}{BROKEN}{n}" for n in range(1, count + 1))


async def in_steps(source):
    for url in source:
        await asyncio.sleep(0.01)
        yield url


@settings(max_examples=60)
@given(
    moment=st.floats(0, 1.5),
    iterations=st.integers(0, 40),
    twice=st.booleans(),
    asynchronous=st.booleans(),
    options=st.sampled_from([{}, {"rate": 30, "deadline": 5, "budget": 3}, {"ordered": False}]),
    pause=st.booleans(),
)
def test_cancelled_at_any_moment(moment, iterations, twice, asynchronous, options, pause):
    """Cancelled once or twice, at any time or loop iteration, it leaves no task and no connection."""

    async def scenario(server):
        source = in_steps(mixture(server)) if asynchronous else mixture(server)
        task = asyncio.create_task(parallel_fetch(source, concurrency=8, **QUICK, **options).all())
        await asyncio.sleep(moment)
        for _ in range(iterations):
            await asyncio.sleep(0)
        task.cancel()
        if twice:
            await asyncio.sleep(0)
            task.cancel()
        await asyncio.wait([task])

    scenario_served(scenario, **({"retry_after": 1} if pause else {}))


@pytest.mark.parametrize("taken", [0, 1, 7])
@pytest.mark.parametrize("session", [aiohttp.ClientSession, nullcontext], ids=["your session", "its own"])
def test_left_early(taken, session):
    """`async with` ends everything when it is left, however many results were taken."""

    async def scenario(server):
        async with session() as yours:
            before = asyncio.all_tasks()
            async with parallel_fetch(mixture(server), session=yours, concurrency=4, **QUICK) as results:
                for _ in range(taken):
                    await anext(results)
            client = {task for task in asyncio.all_tasks() - before if "parallel_fetch" in repr(task)}
            assert client == set()

    scenario_served(scenario)


def test_a_break_out_of_a_plain_loop():
    """Without `async with`, everything ends in the next iterations of the event loop."""

    async def scenario(server):
        async for _ in parallel_fetch(mixture(server), **QUICK):
            break
        await asyncio.sleep(0.01)

    scenario_served(scenario)


@pytest.mark.parametrize("end", ["all", "left", "cancelled", "raised"])
def test_an_async_source_is_closed(end):
    """An async generator of URLs runs its `finally`, however the run ends."""
    closed = []

    async def scenario(server):
        async def source():
            try:
                async for url in in_steps(mixture(server, 20)):
                    yield url
                    if end == "raised":
                        raise LookupError("torn")
            finally:
                await asyncio.sleep(0)
                closed.append(end)

        run = asyncio.create_task(first_of(source()) if end == "left" else parallel_fetch(source(), **QUICK).all())
        if end == "cancelled":
            await asyncio.sleep(0.1)
            run.cancel()
        await asyncio.wait([run])
        assert closed == [end]
        if end == "raised":
            assert isinstance(run.exception(), LookupError)

    async def first_of(source):
        async with parallel_fetch(source, **QUICK) as results:
            return await anext(results)

    scenario_served(scenario)


def test_your_session_stays_open():
    """Its headers, base URL and middlewares apply, and its raise_for_status does not."""

    async def sign(request, handler):
        request.headers["Authorization"] = "Bearer let-me-in"
        return await handler(request)

    async def scenario(server):
        options = {"headers": {"X-Mine": "1"}, "raise_for_status": True, "middlewares": [sign]}
        async with aiohttp.ClientSession(server.url, **options) as session:
            paths = ["/echo", "/echo?fault=empty", "/status/404", "/auth"]
            results = await parallel_fetch(paths, session=session, attempts=3, **QUICK)
            assert not session.closed
        echo, empty, missing, signed = results
        assert echo.json()["headers"]["X-Mine"] == "1"
        assert (empty.attempts, missing.error, signed.ok) == (3, "404 Not Found", True)

    scenario_served(scenario)


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("window", [1, 2, 9])
def test_no_url_is_read_too_early(asynchronous, ordered, window):
    """Never more than `window` URLs are read and not yet taken."""

    async def scenario(server):
        read = taken = 0

        def source():
            nonlocal read
            for url in mixture(server):
                read += 1
                yield url

        urls = in_steps(source()) if asynchronous else source()
        async with parallel_fetch(urls, window=window, concurrency=3, ordered=ordered, **QUICK) as results:
            async for _ in results:
                await asyncio.sleep(0.01)
                assert read <= taken + window
                taken += 1
        assert read == taken == 40

    scenario_served(scenario)


def living():
    return sum(isinstance(each, Result) for each in gc.get_objects())


@pytest.mark.parametrize("fault", ["null", "truncate", "empty", "garbage", "reset", "malformed_chunk"])
def test_no_more_results_live_than_the_window(fault):
    """Without the garbage collector, a result ends with its last reference, whatever its error was."""

    async def scenario(server):
        gc.collect()
        gc.disable()
        try:
            before, most = living(), 0
            query = f"fault={fault}&fault_rate=0.5"
            urls = (f"{server.url}/items/{n}?{query}" for n in range(1, 301))
            async with parallel_fetch(urls, concurrency=5, window=10, attempts=2, base=0) as results:
                async for result in results:
                    if result.url.endswith("00?" + query):
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


def test_a_source_that_raises():
    """What the source of the URLs raises comes after the results of the URLs before."""

    async def scenario(server):
        def source():
            yield from mixture(server, 5)
            raise LookupError("the file is torn")

        async with parallel_fetch(source(), **QUICK) as results:
            seen = [(await anext(results)).url for _ in range(5)]
            with pytest.raises(LookupError, match="torn"):
                await anext(results)
        assert seen == list(mixture(server, 5))

    scenario_served(scenario)


def test_results_as_they_complete():
    """With ordered=False, a slow URL holds up nothing."""

    async def scenario(server):
        urls = [f"{server.url}/delay/{seconds}" for seconds in (0.9, 0.1, 0.5)]
        async with parallel_fetch(urls, ordered=False) as results:
            order = [result.url.rpartition("/")[2] async for result in results]
        assert order == ["0.1", "0.5", "0.9"]

    scenario_served(scenario)


def test_progress():
    """Progress is told of each result, and of the total where it is known."""
    told = []
    fetch([f"/items/{n}" for n in range(1, 10)], progress=lambda *each: told.append(each))
    assert told == [(n, 9) for n in range(1, 10)]


def test_a_hook_that_raises_costs_no_result():
    """The event loop reports what a hook raises."""

    async def scenario(server):
        complaints = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["exception"]))

        def broken(*news):
            raise LookupError(news)

        urls = [f"{server.url}/status/503,200?n={n}" for n in range(3)]
        results = await parallel_fetch(urls, progress=broken, on_retry=broken, **QUICK)
        assert [result.ok for result in results] == [True] * 3
        assert [type(each) for each in complaints] == [LookupError] * 6

    scenario_served(scenario)
