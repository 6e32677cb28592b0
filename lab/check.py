"""`check`: judge a submission by what the server saw when it ran."""

from __future__ import annotations

from mock_server import Conditions

from .checking.clock import UncontrollableLoop
from .checking.symptoms import NotYet, decoded, raised, sentences
from .checking.trial import Submission, trial_of
from .checking.verdict import NOT_TRIED, NOT_YET, RIGHT, Verdict
from .errors import summary
from .exercises import Exercise, exercises


async def check(number: str, submission: Submission) -> Verdict:
    """Run a submission on a server of its own, under a controlled clock, and return the verdict.

    Waits are skipped, so the verdict does not depend on the machine. `check` itself never raises: the verdict's symptom
    says what went wrong. It stops a submission that does not end, and a lab that is running.

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
            return Verdict(exercise.number, RIGHT, run=trial.shown or trial.run)
        except NotImplementedError as blank:
            if not trial.run.exchanges:
                return Verdict(exercise.number, NOT_TRIED)
            return Verdict(exercise.number, NOT_YET, raised(blank), trial.run)
        except NotYet as symptom:
            unawaited = [f"The coroutine `{name}` was never awaited" for name in trial.leftovers.unawaited]
            said = decoded(str(symptom).replace(trial.url, ""))  # its port differs each time
            return Verdict(exercise.number, NOT_YET, sentences(said, *unawaited[:1]), trial.run)
        except Exception as error:
            why = sentences(f"The check cannot judge what your function did: {summary(error)}")
            return Verdict(exercise.number, NOT_YET, why, trial.run)
