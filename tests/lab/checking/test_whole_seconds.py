"""A controlled clock starts at a whole second."""

import asyncio

from lab.checking.clock import controlled_clock


def test_starts_at_a_whole_second():
    """The clock starts at a whole second, because aiohttp rounds long timeouts up to whole seconds."""

    async def start():
        with controlled_clock() as clock:
            return clock.started, asyncio.get_running_loop().time() - clock.started

    started, since = asyncio.run(start())
    assert started == int(started)
    assert since < 0.001
