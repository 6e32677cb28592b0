"""Turns: one run at a time, and none beside a block that has the server alone."""

import asyncio

import pytest

from lab.runs.exclusive import alone, taken, turn
from tests.lab.conftest import until


class Tally:
    """How many runs go on, and how many did at most."""

    now = most = ended = 0

    async def run(self, seconds=0.01):
        async with turn() as mine:
            self.now += 1
            self.most = max(self.most, self.now)
            try:
                await asyncio.sleep(seconds)
            finally:
                self.now -= 1
                self.ended += 1
        return mine


def test_turns_never_overlap():
    tally = Tally()

    async def scenario():
        await asyncio.gather(*(tally.run() for _ in range(20)))

    asyncio.run(scenario())
    assert (tally.most, tally.ended) == (1, 20)


def test_a_turn_that_raises_is_over():
    async def fails():
        async with turn():
            raise ValueError("in its turn")

    async def scenario():
        with pytest.raises(ValueError, match="in its turn"):
            await fails()
        await Tally().run()

    asyncio.run(scenario())


def test_a_block_alone_takes_the_turn_away_and_lets_no_other_begin():
    tally = Tally()

    async def scenario():
        running = asyncio.create_task(tally.run(60))
        await until(lambda: tally.now == 1)
        with alone():
            waiting = asyncio.create_task(tally.run())
            assert taken()
            await asyncio.wait([running])
            await asyncio.sleep(0.1)
            assert running.cancelled()
            assert tally.now == 0
        await waiting
        assert not taken()

    asyncio.run(scenario())
    assert (tally.most, tally.ended) == (1, 2)


def test_who_lost_the_turn_is_told_so():
    lost = []

    async def run():
        async with turn() as mine:
            try:
                await asyncio.sleep(60)
            finally:
                lost.append(mine.lost)

    async def scenario():
        task = asyncio.create_task(run())
        await until(taken)
        await asyncio.sleep(0)
        with alone():
            pass
        await asyncio.wait([task])

    asyncio.run(scenario())
    assert lost == [True]


def test_inside_its_own_turn_a_run_loses_nothing():
    async def scenario():
        async with turn() as mine:
            with alone():
                await asyncio.sleep(0.01)
            return mine.lost

    assert asyncio.run(scenario()) is False


def test_blocks_alone_may_hold_one_another():
    async def scenario():
        with alone(), alone():
            pass
        assert not taken()

    asyncio.run(scenario())


def test_a_turn_may_be_taken_away_from_another_thread():
    tally = Tally()

    def elsewhere():
        with alone():
            pass

    async def scenario():
        running = asyncio.create_task(tally.run(60))
        await until(lambda: tally.now == 1)
        await asyncio.to_thread(elsewhere)
        await asyncio.wait([running], timeout=10)
        assert running.cancelled()

    asyncio.run(scenario(), debug=True)  # which refuses what is not meant for other threads


def test_each_event_loop_has_turns_of_its_own():
    for _ in range(3):
        test_turns_never_overlap()
