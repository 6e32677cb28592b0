"""A trial cancels a call, and reports whether the submission lets CancelledError propagate."""

import asyncio
from contextlib import suppress

import pytest

from lab.checking.clock import controlled_clock
from lab.checking.symptoms import NotYet
from lab.checking.trial import Trial
from mock_server.application import Application


def cancelled(submission):
    """Cancel a call after 0.5 s; return whether CancelledError propagated, and how many seconds the call took."""

    async def scenario():
        with controlled_clock() as clock:
            application = Application()
            await application.listen("127.0.0.1", 0)
            try:
                trial = Trial(application, clock, submission)
                began = clock.now
                return await trial.cancelled(0.5), round(clock.now - began, 2)
            finally:
                await application.close()

    return asyncio.run(scenario())


def test_an_ignored_cancellation():
    """A submission that continues to wait is stopped by the trial's limit."""

    async def goes_on():
        for _ in range(3):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(1000)

    with pytest.raises(NotYet, match="so it was stopped"):
        cancelled(goes_on)
