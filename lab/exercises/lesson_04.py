"""The exercises of lesson 04: retry and backoff."""

from __future__ import annotations

import random
from collections.abc import Sequence

import aiohttp

from ..checking.expectations import expect_document, expect_requests
from ..checking.symptoms import NotYet
from ..checking.trial import Trial
from . import exercise, lesson_04_post, lesson_04_retry_after  # noqa: F401 - they have 04.3 and 04.4
from .retries import (
    Ending,
    Wait,
    did,
    expect_attempts,
    expect_ending,
    expect_prompt_end,
    expect_prompt_start,
    expect_waits,
    outcome,
)

OK = {"status": 200, "title": "OK"}
NOT_RETRYABLE = (404, 400, 401, 402, 403, 405, 406, 409, 410, 412, 415, 418, 422, 423, 428, 451, 501, 505, 507, 511)
# The fault is done to the first attempt, not to the second.
TRUNCATED = "/items/7?fault=truncate&fault_rate=0.5&seed=9"
SLOW = "/items/7?fault=slow_body&gap=10&fault_rate=0.5&seed=16"
# The fault is done to the first eight requests, not to the next; aiohttp repeats each of them once.
DROPPED = "/items/7?fault=empty&fault_rate=0.8&seed=1561"
RESET = "/items/7?fault=reset&fault_rate=0.8&seed=1316"
SUCCEEDS = (  # path, `attempts`, attempts made
    ("/status/503,500,429,502,200", 5, 5),
    ("/status/408,504,200", 5, 3),
    ("/status/425,500,502,503,504,429,200", 7, 7),
)
FAILS = (  # path, `attempts`, attempts made, ending
    ("/status/503,503,500,503,200", 3, 3, 500),
    ("/status/500,502,200", 1, 1, 500),
    ("/status/503,404,200", 4, 2, 404),
    (DROPPED, 3, 3, aiohttp.ClientConnectionError),
    (RESET, 2, 2, aiohttp.ClientConnectionError),
    ("/fault/truncate", 2, 2, aiohttp.ClientPayloadError),
)
BAD_URL = "http://["
NO_JSON = "/text"
CLIENTS = 30


@exercise("04.1")
async def retry_loop(trial: Trial) -> None:
    """What is retried and what is not, how many attempts, and how long between them."""
    async with aiohttp.ClientSession(trial.url) as session:
        for path, attempts, made in SUCCEEDS:
            await _retries(trial, session, path, attempts, made, OK)
        main = trial.run
        for status in NOT_RETRYABLE:
            await _retries(trial, session, f"/status/{status},200", 3, 1, status)
        for path, attempts, made, ending in FAILS:
            await _retries(trial, session, path, attempts, made, ending)
        [item] = await trial.documents(["/items/7"])
        await _retries(trial, session, TRUNCATED, 3, 2, item)
        await _raises_other_errors(trial, session)
    await _retries_timeouts(trial)
    trial.run = main


async def _retries(
    trial: Trial, session: aiohttp.ClientSession, path: str, attempts: int, made: int, ending: Ending
) -> None:
    result = await outcome(trial, session, path, attempts)
    why_last = f"and `attempts` was {attempts}" if made == attempts else "which is not retryable"
    expect_attempts(trial.run, path, made, why_last)
    expect_waits(trial.run, path, [Wait(0.1 * 2**number) for number in range(made - 1)])
    expect_prompt_end(trial.run)
    expect_ending(result, ending, trial.run, path)


async def _raises_other_errors(trial: Trial, session: aiohttp.ClientSession) -> None:
    """Expect that errors of the URL and of the body's type are raised at once."""
    result = await outcome(trial, session, BAD_URL, 3)
    if not isinstance(result, aiohttp.InvalidURL):
        raise NotYet(f"The URL {BAD_URL!r} is invalid, and it {did(result)}. Raise the InvalidURL.")
    expect_prompt_end(trial.run)
    result = await outcome(trial, session, NO_JSON, 3)
    expect_attempts(trial.run, NO_JSON, 1, "and its body is not JSON, which is not retryable")
    expect_prompt_end(trial.run)
    if not isinstance(result, Exception):
        raise NotYet(f"The response of {NO_JSON} is not JSON, and it {did(result)}. Raise the error.")


