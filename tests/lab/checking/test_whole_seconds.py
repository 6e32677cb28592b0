"""A controlled clock starts at a whole second."""

import asyncio

from lab.checking.clock import controlled_clock


def test_starts_at_a_whole_second():
    """aiohttp rounds long timeouts up to whole seconds of the loop's time, so a run would depend on when it starts."""

    async def start():
        with controlled_clock() as clock:
            return clock.started, asyncio.get_running_loop().time() - clock.started

    started, since = asyncio.run(start())
    assert started == int(started)
    assert since < 0.001
