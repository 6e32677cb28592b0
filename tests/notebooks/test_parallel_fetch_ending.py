"""However parallel_fetch ends, it leaves nothing behind."""

import asyncio
from contextlib import nullcontext
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebooks.parallel_fetch import parallel_fetch
from tests.support.fetching import QUICK, in_steps, mixture, scenario_served


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
    """Your session's headers, base URL and middlewares apply, and its raise_for_status does not."""

    async def sign(request, handler):
        request.headers["Authorization"] = "Bearer let-me-in"
        return await handler(request)

    async def scenario(server):
        options: dict[str, Any] = {"headers": {"X-Mine": "1"}, "raise_for_status": True, "middlewares": [sign]}
        async with aiohttp.ClientSession(server.url, **options) as session:
            paths = ["/echo", "/echo?fault=empty", "/status/404", "/auth"]
            results = await parallel_fetch(paths, session=session, attempts=3, **QUICK)
            assert not session.closed
        echo, empty, missing, signed = results
        assert echo.json()["headers"]["X-Mine"] == "1"
        assert (empty.attempts, missing.error, signed.ok) == (3, "404 Not Found", True)

    scenario_served(scenario)


def test_a_source_that_raises():
    """What the source of the URLs raises comes after the results of the earlier URLs."""

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
