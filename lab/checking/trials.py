"""Set up a trial: its own server and threads, a controlled clock, seeded draws, and no other run on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from mock_server import Conditions
from mock_server.application import Application

from ..runs.exclusive import preempted
from .clock import controlled_clock, serving
from .default_threads import default_threads
from .leftovers import cleaned_up
from .seeded import seeded
from .trial import Submission, Trial

_one_at_a_time: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


@asynccontextmanager
async def trial_of(submission: Submission, conditions: Conditions) -> AsyncIterator[Trial]:
    """Yield the trial of a submission on a server under these conditions. Only one trial runs at a time.

    Raises:
        UncontrollableLoop: the running event loop is not one of asyncio's own.
    """
    async with _one_at_a_time.setdefault(asyncio.get_running_loop(), asyncio.Lock()), preempted():
        with controlled_clock(submission) as clock, seeded(), default_threads():
            async with cleaned_up() as leftovers, _served(conditions) as application:
                clock.blocking.port = application.control.port
                yield Trial(application, clock, submission, leftovers)


@asynccontextmanager
async def _served(conditions: Conditions) -> AsyncIterator[Application]:
    application = Application(conditions)
    token = serving.set(True)  # all that serves a connection runs in a copy of this context
    await application.listen("127.0.0.1", 0)
    serving.reset(token)
    try:
        yield application
    finally:
        await application.close()
