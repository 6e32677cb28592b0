"""Only one run uses the server at a time, and no run does while a block holds it."""

import asyncio

import pytest

from lab.runs.exclusive import is_busy, preempt, run_slot
from tests.lab.conftest import until


class Tally:
    """Counts the runs that are under way, and their peak."""

    now = most = ended = 0

    async def run(self, seconds=0.01):
        async with run_slot() as slot:
            self.now += 1
            self.most = max(self.most, self.now)
            try:
                await asyncio.sleep(seconds)
            finally:
                self.now -= 1
                self.ended += 1
        return slot


def test_runs_never_overlap():
    tally = Tally()

    async def scenario():
        await asyncio.gather(*(tally.run() for _ in range(20)))

    asyncio.run(scenario())
    assert (tally.most, tally.ended) == (1, 20)


def test_an_exception_frees_the_slot():
    """A run that raises frees its slot for the next run."""

    async def fails():
        async with run_slot():
            raise ValueError("in its slot")

    async def scenario():
        with pytest.raises(ValueError, match="in its slot"):
            await fails()
        await Tally().run()

    asyncio.run(scenario())


def test_a_block_preempts_a_run():
    tally = Tally()

    async def scenario():
        running = asyncio.create_task(tally.run(60))
        await until(lambda: tally.now == 1)
        with preempt():
            waiting = asyncio.create_task(tally.run())
            assert is_busy()
            await asyncio.wait([running])
            await asyncio.sleep(0.1)
            assert running.cancelled()
            assert tally.now == 0
        await waiting
        assert not is_busy()

    asyncio.run(scenario())
    assert (tally.most, tally.ended) == (1, 2)


def test_a_preempted_run_knows_it():
    """A run can see that it was preempted."""
    lost = []

    async def run():
        async with run_slot() as slot:
            try:
                await asyncio.sleep(60)
            finally:
                lost.append(slot.preempted)

    async def scenario():
        task = asyncio.create_task(run())
        await until(is_busy)
        await asyncio.sleep(0)
        with preempt():
            pass
        await asyncio.wait([task])

    asyncio.run(scenario())
    assert lost == [True]


def test_a_run_does_not_preempt_itself():
    async def scenario():
        async with run_slot() as slot:
            with preempt():
                await asyncio.sleep(0.01)
            return slot.preempted

    assert asyncio.run(scenario()) is False


def test_preempting_blocks_may_be_nested():
    async def scenario():
        with preempt(), preempt():
            pass
        assert not is_busy()

    asyncio.run(scenario())


def test_another_thread_may_preempt():
    tally = Tally()

    def elsewhere():
        with preempt():
            pass

    async def scenario():
        running = asyncio.create_task(tally.run(60))
        await until(lambda: tally.now == 1)
        await asyncio.to_thread(elsewhere)
        await asyncio.wait([running], timeout=300)
        assert running.cancelled()

    asyncio.run(scenario(), debug=True)  # debug mode refuses calls that are not thread-safe


def test_event_loops_share_no_lock():
    """Runs work on one event loop after another."""
    for _ in range(3):
        test_runs_never_overlap()
