"""Several tries at one address, several calls of one answer: how they are made, and what the server saw of them."""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import Callable, Iterable
from typing import Any

import aiohttp

from ..checking.limit import Endless, wait
from ..checking.trial import NotYet, Trial
from ..runs.run import Run

Answer = Callable[..., Any]


async def call_instead(trial: Trial, function: Answer, *arguments: Any) -> Any:
    """Watch one call of another function, made from the trial's answer, as the trial's run."""
    with trial.watched():
        return await Trial(trial.server, function, trial.limit).attempt(*arguments)


def caught(answer: Answer, *, within: float | None = None) -> Answer:
    """Return the answer as one that returns a ClientError or TimeoutError and, after so many seconds, Endless.

    On a busy machine it gets up to four times as long, as with `limit.wait`.
    """

    async def outcome(call: Any) -> Any:
        task = asyncio.ensure_future(call)
        try:
            if within is not None:
                await wait(task, within)
                if not task.done():
                    return Endless(within)
            return await task
        except (aiohttp.ClientError, TimeoutError) as error:
            return error
        finally:
            task.cancel()
            await asyncio.wait([task])

    return _awaitable(answer, outcome)


def together(answer: Answer, calls: Iterable[tuple[Any, ...]]) -> Answer:
    """Return a function that makes all these calls of the answer at once, and returns their results."""

    async def gather(first: Any) -> list[Any]:
        return await asyncio.gather(first, *(answer(*call) for call in others))

    own, *others = calls
    return _awaitable(lambda: answer(*own), gather)


def in_turn(answer: Answer, calls: Iterable[tuple[Any, ...]]) -> Answer:
    """Return a function that makes these calls of the answer one after the other, and returns their results."""

    async def follow(first: Any) -> list[Any]:
        return [await first, *[await answer(*call) for call in others]]

    own, *others = calls
    return _awaitable(lambda: answer(*own), follow)


def waits(run: Run, path: str) -> list[float]:
    """Return the seconds from each failed try at an address to the next try.

    From arrival to arrival: a busy server may note the end of a try after its client has begun to wait.
    """
    tries = sorted((exchange for exchange in run.exchanges if exchange.path == path), key=lambda e: e.arrived)
    return [later.arrived - sooner.arrived for sooner, later in zip(tries, tries[1:], strict=False)]


def expect_tries(run: Run, path: str, wanted: int, why: str) -> None:
    """Expect so many requests to one address, and none to others."""
    strange = next((exchange.path for exchange in run.exchanges if exchange.path != path), None)
    if strange:
        raise NotYet(f"The server saw {strange}; it expected {path} alone.")
    if run.hits != wanted:
        times = "once" if run.hits == 1 else f"{run.hits} times"
        raise NotYet(f"The server saw {path} {times}; it expected {wanted}: {why}.")


def _awaitable(answer: Answer, then: Answer) -> Answer:
    """Pass on what the answer returns if that cannot be awaited: the trial says so."""

    def call(*arguments: Any) -> Any:
        outcome = answer(*arguments)
        return then(outcome) if inspect.isawaitable(outcome) else outcome

    return call


class Dice(random.Random):
    """A generator that remembers what it was asked for, and what it drew; from the fifth draw on, `then` if given."""

    def __init__(self, seed: int, *, then: float | None = None) -> None:
        super().__init__(seed)
        self.then = then
        self.ranges: list[tuple[float, float]] = []
        self.drawn: list[float] = []

    def uniform(self, a: float, b: float) -> float:
        """Draw a number from a to b."""
        self.ranges.append((a, b))
        drawn = super().uniform(a, b)
        if self.then is not None and len(self.drawn) >= 4:
            drawn = self.then
        self.drawn.append(drawn)
        return drawn
