"""The exercise of lesson 04 on full jitter."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ..checking.expectations import expect_document, expect_requests
from ..checking.symptoms import NotYet, explained
from ..checking.trial import Trial
from ..quantities import counted
from . import exercise
from .lent_session import lent_session
from .retries import (
    AGAIN,
    EMPTY_PATH,
    Ending,
    Wait,
    expect_attempts,
    expect_ending,
    expect_prompt_end,
    expect_prompt_start,
    expect_waits,
    outcome,
)
from .statuses import CREATED, MULTIPLE_CHOICES, OK
from .unusual_responses import error_pages

CLIENTS = 30
OVERLAPPED = f"{CLIENTS} calls overlapped. Do they share anything but `session`?"
BASE, CAP = 0.3, 0.9  # of the first client and of the thirty
LONGEST_CALL = 200.0  # seconds; thirty calls one after the other take 160 s
MORE_CALLS: tuple[tuple[str, float, float, int, Ending], ...] = (  # path, base, cap, attempts made, ending
    ("/status/504,408,425,201", 1.0, 5.0, 4, CREATED),
    ("/status/500,502,503,429,504,503,200", 2.0, 0.5, 5, 504),
    ("/status/429,503,502,500,200", 5.0, 60.0, 5, OK),
    ("/status/503,300", 0.5, 10.0, 2, MULTIPLE_CHOICES),
    ("/status/503,503,200", 40.0, 70.0, 3, OK),
    ("/status/503,200", 0.5, 0.0, 2, OK),
    ("/status/503,429,200?retry_after=4", 0.6, 3.0, 3, OK),
    (EMPTY_PATH, 0.7, 2.0, 2, []),
)


@exercise("04.2", latency=0.99)
async def full_jitter(trial: Trial) -> None:
    """One client fails, then thirty together; each draws its waits from a generator of its own."""
    trial.limit = LONGEST_CALL
    rng = Random(0)
    await _one_client(trial, rng, "/status/503,503,503,200", BASE, CAP, 4, OK)
    await _thirty_clients(trial)
    trial.shown = trial.run
    for call in MORE_CALLS:
        await _one_client(trial, rng, *call)
    with explained(after=AGAIN):
        for call in MORE_CALLS[:2]:
            await _one_client(trial, rng, *call)
    with error_pages():
        await _one_client(trial, rng, "/status/503,502,500,503,504", BASE, CAP, 5, 504)


async def _one_client(trial: Trial, rng: Random, path: str, base: float, cap: float, made: int, ending: Ending) -> None:
    rng.forget()
    result = await outcome(trial, path, base, cap, rng)
    why_last = "and it may make five attempts" if made == 5 else "which is successful"
    expect_attempts(result, trial.run, path, made, why_last)
    _expect_full_jitter(trial, path, rng, _ceilings(base, cap, made - 1))
    expect_ending(result, ending, trial.run, path)


async def _thirty_clients(trial: Trial) -> None:
    paths = [f"/status/503,503,503,200?client={number}" for number in range(CLIENTS)]
    rngs = [Random(number) for number in range(CLIENTS)]
    async with lent_session(trial) as session:
        calls = [(session, path, BASE, CAP, rng) for path, rng in zip(paths, rngs, strict=True)]
        with explained(after=OVERLAPPED):
            results = await trial.call_together(calls)
    with explained(after=OVERLAPPED):
        expect_requests(trial.run, paths * 4)
        for path in paths:
            expect_prompt_start(trial.run, path)
        for path, rng, result in zip(paths, rngs, results, strict=True):
            _expect_full_jitter(trial, path, rng, _ceilings(BASE, CAP, 3))
            expect_document(result, OK)
    if len({rng.drawn[0] for rng in rngs}) == 1:
        raise NotYet("All clients drew the same waits. Each `rng` is already seeded.")
    expect_prompt_end(trial.run)


def _ceilings(base: float, cap: float, number: int) -> list[float]:
    return [min(cap, base * 2**failures) for failures in range(number)]


class Random(random.Random):
    """A generator that remembers the ranges it was asked for, and what it drew."""

    def __init__(self, seed: int | None = None) -> None:  # a copy is made without a seed
        super().__init__(seed)
        self.forget()

    def forget(self) -> None:
        """Forget what it was asked for and what it drew; draw on from where it is."""
        self.ranges: list[tuple[float, float]] = []
        self.drawn: list[float] = []

    def uniform(self, a: float, b: float) -> float:
        """Draw a number from a to b."""
        self.ranges.append((a, b))
        self.drawn.append(super().uniform(a, b))
        return self.drawn[-1]


def _expect_full_jitter(trial: Trial, path: str, rng: Random, ceilings: Sequence[float]) -> None:
    """Expect that wait n is draw n, and that it was drawn from 0 to ceiling n."""
    if not rng.ranges:
        raise NotYet("`rng.uniform` was never called: draw each wait with it.")
    for number, (ceiling, (low, high)) in enumerate(zip(ceilings, rng.ranges, strict=False), start=1):
        if abs(low) > 1e-9 or abs(high - ceiling) > 1e-9:
            raise NotYet(f"Draw {number} was from {low:g} to {high:g} s; full jitter draws from 0 to {ceiling:g} s.")
    if len(rng.drawn) < len(ceilings):
        raise NotYet(f"It drew {counted(len(rng.drawn), 'wait')}, but it waited {len(ceilings)} times. Draw each wait.")
    why = "Each wait is one draw, in order, and nothing is added"
    expect_waits(trial.run, path, [Wait(drawn, why=why) for drawn in rng.drawn[: len(ceilings)]])
