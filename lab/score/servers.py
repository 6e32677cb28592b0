"""The hostile servers that the crawler meets: each lesson's server has one more problem than the one before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from mock_server.application import Application

from .crawlers.reference import Reference

ITEMS = 120  # that a crawl requests
OUTAGE = (2.0, 3.0)  # seconds since the crawl began
RETRY_AFTER = 1.0  # seconds, of a response during the outage
SLOW_ITEMS, SLOW = 40, "?latency=0.8"  # the first 40 items take 0.8 s each


@dataclass(frozen=True)
class Server:
    """The server of one lesson: its conditions, the items that are slow, and whether it has an outage."""

    name: str
    conditions: dict[str, Any] = field(default_factory=dict)
    reference: Reference = field(default_factory=Reference)
    items: int = ITEMS
    slow_items: int = 0
    has_outage: bool = False

    def paths(self, first: int = 1, step: int = 1) -> list[str]:
        """Return the paths of a crawl, the slow ones first.

        Args:
            first: the id of the first item.
            step: how far apart the ids of two neighbours are; in the end, every item is there once.
        """
        ids = [first + place * step % self.items for place in range(self.items)]
        return [f"/items/{id}{SLOW if place < self.slow_items else ''}" for place, id in enumerate(ids)]

    @asynccontextmanager
    async def begun(self, application: Application) -> AsyncIterator[None]:
        """Run the block as a crawl that begins now: the outage, if the server has one, is timed from here."""
        outage = asyncio.create_task(_outage(application)) if self.has_outage else None
        before = application.conditions
        try:
            yield
        finally:
            if outage is not None:
                outage.cancel()
            application.conditions = before


async def _outage(application: Application) -> None:
    begins, ends = OUTAGE
    before = application.conditions
    await asyncio.sleep(begins)
    application.conditions = before.changed({"failure_rate": 1.0, "retry_after": RETRY_AFTER})
    await asyncio.sleep(ends - begins)
    application.conditions = before


_SLOW = {"latency": 0.1}
_FAILS_ONCE = {**_SLOW, "failure_rate": 0.005, "seed": 1535}  # at item 212
_UNRELIABLE = {**_SLOW, "failure_rate": 0.06, "fault": "hang", "fault_rate": 0.03, "seed": 98}
_LIMITED = {**_UNRELIABLE, "capacity": 20, "backlog": 5, "rate_limit": 50}

SERVERS = (  # of page one, and of the lessons
    Server("a slow server that fails once", _FAILS_ONCE, items=240),
    Server("a slow server", _SLOW),
    Server("a server with failures and stalls", _UNRELIABLE),
    Server("a server with failures, stalls and limits", _LIMITED, Reference(20, 45), slow_items=SLOW_ITEMS),
    Server(
        "a server with failures, stalls, limits and an outage",
        _LIMITED,
        Reference(20, 45, reports=True),
        slow_items=SLOW_ITEMS,
        has_outage=True,
    ),
)
