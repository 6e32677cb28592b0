"""The attempts of one call and the waits between them, as the server saw them."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import pairwise
from json import JSONDecodeError
from typing import Any

import aiohttp

from mock_server import Exchange

from ..checking.common_mistakes import F_MISSING
from ..checking.expectations import expect_document, kind
from ..checking.symptoms import NotYet, raised, sentences, why_group
from ..checking.trial import Trial
from ..errors import is_learners_file, line_of
from ..quantities import counted
from ..runs.outcome import Outcome, known_as, over_for_client
from ..runs.run import Run
from .client_side import REQUEST_ERRORS
from .lent_session import expect_open, lent_session

EMPTY_PATH = "/items?page=1001&failure_rate=0.5&seed=29"  # the first attempt gets 503, the second an empty list
TOLERANCE = 0.005  # seconds; a request without latency takes 0.0003 s
RETRYABLE = "which is retryable"
AGAIN = "An earlier call with this path was right: does a count, a wait or a document remain from it?"
Ending = dict[str, Any] | list[Any] | int | type[Exception]
DROPPED, TRUNCATED, TIMED_OUT = "lost its connection", "lost half of its body", "timed out"
ENDINGS = {"empty": DROPPED, "reset": DROPPED, "truncate": TRUNCATED}
RAISES = ((aiohttp.ClientConnectionError, DROPPED), (aiohttp.ClientPayloadError, TRUNCATED), (TimeoutError, TIMED_OUT))


@dataclass(frozen=True)
class Attempt:
    """One attempt: when it began and when it was over, in seconds, and its status or fault."""

    began: float
    ended: float
    known_as: int | str

    @property
    def ending(self) -> str:
        """How it ended, as the rest of a sentence: `got 503`."""
        if isinstance(self.known_as, int):
            return f"got {self.known_as}"
        return ENDINGS.get(self.known_as, TIMED_OUT)


@dataclass(frozen=True)
class Wait:
    """A wait in seconds, by how much it may be longer, and what to tell a learner whose wait differs."""

    seconds: float
    longer: float = 0.0
    why: str = ""


def attempts_at(run: Run, path: str) -> list[Attempt]:
    """Return the attempts at a path; a request that aiohttp repeats by itself belongs to one attempt."""
    found: list[Attempt] = []
    is_repeat = False
    for exchange in run.exchanges:
        if exchange.path != path:
            continue
        attempt = _attempt(exchange, run)
        is_repeat = bool(found) and not is_repeat and _repeats(found[-1], exchange.method, attempt)
        if is_repeat:
            found[-1] = Attempt(found[-1].began, attempt.ended, attempt.known_as)
        else:
            found.append(attempt)
    return found


def _attempt(exchange: Exchange, run: Run) -> Attempt:
    return Attempt(exchange.arrived, over_for_client(exchange, run.now), known_as(exchange))


def _repeats(before: Attempt, method: str, attempt: Attempt) -> bool:
    """Return whether aiohttp made an attempt by itself: it repeats a GET that lost its connection once, in silence."""
    return method == "GET" and before.ending == DROPPED and attempt.began - before.ended < TOLERANCE


def waits_at(run: Run, path: str) -> list[float]:
    """Return the seconds between the end of each failed attempt at a path and the next attempt."""
    return [later.began - sooner.ended for sooner, later in pairwise(attempts_at(run, path))]


def _text(seconds: float) -> str:
    """Return seconds as text, to the millisecond: `0.1 s`."""
    return f"{max(0.0, round(seconds, 3)):g} s"


_OF_REQUESTS = (*REQUEST_ERRORS, JSONDecodeError)
_MISTAKES = (NameError, TypeError)


async def outcome(trial: Trial, *arguments: Any, session: aiohttp.ClientSession | None = None, **options: Any) -> Any:
    """Return what one call of the submission returns or, if it raises a request's error or one of its own, that error.

    Args:
        trial: the trial that makes the call.
        arguments: what the submission gets after a session.
        session: that session; None lends it a new one.
        options: more arguments of the new session.
    """
    async with nullcontext(session) if session else lent_session(trial, **options) as lent:
        result = await trial.outcome(lent, *arguments)
        expect_open(lent)
    if isinstance(result, Exception) and not isinstance(result, _OF_REQUESTS) and not _is_own(result):
        raise NotYet(sentences(raised(result), why_group(result))) from result
    return result


def _is_own(error: Exception) -> bool:
    """Return whether the learner's code raised an exception by intent."""
    is_raised = "raise " in str(line_of(error)) and not isinstance(error, _MISTAKES)
    return is_raised and not _is_from_library(error)


def expect_attempts(
    result: Any, run: Run, path: str, wanted: int, why_last: str, *, why_more: str = RETRYABLE, method: str = "GET"
) -> None:
    """Expect a number of attempts at a path, the first one at once, and no other requests.

    Args:
        result: the outcome of the call.
        run: what the server saw of the call.
        path: the path.
        wanted: how many attempts.
        why_last: why there should be no more, as the end of a sentence: `which is not retryable`.
        why_more: why there should be more, in the same form.
        method: the method of all requests.
    """
    _expect_only(result, run, method, path)
    attempts = attempts_at(run, path)
    _expect_patience(result, attempts, path)
    if len(attempts) != wanted:
        number = min(len(attempts), wanted)
        why = why_last if len(attempts) > wanted else why_more
        made = counted(len(attempts), "attempt")
        ending = attempts[number - 1].ending
        said = f"It made {made} at {path}; expected {wanted}. Attempt {number} {ending}, {why}"
        raise NotYet(sentences(said, _own_error(result, attempts[-1])))
    expect_prompt_start(run, path)


