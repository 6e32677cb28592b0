"""Drawing holds back by itself, and a failing picture is not passed over."""

import asyncio
import time

import pytest

from lab.live import HOLD_BACK, drawn_live
from lab.run import Run
from lab.wording import heading
from tests.mock_server.client import ask


def test_slow_drawing_takes_a_small_part_of_the_time(server):
    began = []

    def draw():
        began.append(time.perf_counter())
        time.sleep(0.01)

    async def one_second():
        async with drawn_live(Run(), server, draw):
            await asyncio.sleep(1)

    ask(server, "/text")
    asyncio.run(one_second())
    assert len(began) in (1, 2, 3)
    assert all(b - a > 0.01 * HOLD_BACK for a, b in zip(began, began[1:], strict=False))


def test_a_run_that_waits_between_two_requests_is_drawn_as_one_that_goes_on(server):
    run, headings = Run(), []

    async def scenario():
        async with drawn_live(run, server, lambda: headings.append(heading(run))):
            await asyncio.sleep(0.3)

    ask(server, "/text")
    asyncio.run(scenario())
    assert {"so far" in drawn for drawn in headings} == {True}
    assert "so far" not in heading(run)


def test_an_exception_while_drawing_is_raised(server):
    async def scenario():
        async with drawn_live(Run(), server, lambda: 1 / 0):
            await asyncio.sleep(0.3)

    ask(server, "/text")
    with pytest.raises(ZeroDivisionError):
        asyncio.run(scenario())
