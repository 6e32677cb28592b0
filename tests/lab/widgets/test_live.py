"""Live drawing limits its own cost and raises its errors."""

import asyncio
import time
from itertools import pairwise

import pytest

from lab.drawing.captions import heading
from lab.runs.run import Run
from lab.widgets.live import HOLD_BACK, drawn_live
from tests.lab.conftest import until
from tests.support.client import ask


def test_drawing_takes_little_time(server):
    """After a slow frame, drawing waits long enough to take a fiftieth of the time."""
    began = []

    def draw():
        began.append(time.perf_counter())
        end = time.thread_time() + 0.01
        while time.thread_time() < end:
            pass

    async def scenario():
        async with drawn_live(Run(), server, draw):
            await until(lambda: len(began) == 3, 60)

    ask(server, "/text")
    asyncio.run(scenario())
    assert all(after - before > 0.01 * HOLD_BACK for before, after in pairwise(began))


def test_only_processor_time_delays_frames(server):
    """Time that drawing spends waiting, not computing, does not delay the next frame."""
    began = []

    def draw():
        began.append(time.perf_counter())
        time.sleep(0.1)

    async def scenario():
        async with drawn_live(Run(), server, draw):
            await until(lambda: len(began) == 3, 60)

    ask(server, "/text")
    asyncio.run(scenario())
    assert min(after - before for before, after in pairwise(began)) < 0.1 * HOLD_BACK / 2


def test_a_live_run_is_not_final(server):
    """A run between two requests is drawn as live."""
    run, headings = Run(), []

    async def scenario():
        async with drawn_live(run, server, lambda: headings.append(heading(run))):
            await until(lambda: headings)

    ask(server, "/text")
    asyncio.run(scenario())
    assert {"so far" in drawn for drawn in headings} == {True}
    assert "so far" not in heading(run)


def test_an_exception_while_drawing_is_raised(server):
    drawn = []

    def draw():
        drawn.append(True)
        raise ZeroDivisionError

    async def scenario():
        async with drawn_live(Run(), server, draw):
            await until(lambda: drawn)

    ask(server, "/text")
    with pytest.raises(ZeroDivisionError):
        asyncio.run(scenario())
