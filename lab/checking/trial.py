"""One try of a learner's answer: run under a time limit, on a prepared server, and watched."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mock_server import MockServer

from ..errors import summary
from ..runs.run import Run
from ..watch import watch
from .lateness import lateness
from .limit import TICK, Endless, SelfCancelled, within

CALLS = 3  # of an answer whose requests a late machine may have kept apart
LATE = 0.1  # seconds; half of the shortest time in which an answer comes


class NotYet(Exception):
    """The answer is not right; the message is the symptom."""


class Trial:
    """What an exercise's judge works with: the server, and the latest run of the answer."""

    def __init__(self, server: MockServer, answer: Callable[..., Any], limit: float) -> None:
        self.server = server
        self.answer = answer
        self.limit = limit
        self.run = Run()

    async def call(self, *arguments: Any, **keywords: Any) -> Any:
        """Watch one call of the answer, and return what it returns; NotYet as `attempt` says."""
        with self.watched():
            return await self.attempt(*arguments, **keywords)

    async def call_together(self, together: int, *arguments: Any) -> Any:
        """Do as `call` for requests of which so many are to be in flight at once.

        If some were and not all, while the machine was late, the call is made again, and the run is that of the last.
        """
        for _ in range(CALLS):
            async with lateness() as late:
                result = await self.call(*arguments)
            if not 1 < self.run.peak_in_flight < together or late.total + self.run.lag < LATE:
                break
        return result

    @contextmanager
    def watched(self) -> Iterator[Run]:
        """Make what the server sees of a block the trial's run."""
        with watch(self.server) as self.run:
            yield self.run

    async def attempt(self, *arguments: Any, **keywords: Any) -> Any:
        """Return what the answer returns; NotYet if it raises, does not end or is no coroutine function.

        NotImplementedError passes through: the blank is not filled in. A list is passed as a copy, which it may use up.
        """
        try:
            own = (list(each) if isinstance(each, list) else each for each in arguments)
            outcome = self.answer(*own, **keywords)
            if inspect.isasyncgen(outcome):
                raise NotYet("It has a `yield`, and so it is a generator. Return all the results at its end.")
            if not inspect.isawaitable(outcome):
                raise NotYet("It is no coroutine function: begin it with `async def`.")
            return await _expect_awaited(await within(self.limit, _awaited(outcome)))
        except (NotYet, NotImplementedError):
            raise
        except Endless as endless:
            raise NotYet(_endless(endless, self.limit)) from None
        except SelfCancelled:
            raise NotYet(
                "It raised CancelledError. If it waits for tasks that it has cancelled: "
                "`asyncio.gather(*tasks, return_exceptions=True)` does not raise."
            ) from None
        except Exception as error:
            raise NotYet(f"It raised {summary(error)}") from error


async def _expect_awaited(result: Any) -> Any:
    """Pass on a result that is there; one that is still to come is cancelled, and no longer runs when this raises."""
    values = result if isinstance(result, list | tuple) else [result]
    if to_come := [value for value in values if asyncio.isfuture(value)]:
        for future in to_come:
            future.cancel()
        await asyncio.wait(to_come, timeout=TICK)
        raise NotYet("It returned before the results were there. Is an `await` missing, before `gather` or a task?")
    return result


async def _awaited(outcome: Awaitable[Any]) -> Any:
    return await outcome


def _endless(endless: Endless, limit: float) -> str:
    if endless.blocking:
        return f"It held up the event loop and had not ended after {limit:g} s, so it was stopped."
    stopped = "so it was stopped" if endless.stopped else "and it does not let itself be cancelled"
    return f"It had not ended after {limit:g} s, {stopped}."
