"""The exercises of lesson 04: retry and backoff. The retry loop is here."""

from __future__ import annotations

from json import JSONDecodeError
from typing import Any

import aiohttp

from mock_server import faults

from ..checking.expectations import later_call
from ..checking.replace import replaced
from ..checking.symptoms import NotYet, explained
from ..checking.trial import Trial
from ..runs.run import Run
from . import exercise, lesson_04_jitter, lesson_04_post, lesson_04_retry_after  # noqa: F401
from .lent_session import lent_session
from .names import names
from .retries import (
    AGAIN,
    EMPTY_PATH,
    TIMED_OUT,
    TOLERANCE,
    Ending,
    Wait,
    attempts_at,
    did,
    expect_attempts,
    expect_ending,
    expect_prompt_end,
    expect_waits,
    outcome,
)
from .statuses import CREATED, ERROR_STATUSES, MULTIPLE_CHOICES, OK
from .unusual_responses import error_pages

RETRYABLE_STATUSES = {408, 425, 429, 500, 502, 503, 504}
# The fault breaks the first attempt, not the second.
TRUNCATED_PATH = "/items/7?fault=truncate&fault_rate=0.5&seed=9"
SLOW_PATH = "/items/7?fault=slow_body&gap=10&fault_rate=0.5&seed=16"
# The fault breaks the first eight requests, not the ninth; aiohttp repeats each of them once.
DROPPED_PATH = "/items/7?fault=empty&fault_rate=0.8&seed=1561"
RESET_PATH = "/items/7?fault=reset&fault_rate=0.8&seed=1316"
MIXED_PATH = "/status/503,503,503,200?fault=truncate&fault_rate=0.5&seed={}"
SECOND_PATH, THIRD_PATH = MIXED_PATH.format(10), MIXED_PATH.format(8)  # the fault breaks only this attempt
Call = tuple[str, int, int, Ending]  # path, `attempts`, attempts made, ending
FIRST_CALLS: tuple[Call, ...] = (
    ("/status/503,500,429,502,200", 5, 5, OK),
    ("/status/408,504,200", 5, 3, OK),
    ("/status/503,201?latency=0.99", 3, 2, CREATED),
    ("/status/503,300", 3, 2, MULTIPLE_CHOICES),
    ("/status/425,500,502,503,504,429,200", 7, 7, OK),
)
MORE_CALLS: tuple[Call, ...] = (
    ("/status/503,503,500,503,200", 3, 3, 500),
    ("/status/500,502,200", 1, 1, 500),
    ("/status/503,404,200", 4, 2, 404),
    (DROPPED_PATH, 3, 3, aiohttp.ClientConnectionError),
    (RESET_PATH, 2, 2, aiohttp.ClientConnectionError),
    ("/fault/truncate", 2, 2, aiohttp.ClientPayloadError),
    (SECOND_PATH, 5, 4, OK),
    (THIRD_PATH, 3, 3, aiohttp.ClientPayloadError),
    (f"/status/{'503,' * 11}200", 12, 12, OK),
    ("/status/503,429,200?retry_after=2", 3, 3, OK),
    (EMPTY_PATH, 4, 2, []),
)
SAME_PATHS: tuple[Call, ...] = (MORE_CALLS[0], (SECOND_PATH, 3, 3, 503), FIRST_CALLS[1])
LOOKUP = "aiohttp raises a ClientConnectionError then: wait 0.1 s and 0.2 s, and try again."
LONGEST_CALL = 300.0  # seconds; eleven waits take 205 s
BAD_URL = "http://["
NO_JSON, BAD_JSON = "/text", "/fault/slow_body?gap=0"


@exercise("04.1")
async def retry_loop(trial: Trial) -> None:
    """What is retried and what is not, how many attempts, and how long between them."""
    trial.limit = LONGEST_CALL
    await _retries(trial, *FIRST_CALLS[0])
    with later_call("a later one"):
        for call in FIRST_CALLS[1:]:
            await _retries(trial, *call)
    trial.shown = trial.run
    async with lent_session(trial) as session:
        for status in sorted(set(ERROR_STATUSES) - RETRYABLE_STATUSES):
            await _retries(trial, f"/status/{status},200", 3, 1, status, session=session)
    for call in MORE_CALLS:
        await _retries(trial, *call)
    with explained(after=AGAIN):
        for call in SAME_PATHS:
            await _retries(trial, *call)
    with error_pages():
        await _retries(trial, "/status/502,404,200", 4, 2, 404)
    [item] = trial.items([7])
    await _retries(trial, TRUNCATED_PATH, 3, 2, item)
    await _retries_lookups(trial, item)
    await _raises_other_errors(trial)
    await _retries_timeouts(trial, item)


