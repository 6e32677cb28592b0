"""Drawing holds back by itself, and a failing picture is not passed over."""

import asyncio
import time
from itertools import pairwise

import pytest

from lab.drawing.captions import heading
from lab.runs.run import Run
from lab.widgets.live import HOLD_BACK, drawn_live
from tests.lab.conftest import until
from tests.support.client import ask


def test_slow_drawing_takes_a_small_part_of_the_time(server):
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


def test_a_machine_that_stands_still_while_it_draws_does_not_put_off_the_next_picture(server):
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


def test_a_run_that_waits_between_two_requests_is_drawn_as_one_that_goes_on(server):
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
