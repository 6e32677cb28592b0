"""How late the event loop is: while a machine stands still, what is due waits, and then all of it comes at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

BEAT = 0.01  # seconds between two looks


@dataclass
class Lateness:
    """How late an event loop was, in seconds: at the most, and all together."""

    worst: float = 0.0
    total: float = 0.0


@asynccontextmanager
async def lateness() -> AsyncIterator[Lateness]:
    """Note how late the running event loop is, for the length of the block."""
    noted = Lateness()
    beat = asyncio.create_task(_beat(noted))
    try:
        yield noted
    finally:
        beat.cancel()
        await asyncio.wait([beat])


async def _beat(noted: Lateness) -> None:
    clock = asyncio.get_running_loop().time
    while True:
        due = clock() + BEAT
        await asyncio.sleep(BEAT)
        late = clock() - due
        noted.worst = max(noted.worst, late)
        noted.total += late