async def _retries_timeouts(trial: Trial) -> None:
    """Expect a retry when the session's timeout strikes, before the headers and within the body."""
    limit = aiohttp.ClientTimeout(total=0.4)
    [item] = await trial.documents(["/items/7"])
    async with aiohttp.ClientSession(trial.url, timeout=limit) as session:
        await _retries(trial, session, SLOW, 2, 2, item)
        await _retries(trial, session, "/fault/hang", 2, 2, TimeoutError)


@exercise("04.2")
async def full_jitter(trial: Trial) -> None:
    """Thirty clients fail together; each draws its waits from a generator of its own."""
    await _thirty_clients(trial, base=0.3, cap=0.9)
    main = trial.run
    async with aiohttp.ClientSession(trial.url) as session:
        for path, base, cap, ending in (
            ("/status/503,500,429,502,200", 1.0, 5.0, OK),
            ("/status/503,503,503,503,500,503,200", 2.0, 0.5, 500),
        ):
            dice = Dice(7)
            result = await outcome(trial, session, path, base, cap, dice)
            expect_attempts(trial.run, path, 5, "and it may make five attempts")
            _expect_full_jitter(trial, path, dice, _ceilings(base, cap, 4))
            expect_prompt_end(trial.run)
            expect_ending(result, ending, trial.run, path)
    trial.run = main


async def _thirty_clients(trial: Trial, base: float, cap: float) -> None:
    paths = [f"/status/503,503,503,200?client={number}" for number in range(CLIENTS)]
    dice = [Dice(number) for number in range(CLIENTS)]
    async with aiohttp.ClientSession(trial.url) as session:
        calls = [(session, path, base, cap, rng) for path, rng in zip(paths, dice, strict=True)]
        results = await trial.call_together(calls)
    expect_requests(trial.run, paths * 4)
    for path, rng, result in zip(paths, dice, results, strict=True):
        _expect_full_jitter(trial, path, rng, _ceilings(base, cap, 3))
        expect_document(result, OK)
    if len({rng.drawn[0] for rng in dice}) == 1:
        raise NotYet("All clients drew the same waits. Each `rng` is seeded already.")
    expect_prompt_end(trial.run)


def _ceilings(base: float, cap: float, number: int) -> list[float]:
    return [min(cap, base * 2**failures) for failures in range(number)]


class Dice(random.Random):
    """A generator that remembers the ranges it was asked for, and what it drew."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.ranges: list[tuple[float, float]] = []
        self.drawn: list[float] = []

    def uniform(self, a: float, b: float) -> float:
        """Draw a number from a to b."""
        self.ranges.append((a, b))
        self.drawn.append(super().uniform(a, b))
        return self.drawn[-1]


def _expect_full_jitter(trial: Trial, path: str, dice: Dice, ceilings: Sequence[float]) -> None:
    """Expect that wait n is draw n, and that it was drawn from 0 to ceiling n."""
    if not dice.ranges:
        raise NotYet("`rng.uniform` was never called: draw each wait with it.")
    for number, (ceiling, (low, high)) in enumerate(zip(ceilings, dice.ranges, strict=False), start=1):
        if abs(low) > 1e-9 or abs(high - ceiling) > 1e-9:
            raise NotYet(f"Draw {number} was from {low:g} to {high:g} s; full jitter draws from 0 to {ceiling:g} s.")
    if len(dice.drawn) < len(ceilings):
        drew = f"{len(dice.drawn)} wait{'s' if len(dice.drawn) > 1 else ''}"
        raise NotYet(f"It drew {drew}, and it waited {len(ceilings)} times. Draw each wait.")
    expect_prompt_start(trial.run, path)
    why = "Each wait is one draw, in order, and nothing is added"
    expect_waits(trial.run, path, [Wait(drawn, why=why) for drawn in dice.drawn[: len(ceilings)]])
