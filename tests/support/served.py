"""The mock server on the test's own event loop, under a controlled clock: waits are skipped and times are exact."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from lab.checking.clock import ControlledClock, controlled_clock
from mock_server import Conditions, Exchange
from mock_server.application import Application

Result = TypeVar("Result")


@dataclass
class Served:
    """A server and the clock that it and its clients share."""

    application: Application
    clock: ControlledClock
    began: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.application.control.port}"

    @property
    def elapsed(self) -> float:
        """The seconds since control of the clock began."""
        return self.clock.now - self.began

    @property
    def journal(self) -> list[Exchange]:
        """What the server has seen, in order of arrival."""
        return self.application.journal.rows()


@asynccontextmanager
async def served(**conditions: Any) -> AsyncIterator[Served]:
    """Serve on the running loop, under a controlled clock."""
    with controlled_clock() as clock:
        began = clock.now
        application = Application(Conditions(**conditions))
        await application.listen("127.0.0.1", 0)
        try:
            yield Served(application, clock, began)
        finally:
            await application.close()


def run_served(scenario: Callable[[Served], Awaitable[Result]], **conditions: Any) -> Result:
    """Run a coroutine function with a server, on an event loop of its own, and return its result."""

    async def run() -> Result:
        async with served(**conditions) as server:
            return await scenario(server)

    return asyncio.run(run())
