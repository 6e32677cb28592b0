"""The lateness of an event loop is that of a block: the worst of it, and the sum."""

import asyncio
import time

from lab.checking.lateness import BEAT, lateness


def test_the_worst_standstill_of_a_block_is_noted_and_the_sum_of_all():
    async def block():
        async with lateness() as late:
            for standstill in (0.05, 0.2, 0.05):
                await asyncio.sleep(2 * BEAT)
                time.sleep(standstill)  # noqa: ASYNC251 - all of it is to stand still
            await asyncio.sleep(2 * BEAT)
        return late

    late = asyncio.run(block())
    assert late.worst >= 0.2 - BEAT
    assert late.total >= 0.05 + 0.2 + 0.05 - 3 * BEAT


def test_what_stands_still_after_a_block_does_not_count_and_nothing_of_it_is_left():
    async def block():
        async with lateness() as late:
            await asyncio.sleep(2 * BEAT)
        noted = late.worst
        tasks = asyncio.all_tasks()
        time.sleep(noted + 0.1)  # noqa: ASYNC251 - all of it is to stand still
        await asyncio.sleep(2 * BEAT)
        return late.worst - noted, len(tasks)

    assert asyncio.run(block()) == (0, 1)
