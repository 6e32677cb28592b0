"""Draw a run while it goes on, from the server's journal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

from mock_server import MockServer, MockServerError, Snapshot

from ..runs.run import Run

FRAME = 0.05  # minimum seconds between two frames
HOLD_BACK = 50  # minimum pause, in multiples of the last frame's processor time: drawing takes at most a fiftieth

# A thread of its own: in the loop's default pool, a snapshot would wait for the run's threads and delay them.
_reporter = ThreadPoolExecutor(1, "timeline")


@asynccontextmanager
async def drawn_live(run: Run, server: MockServer, draw: Callable[[], None]) -> AsyncIterator[None]:
    """Update the run and draw it repeatedly until the block ends.

    Raises:
        Exception: what `draw` raised, at the end of the block.
    """
    run.live = True
    artist = asyncio.create_task(_follow(run, server, draw))
    try:
        yield
    finally:
        run.live = False
        artist.cancel()
        await asyncio.wait([artist])
        with suppress(asyncio.CancelledError, MockServerError):  # the run itself reports a server that is gone
            artist.result()


def settled(run: Run) -> int:
    """Return how many of the first exchanges have ended, so that later snapshots can leave them out."""
    last = run.exchanges[-1].number if run.exchanges else 0
    return next((exchange.number - 1 for exchange in run.exchanges if exchange.ended is None), last)


async def _follow(run: Run, server: MockServer, draw: Callable[[], None]) -> None:
    pause = FRAME
    while True:
        await asyncio.sleep(pause)
        snapshot, cost = await asyncio.get_running_loop().run_in_executor(
            _reporter, _timed_snapshot, server, settled(run)
        )
        began = time.thread_time()
        run.fill(snapshot)
        if run.exchanges:
            draw()
        pause = max(FRAME, HOLD_BACK * (cost + time.thread_time() - began))


def _timed_snapshot(server: MockServer, since: int) -> tuple[Snapshot, float]:
    """Return the server's snapshot, and the seconds of processor time that it took here."""
    began = time.thread_time()
    return server.snapshot(since), time.thread_time() - began
