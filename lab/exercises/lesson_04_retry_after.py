"""The exercise of lesson 04 on Retry-After."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from email.utils import formatdate

import aiohttp

from mock_server import endpoints

from ..checking.replace import replaced
from ..checking.symptoms import explained
from ..checking.trial import Trial
from . import exercise
from .retries import (
    AGAIN,
    EMPTY_PATH,
    RETRYABLE,
    Ending,
    Wait,
    attempts_at,
    expect_attempts,
    expect_ending,
    expect_waits,
    outcome,
)
from .statuses import ACCEPTED, CREATED, ERROR_STATUSES, MULTIPLE_CHOICES, OK
from .time_of_day import reach_fraction, summer_time, time_zone
from .unusual_responses import error_pages

SOON, LATER = 1.3, 61.3  # seconds; the date is the first whole second after these
DATE_PATH = "/status/503,429,200?retry_after={}&retry_after_form=date&latency=0.2&patience={}"
LONGEST_CALL = 200.0  # seconds; two waits take 124 s
PAST_DATE = "Wed, 21 Oct 2015 07:28:00 GMT"
A_DAY_AND_MORE = 86402  # seconds; without its days, a wait of two seconds
LONGER = 0.1  # seconds that a wait may be longer than Retry-After asks for
# path, patience, what Retry-After says before each wait, ending
WAITS: tuple[tuple[str, float, Sequence[int | None], Ending], ...] = (
    ("/status/429,503,200?retry_after=2", 3.0, (2, 2), OK),
    ("/status/503,200?retry_after=3&latency=0.2", 3.0, (3,), OK),
    ("/status/503,200?retry_after=50", 55.0, (50,), OK),
    ("/status/503,200?retry_after=0", 5.0, (0,), OK),
    ("/status/429,429,503,429,200?retry_after=1", 2.0, (1, 1), 503),
    ("/status/503,201?latency=0.99", 5.0, (None,), CREATED),
    ("/status/503,300", 5.0, (None,), MULTIPLE_CHOICES),
    ("/status/503,200?latency=0.99", 0.05, (None,), OK),
    ("/status/503,200?retry_after=0&latency=0.99", 0.05, (0,), OK),
    ("/status/503,503,429,503,200", 5.0, (None, None), 429),
    ("/status/503,404,200", 5.0, (None,), 404),
    (EMPTY_PATH, 5.0, (None,), []),
)
SAME_PATHS = (WAITS[4], WAITS[0])
CHANGES = ((1, None), (None, 2), (1, 3))  # what Retry-After says with the first response, and with the second
TOO_LATE = (  # path, patience, seconds
    ("/status/503,200?retry_after=40", 5.0, 40),
    ("/status/429,200?retry_after=3", 2.5, 3),
    ("/status/503,200?retry_after=1", 0.0, 1),
    ("/status/503,200?retry_after=40&retry_after_form=date", 5.0, 40),
    (DATE_PATH.format(SOON, 1.3), 1.3, 1.33),
)


@exercise("04.3")
async def retry_after(trial: Trial) -> None:
    """Retry-After as seconds, as a date, not at all, and longer than the client's patience."""
    trial.limit = LONGEST_CALL
    for path, patience, asked, ending in WAITS:
        await _waits(trial, path, patience, asked, ending)
    with time_zone(summer_time()):  # there, reading a date as local time gives a wrong wait
        await _waits_until_dates(trial, SOON, 3.0)
        trial.shown = trial.run
        await _waits_until_dates(trial, SOON, 1.9)
        await _waits_until_dates(trial, LATER, 65.0)
        await _waits_for_no_past_date(trial)
        for path, patience, seconds in TOO_LATE:
            await reach_fraction()
            await _gives_up(trial, path, patience, seconds)
    with _saying(formatdate(time.time() + A_DAY_AND_MORE, usegmt=True)):
        await _gives_up(trial, "/status/503,200?date=far", 5.0, A_DAY_AND_MORE)
    with error_pages():
        await _waits(trial, "/status/429,404,200", 5.0, (None,), 404)
    with explained(after=AGAIN):
        for call in SAME_PATHS:
            await _waits(trial, *call)
    await _waits(trial, "/fault/truncate", 5.0, (), aiohttp.ClientPayloadError)
    await _reads_each_header(trial)
    await _reads_no_other_header(trial)
    for status in sorted(set(ERROR_STATUSES) - {429, 503}):
        await _waits(trial, f"/status/{status},200", 5.0, (), status)


