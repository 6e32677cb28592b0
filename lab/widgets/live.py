"""A run drawn while it goes on, from what the server reports."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

from mock_server import MockServer, MockServerError, Snapshot

from ..runs.run import Run

FRAME = 0.05  # seconds from one frame to the next, at the least
HOLD_BACK = 50  # and this many times the processor's seconds of the last: drawing takes a fiftieth of it at most

# A thread of its own: in the loop's own pool a question would wait behind the run's threads, and hold one of them up.
_reporter = ThreadPoolExecutor(1, "timeline")


@asynccontextmanager
async def drawn_live(run: Run, server: MockServer, draw: Callable[[], None]) -> AsyncIterator[None]:
    """Fill the run and draw it, again and again for the length of the block."""
    run.live = True
    artist = asyncio.create_task(_follow(run, server, draw))
    try:
        yield
    finally:
        run.live = False
        artist.cancel()
        await asyncio.wait([artist])
        with suppress(asyncio.CancelledError, MockServerError):  # the run itself tells that the server is gone
            artist.result()


def settled(run: Run) -> int:
    """How many exchanges from the first on are at an end, and need not be asked for again."""
    last = run.exchanges[-1].number if run.exchanges else 0
    return next((exchange.number - 1 for exchange in run.exchanges if exchange.ended is None), last)


async def _follow(run: Run, server: MockServer, draw: Callable[[], None]) -> None:
    pause = FRAME
    while True:
        await asyncio.sleep(pause)
        snapshot, cost = await asyncio.get_running_loop().run_in_executor(_reporter, _ask, server, settled(run))
        began = time.thread_time()
        run.fill(snapshot)
        if run.exchanges:
            draw()
        pause = max(FRAME, HOLD_BACK * (cost + time.thread_time() - began))


def _ask(server: MockServer, since: int) -> tuple[Snapshot, float]:
    """Return what the server reports, and the processor's seconds that it took here."""
    began = time.thread_time()
    return server.snapshot(since), time.thread_time() - began
