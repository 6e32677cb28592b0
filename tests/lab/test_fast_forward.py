"""`fast_forward` returns at once what a server saw of a block, with exact times."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pytest

from lab import async_interact, fast_forward
from mock_server import ConditionError, Conditions, MockServer


async def get(url, path="/text"):
    async with aiohttp.ClientSession(url) as session, session.get(path) as response:
        await response.read()


async def three_delays(url):
    for _ in range(3):
        await get(url, "/delay/20")


def test_waits_are_skipped_and_times_exact():
    """Three requests of 20 s are a run of 60 s, and take less than 20 s of real time."""

    async def scenario():
        async with fast_forward(theory=60, title="slow", caption="{run.connections} connections") as run:
            await three_delays(run.url)
        return run

    began = time.monotonic()
    run = asyncio.run(scenario())
    assert time.monotonic() - began < 20
    assert run.seconds == pytest.approx(60, abs=0.001)
    assert (run.theory, run.title, run.caption) == (60, "slow", "3 connections")
    assert run.text == "3 requests, 3 × 200, 1 in flight at most, 3 connections"


def test_conditions_are_those_of_its_server():
    """A keyword is a condition of the block's own server, and a wrong one is refused."""

    async def scenario(**conditions):
        async with fast_forward(**conditions) as run:
            await get(run.url)
        return run

    assert asyncio.run(scenario(failure_rate=1.0)).statuses == {503: 1}
    with pytest.raises(ConditionError, match="speed"):
        asyncio.run(scenario(speed=2))


def test_a_block_that_raises_fills_its_run():
    """What the server saw until then is in the Run, and the exception propagates."""

    async def scenario():
        try:
            async with fast_forward() as run:
                await get(run.url)
                raise ValueError("in the block")
        except ValueError:
            return run

    assert asyncio.run(scenario()).statuses == {200: 1}


def test_a_blocking_call_is_an_error_with_its_name():
    """A blocking call would deadlock with a server on the same loop, so it is refused."""

    async def scenario():
        server = MockServer.start()
        async with fast_forward():
            server.stats()

    with pytest.raises(RuntimeError, match=r"^http\.client\.\S+ blocks the event loop"):
        asyncio.run(scenario())


def test_a_labs_run_ends_first(server):
    """A run that is cancelled undoes its changes to the server before the clock is taken over."""
    begun = asyncio.Event()

    async def slow(count):
        with server.configured(capacity=1):
            begun.set()
            await asyncio.sleep(count)

    async def scenario():
        panel = async_interact(slow, count=(20, 40))
        await begun.wait()
        async with fast_forward() as run:
            await get(run.url)
        panel.close()

    asyncio.run(scenario())
    assert server.conditions == Conditions()


def test_blocks_that_overlap_take_turns():
    """Only one block at a time controls the clock; afterwards, the loop has its own again."""

    async def block(seconds):
        async with fast_forward() as run:
            await asyncio.sleep(seconds)
        return run.now

    async def scenario():
        ends = await asyncio.gather(block(1), block(2))
        return ends, {"time", "call_at", "call_soon"} & set(vars(asyncio.get_running_loop()))

    assert asyncio.run(scenario()) == ([pytest.approx(1, abs=0.001), pytest.approx(2, abs=0.001)], set())


def test_a_block_within_a_block_is_an_error():
    """It would have to wait for itself."""

    async def scenario():
        async with fast_forward(), fast_forward():
            pass

    with pytest.raises(RuntimeError, match="controlled already: run this outside the `fast_forward` block"):
        asyncio.run(scenario())


def test_a_cancelled_block_raises_its_cancellation():
    """The end of a pool's block would wait for its thread; that is not what ended the block."""

    async def scenario():
        async with fast_forward():
            with ThreadPoolExecutor(1) as pool:
                asyncio.get_running_loop().call_later(0.5, asyncio.current_task().cancel)
                await asyncio.get_running_loop().run_in_executor(pool, time.sleep, 100)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scenario())
