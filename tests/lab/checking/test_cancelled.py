"""A trial cancels a call and tells whether CancelledError passes through the submission."""

import asyncio
from contextlib import suppress

import pytest

from lab.checking.clock import controlled_clock
from lab.checking.symptoms import NotYet
from lab.checking.trial import Trial
from mock_server.application import Application


def cancelled(submission):
    """Cancel a call after 0.5 s; return whether CancelledError passed, and the seconds that the call took."""

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


def test_let_pass():
    """A submission that catches nothing is cancelled at once."""

    async def waits():
        await asyncio.sleep(10)

    assert cancelled(waits) == (True, 0.5)


def test_swallowed():
    """A submission that catches CancelledError and returns is told from one that lets it pass."""

    async def swallows():
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            return "broken"

    assert cancelled(swallows) == (False, 0.5)


def test_goes_on():
    """A submission that goes on waiting is stopped by the trial's limit."""

    async def goes_on():
        for _ in range(3):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(1000)

    with pytest.raises(NotYet, match="so it was stopped"):
        cancelled(goes_on)
