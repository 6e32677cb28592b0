"""Under a controlled clock, waits are skipped and times are exact; code outside the block keeps real time."""

import asyncio
import datetime
import importlib
import time
from time import monotonic, perf_counter, sleep

import aiohttp
import pytest
import uvloop
from aiolimiter import AsyncLimiter
from hypothesis import given
from hypothesis import strategies as st

from lab.checking.clock import ControlledClock, UncontrollableLoop, controlled_clock
from tests.support import real_time
from tests.support.served import run_served

EXACT = 0.001  # seconds: what a hundred requests take in addition to their waits


async def get(session, path):
    async with session.get(path) as response:
        return await response.read()


@given(st.lists(st.floats(0, 10_000), max_size=20))
def test_sleeps_are_exact(seconds):
    """From a whole second on, consecutive sleeps take their sum, and each loop iteration takes a microsecond."""

    async def scenario():
        with controlled_clock() as clock:
            began = clock.now
            assert began == int(began)
            for each in seconds:
                await asyncio.sleep(each)
            return clock.now - began

    assert asyncio.run(scenario()) == pytest.approx(sum(seconds), abs=1e-5 * (1 + len(seconds)))


def test_a_skipped_wait_takes_no_real_time():
    """An hour of waiting takes less than a hundredth of an hour."""

    async def scenario():
        with controlled_clock() as clock:
            began, began_really = clock.now, real_time.monotonic()
            await asyncio.gather(*(asyncio.sleep(60 * n) for n in range(61)))
            return clock.now - began, real_time.monotonic() - began_really

    elapsed, took = asyncio.run(scenario())
    assert elapsed == pytest.approx(3600, abs=EXACT)
    assert took < elapsed / 100


def test_requests_take_their_latency():
    """A hundred requests of 0.5 s, ten at a time, take 5 s; the work and the sockets are real."""

    async def scenario(server):
        places = asyncio.Semaphore(10)

        async def one(n):
            async with places:
                await get(session, f"/items/{n}")

        async with aiohttp.ClientSession(server.url) as session:
            await asyncio.gather(*(one(n) for n in range(1, 101)))
        assert len(server.journal) == 100
        return server.elapsed

    assert run_served(scenario, latency=0.5) == pytest.approx(5, abs=EXACT)


def test_a_wait_for_a_rounding_error_ends():
    """aiolimiter may wait for a mere rounding error; the wait ends because each iteration takes a microsecond."""

    async def scenario():
        limiter = AsyncLimiter(1, 1 / 20)
        with controlled_clock() as clock:
            began = clock.now
            for _ in range(40):
                await limiter.acquire()
            return clock.now - began

    assert asyncio.run(scenario()) == pytest.approx(39 / 20, abs=EXACT)


CLOCKS = {
    "time.time": lambda: time.time(),
    "time.time_ns": lambda: time.time_ns() / 1e9,
    "time.monotonic": lambda: time.monotonic(),
    "time.monotonic_ns": lambda: time.monotonic_ns() / 1e9,
    "time.perf_counter": lambda: time.perf_counter(),
    "time.perf_counter_ns": lambda: time.perf_counter_ns() / 1e9,
    "datetime.now": lambda: datetime.datetime.now().timestamp(),
    "datetime.now(UTC)": lambda: datetime.datetime.now(datetime.UTC).timestamp(),
    "monotonic, imported": lambda: monotonic(),
    "perf_counter, imported": lambda: perf_counter(),
    "loop.time": lambda: asyncio.get_running_loop().time(),
}


@pytest.mark.parametrize("read", CLOCKS.values(), ids=CLOCKS)
def test_every_clock_follows(read, monkeypatch):
    """Each of Python's clocks starts at the real time, follows the controlled clock, and is real again afterwards."""
    monkeypatch.setattr(ControlledClock, "_last_end", 0.0)  # no block has been ahead of it

    async def scenario():
        before = read()
        with controlled_clock():
            begun = read()
            await asyncio.sleep(1000)
            passed = read() - begun
        return begun - before, passed, read() - before

    until_begun, passed, at_the_end = asyncio.run(scenario())
    assert passed == pytest.approx(1000, abs=EXACT)
    assert 0 <= until_begun < 100
    assert 0 <= at_the_end < 100


