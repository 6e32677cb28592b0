"""Complaints about unclosed sessions and failed tasks are not shown in the cell, nor in a later one."""

import asyncio
import gc
import logging
import weakref

import aiohttp

from lab.checking import watchdog
from lab.checking.clock import controlled_clock
from lab.checking.leftovers import cleaned_up, silenced


def test_forgotten_session(caplog):
    """A session that was never closed is not reported."""

    async def scenario():
        with silenced():
            aiohttp.ClientSession()

    asyncio.run(scenario())
    assert not caplog.records


def test_only_what_is_new_is_collected():
    """Only the objects of the block are collected: a large kernel is no slower."""

    class Cycle:
        def __init__(self):
            self.me = self

    async def scenario():
        old = weakref.ref(Cycle())
        with silenced():
            new = weakref.ref(Cycle())
        assert new() is None
        return old() is not None

    gc.disable()  # its own collections would end the cycle before the block
    try:
        assert asyncio.run(scenario())
    finally:
        gc.enable()
    assert gc.get_freeze_count() == 0


def test_what_libraries_log_is_left_out(monkeypatch, capfd):
    """A library's log message, which Python prints if nobody has set up logging, is not printed in the block."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest has set it up

    async def scenario():
        with silenced():
            logging.getLogger("stamina").warning("a retry")
        logging.getLogger("stamina").warning("afterwards")

    asyncio.run(scenario())
    assert capfd.readouterr().err == "afterwards\n"


def test_failed_tasks_stay_silent(caplog):
    """A failed task that outlives the block, because something keeps it, is not reported when it is collected."""

    async def fail():
        raise ValueError

    async def scenario():
        with controlled_clock() as clock, watchdog.watchdog(clock) as guard:
            async with cleaned_up(guard):
                kept = [asyncio.create_task(fail())]
                await asyncio.sleep(1)
        del kept
        gc.collect()

    asyncio.run(scenario())
    assert not caplog.records


def test_a_task_that_computes_when_it_is_cancelled_is_stopped(monkeypatch):
    """Cleaning up ends, whatever a task does then, and no other task of the learner's goes on afterwards."""
    monkeypatch.setattr(watchdog, "STEP", 0.2)
    stops = []

    async def computes():
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            while True:
                pass

    async def scenario():
        with controlled_clock() as clock, watchdog.watchdog(clock) as guard:
            async with cleaned_up(guard):
                tasks = [asyncio.create_task(computes()) for _ in range(3)]
                await asyncio.sleep(1)
            assert all(task.done() for task in tasks)
            stops.append(guard.stops)

    asyncio.run(scenario())
    assert stops == [1]