async def _waits(trial: Trial, path: str, patience: float, asked: Sequence[int | None], ending: Ending) -> None:
    """Expect the waits that Retry-After asks for; None stands for no such header."""
    result = await outcome(trial, path, patience)
    why_last = "and three attempts are the limit" if len(asked) == 2 else "which is neither 429 nor 503"
    expect_attempts(result, trial.run, path, len(asked) + 1, why_last, why_more=_why_more(asked, patience))
    expect_waits(trial.run, path, [_wait(seconds) for seconds in asked])
    expect_ending(result, ending, trial.run, path)


def _why_more(asked: Sequence[int | None], patience: float) -> str:
    """Say why a failure is retried, as the end of a sentence."""
    if set(asked) == {None}:
        return f"{RETRYABLE}, whatever the patience: it had no Retry-After"
    if len(set(asked)) == 1:
        return f"{RETRYABLE}: its Retry-After was {asked[0]} s, and the patience {patience:g} s"
    return RETRYABLE


def _wait(asked: int | None) -> Wait:
    if asked is None:
        return Wait(0.1, why="The response had no Retry-After")
    return Wait(asked, LONGER, f"Retry-After was {asked}")


async def _waits_until_dates(trial: Trial, offset: float, patience: float) -> None:
    await reach_fraction()
    start, path = time.time(), DATE_PATH.format(offset, patience)
    result = await outcome(trial, path, patience)
    failed = [start + attempt.ended for attempt in attempts_at(trial.run, path)[:2]]
    asked = [math.ceil(moment + offset) - moment for moment in failed]
    ahead = f"at most {max(asked, default=offset):.1f} s ahead"
    why_more = f"and Retry-After was a date in UTC, {ahead}; the patience was {patience:g} s"
    expect_attempts(result, trial.run, path, 3, "which is successful", why_more=why_more)
    why = "Retry-After was a date, in UTC. Wait until then, fractions of a second included"
    expect_waits(trial.run, path, [Wait(seconds, LONGER, why) for seconds in asked])
    expect_ending(result, OK, trial.run, path)


async def _waits_for_no_past_date(trial: Trial) -> None:
    path, patience, why = "/status/503,200?date=past", 0.05, "Retry-After was a date in the past"
    with _saying(PAST_DATE):
        result = await outcome(trial, path, patience)
    why_more = f"and {why}; the patience was {patience:g} s"
    expect_attempts(result, trial.run, path, 2, "which is successful", why_more=why_more)
    expect_waits(trial.run, path, [Wait(0, LONGER, why)])
    expect_ending(result, OK, trial.run, path)


async def _reads_no_other_header(trial: Trial) -> None:
    """Expect that Retry-After matters only with 429 and 503."""
    with _saying(2, 2, 2):
        await _waits(trial, "/status/503,500,200", 5.0, (2,), 500)
    for seconds in (2, 40):
        with _saying(1, seconds):
            await _waits(trial, f"/status/503,202?asked={seconds}", 5.0, (1,), ACCEPTED)


async def _gives_up(trial: Trial, path: str, patience: float, seconds: float, before: Sequence[int] = ()) -> None:
    """Expect the waits `before`, and then the end of the call: Retry-After asks for more than the patience."""
    result = await outcome(trial, path, patience)
    why = f"and its Retry-After asked for {seconds:g} s, more than the patience of {patience:g} s"
    expect_attempts(result, trial.run, path, len(before) + 1, why)
    expect_waits(trial.run, path, [_wait(asked) for asked in before])
    expect_ending(result, trial.run.exchanges[-1].status or 503, trial.run, path)


async def _reads_each_header(trial: Trial) -> None:
    """Expect that each wait is what the latest response asks for."""
    for asked in CHANGES:
        with _saying(*asked):
            await _waits(trial, f"/status/503,429,200?asked={asked[0]}", 5.0, asked, OK)
    with _saying(103, 1):
        await _waits(trial, "/status/503,429,200?asked=103", 105.0, (103, 1), OK)
    with _saying(1, 40):
        await _gives_up(trial, "/status/503,429,200?asked=40", 5.0, 40, (1,))


def _saying(*said: int | str | None) -> AbstractContextManager[None]:
    """Let the responses of the block say this in Retry-After, one after the other; None stands for no such header."""
    headers = iter([{} if each is None else {"Retry-After": str(each)} for each in said])
    return replaced(endpoints, "retry_after", lambda *_: next(headers, {}))
