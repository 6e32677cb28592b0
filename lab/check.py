"""`check`: whether a submission to an exercise is right, by what a server saw of it."""

from __future__ import annotations

from mock_server import Conditions

from .checking.clock import UncontrollableLoop
from .checking.symptoms import NotYet, sentences
from .checking.trial import Submission
from .checking.trials import trial_of
from .checking.verdict import NOT_TRIED, NOT_YET, RIGHT, Verdict
from .errors import summary
from .exercises import Exercise, exercises


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
        return await _judge(known[number], submission)
    except UncontrollableLoop as why:
        return Verdict(number, NOT_YET, f"This check cannot run here. {why}")


async def _judge(exercise: Exercise, submission: Submission) -> Verdict:
    async with trial_of(submission, Conditions(**exercise.conditions)) as trial:
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