@pytest.mark.parametrize("read", CLOCKS.values(), ids=CLOCKS)
def test_no_clock_goes_back(read):
    """A second block begins where the first one ended, for limiters that are kept between two checks."""

    async def scenario():
        with controlled_clock():
            await asyncio.sleep(1000)
            ended = read()
        with controlled_clock():
            return read() - ended

    assert 0 <= asyncio.run(scenario()) < 100


def test_a_module_imported_meanwhile_gets_real_clocks(tmp_path, monkeypatch):
    """It may have imported the controlled ones by name."""
    (tmp_path / "imported_meanwhile.py").write_text("from time import monotonic, sleep as pause\n")
    monkeypatch.syspath_prepend(tmp_path)

    async def scenario():
        with controlled_clock() as clock:
            module = importlib.import_module("imported_meanwhile")
            begun, began = module.monotonic(), clock.now
            await asyncio.sleep(1000)
            assert module.monotonic() - begun == pytest.approx(1000, abs=EXACT)
            assert clock.now - began == pytest.approx(1000, abs=EXACT)
        return module

    module = asyncio.run(scenario())
    assert (module.monotonic, module.pause) == (time.monotonic, time.sleep)


def test_the_functions_are_restored():
    """After the block, the time module and the names imported from it are the original ones."""
    before = time.monotonic, time.sleep, monotonic, sleep, asyncio.wrap_future

    async def scenario():
        loop = asyncio.get_running_loop()
        with controlled_clock():
            assert sleep is not before[3]
        assert not {"time", "call_at"} & set(vars(loop))

    asyncio.run(scenario())
    assert (time.monotonic, time.sleep, monotonic, sleep, asyncio.wrap_future) == before


@pytest.mark.parametrize("way", ["exception", "cancellation"])
def test_the_real_clock_is_always_restored(way):
    """The loop gets its own clock back even if the block raises or is cancelled."""

    async def block():
        with controlled_clock():
            await asyncio.sleep(50)
            if way == "exception":
                raise KeyError
            asyncio.current_task().cancel()
            await asyncio.sleep(50)

    async def scenario():
        loop, before = asyncio.get_running_loop(), real_time.monotonic()
        with pytest.raises((KeyError, asyncio.CancelledError)):
            await block()
        assert loop.time() - before < 50
        assert "time" not in vars(loop)

    asyncio.run(scenario())


def test_other_tasks_keep_the_real_clock():
    """A task outside the block keeps real time and its timers, and does not delay the block."""
    ticks = []

    async def beat():
        while True:
            await asyncio.sleep(0.02)
            ticks.append(real_time.monotonic())

    async def scenario():
        task = asyncio.create_task(beat())
        await asyncio.sleep(0)
        with controlled_clock() as clock:
            await asyncio.sleep(1000)
            jumps, during = clock.jumps, len(ticks)
        while len(ticks) < during + 3:  # noqa: ASYNC110 - real timers
            await asyncio.sleep(0.01)
        task.cancel()
        return jumps, during

    jumps, during = asyncio.run(scenario())
    assert jumps < 10
    assert during < 10
    gaps = [later - sooner for sooner, later in zip(ticks, ticks[1:], strict=False)]
    assert all(gap > 0.019 for gap in gaps)


def test_scheduled_timers_keep_their_delay():
    """A timer that the block set 30 s ahead is due 30 real seconds later, however far the clock has jumped."""

    async def scenario():
        loop = asyncio.get_running_loop()
        with controlled_clock():
            await asyncio.sleep(1000)
            timer = loop.call_later(30, print)
        away = timer.when() - loop.time()
        timer.cancel()
        return away

    assert asyncio.run(scenario()) == pytest.approx(30, abs=5)


def test_another_event_loop_is_named():
    """uvloop's clock cannot be replaced, and the error names the loop."""

    async def scenario():
        with controlled_clock():
            pass

    with (
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        pytest.raises(UncontrollableLoop, match="uvloop"),
    ):
        runner.run(scenario())