def _expect_only(result: Any, run: Run, method: str, path: str) -> None:
    if not run.exchanges:
        why = raised(result) if isinstance(result, Exception) else "Is every coroutine awaited? Or is a result kept?"
        raise NotYet(sentences(f"The server saw no request; expected {method} {path}", why))
    for exchange in run.exchanges:
        if (exchange.method, exchange.path) != (method, path):
            raise NotYet(f"The server saw {exchange.method} {exchange.path}; expected only {method} {path}.")


def _expect_patience(result: Any, attempts: Sequence[Attempt], path: str) -> None:
    """Expect that the call waited for each response that the server was going to send."""
    for number, attempt in enumerate(attempts, start=1):
        if attempt.known_as == Outcome.CUT_OFF:
            seconds = _text(attempt.ended - attempt.began)
            said = f"It gave up on attempt {number} at {path} after {seconds}, before the response came"
            raise NotYet(sentences(said, raised(result) if isinstance(result, Exception) else ""))


def expect_prompt_start(run: Run, path: str) -> None:
    """Expect that the first attempt at a path is made at once."""
    if (began := attempts_at(run, path)[0].began) > TOLERANCE:
        raise NotYet(f"It waited {_text(began)} before its first attempt. Make the first attempt at once.")


def expect_waits(run: Run, path: str, wanted: Sequence[Wait]) -> None:
    """Expect these waits between the attempts."""
    for number, (seconds, wait) in enumerate(zip(waits_at(run, path), wanted, strict=True), start=1):
        if not -TOLERANCE <= seconds - wait.seconds <= wait.longer + TOLERANCE:
            attempt = f"attempt {number}, which {attempts_at(run, path)[number - 1].ending}"
            said = f"It waited {_text(seconds)} after {attempt}; expected {_text(wait.seconds)}"
            raise NotYet(sentences(said, wait.why))


def expect_prompt_end(run: Run) -> None:
    """Expect that the call ended together with its last attempt."""
    if not run.exchanges:
        return
    last = max((_attempt(exchange, run) for exchange in run.exchanges), key=lambda attempt: attempt.ended)
    if (late := run.now - last.ended) > TOLERANCE:
        raise NotYet(f"It waited {_text(late)} after its last attempt, which {last.ending}. Return or raise at once.")


def expect_ending(result: Any, ending: Ending, run: Run, path: str) -> None:
    """Expect that the call ended together with its last attempt, and with this ending.

    An ending is a document, the status of a ClientResponseError, or the type of an exception that aiohttp raises.
    """
    expect_prompt_end(run)
    last = attempts_at(run, path)[-1]
    if isinstance(ending, dict | list) and not isinstance(result, Exception | None):
        expect_document(result, ending)
    elif (error := _own_error(result, last)) or not _is_error(result, ending):
        done = error.removeprefix("It ") or did(result)
        raise NotYet(sentences(f"Its last attempt {last.ending}, and your function {done}", _instead(ending)))


def _is_error(result: Any, ending: Ending) -> bool:
    if isinstance(ending, int):
        return isinstance(result, aiohttp.ClientResponseError) and result.status == ending
    return isinstance(ending, type) and isinstance(result, ending)


def _instead(ending: Ending) -> str:
    if isinstance(ending, dict | list):
        return "Return the JSON document"
    if isinstance(ending, int):
        return "Raise the ClientResponseError of that attempt"
    return f"Raise the {ending.__name__} of that attempt as it is"


def _own_error(result: Any, last: Attempt) -> str:
    """Return what was raised and where, if an exception is not what aiohttp raised for the last attempt."""
    if not isinstance(result, Exception) or isinstance(result, aiohttp.ClientResponseError):
        return ""
    is_of_attempt = any(isinstance(result, kind) and last.ending == ending for kind, ending in RAISES)
    return "" if is_of_attempt and _is_from_library(result) else raised(result)


def _is_from_library(error: Exception) -> bool:
    """Return whether a library raised an exception, such as aiohttp or asyncio, rather than the learner's code."""
    *_, (innermost, _) = traceback.walk_tb(error.__traceback__)
    return not is_learners_file(innermost.f_code.co_filename)


def about_keys(trial: Trial) -> str:
    """Ask about a key that is not what it was meant to be."""
    for key in trial.application.store.idempotency_keys():
        if "<" in key:
            return f"A key began with {key.partition(' at 0x')[0]!r}. Is `()` missing after a name?"
        if "{" in key:
            return f"A key was {key!r}. {F_MISSING}"
    return ""


def why_twice(trial: Trial) -> str:
    """Say why the server has done the work of a POST twice."""
    if not trial.application.store.idempotency_keys():
        return "The server saw no header `Idempotency-Key`. Is its name right, and is it passed as `headers=`?"
    return "The work was done although the response was lost. Send the same Idempotency-Key with every attempt"


def did(result: Any) -> str:
    """Return what a call did, as the rest of a sentence: `returned None`, or `raised TimeoutError`."""
    if isinstance(result, aiohttp.ClientResponseError):
        return f"raised the {type(result).__name__} of a {result.status}"
    if isinstance(result, Exception):
        return f"raised {type(result).__name__}"
    return f"returned {kind(result)}"