async def _retries(trial: Trial, path: str, attempts: int, made: int, ending: Ending, **options: Any) -> None:
    result = await outcome(trial, path, attempts, **options)
    why_last = "which is successful" if isinstance(ending, dict | list) else "which is not retryable"
    if made == attempts:
        why_last = f"and `attempts` was {attempts}"
    expect_attempts(result, trial.run, path, made, why_last)
    expect_waits(trial.run, path, [Wait(0.1 * 2**number) for number in range(made - 1)])
    expect_ending(result, ending, trial.run, path)


async def _retries_lookups(trial: Trial, item: dict[str, Any]) -> None:
    """Expect a retry after a failed lookup of the server's name, which the server does not see."""
    connector = names(trial.application.control.port, failures=2)
    with replaced(trial, "url", "http://shop.test"):
        result = await outcome(trial, "/items/7", 3, connector=connector)
    failed = "Two lookups of the server's name failed"
    if not trial.run.exchanges:
        raise NotYet(f"{failed}, and your function {did(result)}. {LOOKUP}")
    if abs((waited := trial.run.exchanges[0].arrived) - 0.3) > 2 * TOLERANCE:
        raise NotYet(f"{failed}, and the next attempt came after {waited:.2f} s. {LOOKUP}")
    expect_ending(result, item, trial.run, "/items/7")


async def _raises_other_errors(trial: Trial) -> None:
    """Expect that errors of the URL and of the body's type are raised at once."""
    result = await outcome(trial, BAD_URL, 3)
    if not isinstance(result, aiohttp.InvalidURL):
        raise NotYet(f"The URL {BAD_URL!r} is invalid, but your function {did(result)}. Raise the InvalidURL.")
    if trial.seconds > TOLERANCE:
        raise NotYet(
            f"The URL {BAD_URL!r} is invalid, but your function waited {trial.seconds:.2f} s. Raise InvalidURL at once."
        )
    for path in (NO_JSON, BAD_JSON):
        with replaced(faults, "FAULT_BODY", b"{not JSON}"):
            result = await outcome(trial, path, 3)
        expect_attempts(result, trial.run, path, 1, "and its body is not JSON, which is not retryable")
        expect_prompt_end(trial.run)
        if not isinstance(result, aiohttp.ClientError | JSONDecodeError):
            raise NotYet(f"The response to {path} is not JSON, but your function {did(result)}. Raise the error.")


async def _retries_timeouts(trial: Trial, item: dict[str, Any]) -> None:
    """Expect a retry after the session's timeout, both before the headers and within the body."""
    calls: tuple[tuple[str, float, Ending], ...] = (
        ("/fault/hang", 0.4, TimeoutError),
        (SLOW_PATH, 0.4, item),
        ("/fault/hang", 100.0, TimeoutError),
    )
    for path, seconds, ending in calls:
        timeout = aiohttp.ClientTimeout(total=seconds, ceil_threshold=LONGEST_CALL)  # aiohttp rounds longer ones up
        try:
            await _retries(trial, path, 2, 2, ending, timeout=timeout)
        finally:
            _expect_timeout(trial.run, path, seconds)


def _expect_timeout(run: Run, path: str, wanted: float) -> None:
    """Expect that each attempt without a response ended when the session's timeout was over."""
    for number, attempt in enumerate(attempts_at(run, path), start=1):
        seconds = attempt.ended - attempt.began
        if attempt.ending == TIMED_OUT and abs(seconds - wanted) > TOLERANCE:
            raise NotYet(
                f"Attempt {number} at {path} took {seconds:.3g} s. "
                f"The session has a timeout of {wanted:g} s: set no other."
            )
