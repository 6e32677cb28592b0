"""`check`: whether an exercise's answer is right, by what the server saw of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from mock_server import Conditions, MockServer, MockServerError

from .checking.trial import NotYet, Trial
from .checking.verdict import NOT_TRIED, NOT_YET, RIGHT, Verdict
from .errors import summary
from .exercises import Exercise, exercises
from .runs.exclusive import preempt


async def check(number: str, answer: Callable[..., Any]) -> Verdict:
    """Run an answer against a server prepared for its exercise, and return the verdict.

    It raises nothing: whatever goes wrong is the verdict's symptom. An answer that never ends is stopped. The
    server's conditions are put back afterwards.
    """
    known = exercises()
    if number not in known:
        return Verdict(number, NOT_YET, f"There is no such exercise; there are {', '.join(known)}.")
    if not callable(answer):
        return Verdict(number, NOT_YET, f"Give it your function itself, not {answer!r}.")
    try:
        with preempt():
            return await _judge(known[number], MockServer.running(), answer)
    except MockServerError as error:
        return Verdict(number, NOT_YET, str(error))
    except Exception as error:
        return Verdict(number, NOT_YET, f"The check could not go on with what it got: {summary(error)}")


async def _judge(exercise: Exercise, server: MockServer, answer: Callable[..., Any]) -> Verdict:
    before = server.conditions
    server.reset()
    server.configure(**{**asdict(Conditions()), **exercise.conditions})
    trial = Trial(server, answer, exercise.limit)
    try:
        await exercise.judge(trial)
        return Verdict(exercise.number, RIGHT, run=trial.run)
    except NotImplementedError:
        return Verdict(exercise.number, NOT_TRIED)
    except NotYet as symptom:
        return Verdict(exercise.number, NOT_YET, str(symptom), trial.run)
    finally:
        server.reset()
        server.configure(**asdict(before))
