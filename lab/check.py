"""`check`: whether a submission to an exercise is right, by what a server saw of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from mock_server import Conditions
from mock_server.application import Application

from .checking.clock import UncontrollableLoop, controlled_clock
from .checking.leftovers import cleaned_up
from .checking.symptoms import NotYet, sentences
from .checking.trial import Submission, Trial
from .checking.verdict import NOT_TRIED, NOT_YET, RIGHT, Verdict
from .errors import summary
from .exercises import Exercise, exercises
from .runs.exclusive import preempt

_one_at_a_time: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def check(number: str, submission: Submission) -> Verdict:
    """Return the verdict on a submission: it runs against a server of the check's own, under a controlled clock.

    Waits are skipped, so the verdict does not depend on the machine. It raises nothing: whatever goes wrong is the
    verdict's symptom. A submission that never ends is stopped. A lab that runs meanwhile is stopped, too.

    Args:
        number: the exercise, such as "01.1".
        submission: the learner's coroutine function.
    """
    known = exercises()
    if number not in known:
        return Verdict(number, NOT_YET, f"There is no such exercise. The exercises are {', '.join(known)}.")
    if not callable(submission):
        return Verdict(number, NOT_YET, f"Pass your function itself to `check`, not {submission!r}.")
    try:
        async with _turn():
            with preempt():
                return await _judge(known[number], submission)
    except UncontrollableLoop as why:
        return Verdict(number, NOT_YET, f"This check cannot run here. {why}")


def _turn() -> asyncio.Lock:
    """Return what makes one check wait for another on the same event loop."""
    return _one_at_a_time.setdefault(asyncio.get_running_loop(), asyncio.Lock())


async def _judge(exercise: Exercise, submission: Submission) -> Verdict:
    with controlled_clock() as clock:
        async with cleaned_up(), _served(Conditions(**exercise.conditions)) as application:
            clock.blocking.port = application.control.port
            trial = Trial(application, clock, submission)
            try:
                await exercise.judge(trial)
                return Verdict(exercise.number, RIGHT, run=trial.run)
            except NotImplementedError:
                return Verdict(exercise.number, NOT_TRIED)
            except NotYet as symptom:
                return Verdict(exercise.number, NOT_YET, str(symptom), trial.run)
            except Exception as error:
                why = sentences(f"The check cannot go on with what it got: {summary(error)}")
                return Verdict(exercise.number, NOT_YET, why, trial.run)


@asynccontextmanager
async def _served(conditions: Conditions) -> AsyncIterator[Application]:
    application = Application(conditions)
    await application.listen("127.0.0.1", 0)
    try:
        yield application
    finally:
        await application.close()
