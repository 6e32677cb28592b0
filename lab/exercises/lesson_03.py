"""The exercises of lesson 03: concurrency limits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import aiohttp

from ..checking.lateness import Lateness, lateness
from ..checking.symptoms import NotYet
from ..checking.trial import Trial
from ..errors import summary
from ..runs.run import Run
from . import exercise
from .pace import LATE, RATE, Pace
from .symptoms import expect_list, expect_requests, kind

EIGHT = 8
PATIENCE = 1.6  # seconds that a request of 03.1 may take
TIMED_CALLS = 3  # of 03.1, while the machine stands still so long that it may be what made a request time out
IN_USE = 0.7  # the share of the places that must be in use while addresses are left
WORKERS = 10
AHEAD = 5 * WORKERS  # addresses that may have been taken and not be handled yet
FAILING = "?failure_rate=1"
BROKEN = "?fault=truncate"
MANY_AT_ONCE = " So many at once is not so many a second."
OWN_LIMITER = " Does each make a limiter of its own?"
BURST = " Does the limiter let a burst through at once, and more as time goes by?"
SURE = 3  # calls at a rate that is right, while the machine is so late
CALLS = 12  # of 03.4, while the machine stands still so long that it may be what makes the rate wrong


@exercise("03.1", limit=10.0)
async def eight_at_most(trial: Trial) -> None:
    """Sixty-four items, every eighth of them slow, by a session with a time-out."""
    ids = range(1, 65)
    paths = [f"/items/{id}?latency={0.8 if id % 8 == 1 else 0.2}" for id in ids]
    wanted = await _items(trial, ids)
    for call in range(TIMED_CALLS):
        if call:
            await asyncio.sleep(1)  # what the call before has sent is then there
        try:
            async with lateness() as late, _impatient(trial) as session:
                result = await trial.call(session, paths)
            break
        except NotYet as symptom:
            if trial.run.hits > EIGHT:
                _expect_eight(trial.run, len(paths))
            is_late = late.total > PATIENCE / 4
            if not (is_late and isinstance(symptom.__cause__, TimeoutError)) or call == TIMED_CALLS - 1:
                why = _never_sent(trial.run, len(paths)) + (_stood_still(late) if is_late else "")
                raise _and(symptom, why.strip()) from None
    expect_requests(trial.run, paths)
    _expect_eight(trial.run, len(paths))
    _expect_places_in_use(trial.run)
    expect_list(result, wanted)


def _impatient(trial: Trial) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(trial.server.url, timeout=aiohttp.ClientTimeout(total=PATIENCE))


def _expect_eight(run: Run, asked: int) -> None:
    if (peak := run.peak_in_flight) > EIGHT:
        own = " Is there one semaphore for all?" if peak > asked / 2 else ""
        raise NotYet(f"The server had {peak} requests in flight; at most {EIGHT} were allowed.{own}")
    if peak < EIGHT:
        raise NotYet(f"The server had {peak} in flight at most; {EIGHT} were allowed.")


def _never_sent(run: Run, asked: int) -> str:
    if run.hits in (0, asked):
        return ""
    return (
        f"{asked - run.hits} of {asked} requests never reached the server. Did their time run while they waited for "
        "a connection? Let them wait before the request begins."
    )


def _expect_places_in_use(run: Run) -> None:
    """Expect that a place which is free is taken at once, as long as there are addresses left."""
    first, last = run.exchanges[0].arrived, run.exchanges[-1].arrived
    ends = [exchange.ended or last for exchange in run.exchanges]
    busy = sum(min(end, last) - exchange.arrived for end, exchange in zip(ends, run.exchanges, strict=True))
    if (used := busy / (last - first)) >= IN_USE * EIGHT:
        return
    batches = run.exchanges[EIGHT].arrived > max(ends[:EIGHT])
    why = "Does each eight wait for all of the eight before?" if batches else "Is a place held while you sleep?"
    raise NotYet(f"While addresses were left, {used:.0f} of the {EIGHT} places were in use on average. {why}")


@exercise("03.2", latency=0.25)
async def past_failures(trial: Trial) -> None:
    """Twelve addresses, one of them twice, of which three fail in two ways."""
    paths = [f"/items/{id}" for id in (1, 2, 3, 4, 5, 6, 7, 2, 8, 9, 10, 11)]
    troubles = {2: f"{FAILING}&latency=0.2", 5: BROKEN, 9: f"{FAILING}&latency=0.3"}
    for at, trouble in {0: "?latency=0.35", **troubles}.items():
        paths[at] += trouble
    wanted: list[Any] = await _items(trial, (1, 2, 3, 4, 5, 6, 7, 2, 8, 9, 10, 11))
    async with aiohttp.ClientSession(trial.server.url) as session:
        try:
            result = await trial.call_together(len(paths), session, paths)
        except NotYet as symptom:
            raise _and(symptom, _lost(trial.run, str(symptom), len(paths))) from None
    if isinstance(result, list | tuple) and len(result) == len(paths):
        for at in troubles:
            wanted[at] = _expect_error(result[at], paths[at])
    _expect_each(result, wanted)
    expect_requests(trial.run, paths)
    if (peak := trial.run.peak_in_flight) < len(paths):
        raise NotYet(f"The server had {peak} of {len(paths)} requests in flight at most. Start them all together.")


def _lost(run: Run, symptom: str, asked: int) -> str:
    if "ExceptionGroup" in symptom:
        return f"A TaskGroup cancels the others when one fails: {run.cut_off} of them were cut off."
    if not run.hits:
        return ""
    served = run.statuses.get(200, 0)
    return f"One failure must not lose the rest; the server had served {served} of {asked} by then."


def _expect_error(value: Any, path: str) -> Any:
    """Expect an exception where an address failed, and return it."""
    if isinstance(value, BaseException):
        return value
    if isinstance(value, dict) and value.get("status") == 503:
        raise NotYet(f"{path} was answered with 503, and its error document stands in the list like an item.")
    raise NotYet(f"{path} failed, but its place holds {_named(value)}; expected the exception.")


def _expect_each(result: Any, wanted: list[Any]) -> None:
    if result is None:
        raise NotYet("It returned None: is there a `return`?")
    if not isinstance(result, list | tuple):
        raise NotYet(f"It returned {kind(result)}; expected a list with a place for each address.")
    if len(result) != len(wanted):
        why = (
            "one address stands there twice" if len(result) == len(wanted) - 1 else "each has a place, if it fails, too"
        )
        raise NotYet(f"It returned {len(result)} results for {len(wanted)} addresses; {why}.")
    for at, (value, expected) in enumerate(zip(result, wanted, strict=True)):
        if value != expected:
            raise NotYet(f"Place {at} of the list holds {_named(value)}; expected {_named(expected)}.")


def _named(value: Any) -> str:
    if isinstance(value, dict) and "id" in value:
        return f"item {value['id']}"
    if isinstance(value, BaseException):
        return f"the exception {summary(value)}"
    return "None" if value is None else kind(value)


class Source:
    """Hands out addresses and takes documents; notes how far the one runs ahead of the other.

    Addresses that fail have no document and are not counted.
    """

    def __init__(self, paths: list[str]) -> None:
        self._paths = paths
        self.taken = self.ahead = 0
        self.handled: list[Any] = []

    def __iter__(self) -> Iterator[str]:
        for path in self._paths:
            self.taken += not path.endswith((FAILING, BROKEN))
            self.ahead = max(self.ahead, self.taken - len(self.handled))
            yield path

    def handle(self, document: Any) -> None:
        """Take a document; the learner's code calls it with each."""
        self.handled.append(document)


@exercise("03.3", latency=0.02, limit=8.0)
async def bounded_memory(trial: Trial) -> None:
    """Three hundred addresses, some of which fail in two ways, from an iterator that notes how it is read."""
    paths = [f"/items/{id}" + {0: BROKEN, 25: FAILING}.get(id % 50, "") for id in range(1, 301)]
    source = Source(paths)
    async with aiohttp.ClientSession(trial.server.url) as session:
        try:
            await trial.call(session, iter(source), source.handle)
        except NotYet as symptom:
            _expect_bounds(trial.run, source, len(paths))
            raise _and(symptom, _missed(trial.run, len(paths))) from None
    _expect_bounds(trial.run, source, len(paths))
    if trial.run.hits < len(paths):
        raise NotYet(_missed(trial.run, len(paths)))
    expect_requests(trial.run, paths)
    if strange := [document for document in source.handled if not isinstance(document, dict)]:
        failed = isinstance(strange[0], BaseException)
        why = "Leave out those that fail." if failed else "Is everything awaited, and the JSON read?"
        raise NotYet(f"`handle` was given {kind(strange[0])}. {why}")
    good = Counter(id for id in range(1, 301) if id % 25)
    handled = Counter(document.get("id") for document in source.handled)
    if handled != good:
        why = "error documents are among them" if None in handled else "each good one was expected once"
        raise NotYet(f"`handle` was given {handled.total()} documents; {why}.")


def _expect_bounds(run: Run, source: Source, asked: int) -> None:
    if source.ahead > AHEAD:
        raise NotYet(
            f"{source.ahead} addresses had been taken and not been handled yet, those that fail not counted; at most "
            f"{AHEAD} were allowed. Whatever waits in your program takes memory."
        )
    least = WORKERS if run.hits >= asked else IN_USE * WORKERS  # of who stops early, all may not be seen at once
    if run.hits and not least <= run.peak_in_flight <= WORKERS:
        raise NotYet(f"The server had {run.peak_in_flight} in flight at most; expected {WORKERS}.")


def _missed(run: Run, asked: int) -> str:
    if run.hits >= asked:
        return ""
    saw = f"The server saw {run.hits} of {asked} requests"
    if not (failed := run.statuses.get(503, 0) + sum(run.faults.values())):
        return f"{saw}."
    return f"{saw}; {failed} of its answers failed. Does a worker die of a bad answer, or is it stopped too soon?"


@exercise("03.4", limit=8.0, latency=0.1)
async def twenty_a_second(trial: Trial) -> None:
    """Forty items, twenty a second."""
    ids = range(1, 41)
    paths = [f"/items/{id}" for id in ids]
    wanted = await _items(trial, ids)
    async with aiohttp.ClientSession(trial.server.url) as session:
        pace = await _pace(trial, session, paths)
    if pace.too_fast:
        raise NotYet(f"The server got {pace.most} requests within a second; at most {RATE} were allowed.{_why(pace)}")
    if pace.result is None:
        expect_list(pace.result, wanted)
    if pace.too_slow:
        waits = " Does each wait for the answer before it?" if pace.run.peak_in_flight == 1 else ""
        why = _stood_still(pace.late) if pace.by_the_machine else waits
        raise NotYet(f"The server got {pace.gaps / pace.spread:.0f} requests a second; {RATE} were allowed.{why}")
    expect_list(pace.result, wanted)


async def _pace(trial: Trial, session: aiohttp.ClientSession, paths: list[str]) -> Pace:
    """Call the answer until the machine alone cannot have made its pace; else, the call when it was least late."""
    paces: list[Pace] = []
    while len(paces) < CALLS:
        if paces:
            await asyncio.sleep(1)  # a limiter that is kept between the calls is then as it was before
        async with lateness() as late:
            result = await trial.call(session, paths)
        expect_requests(trial.run, paths)
        paces.append(Pace(trial.run, result, late))
        if not paces[-1].by_the_machine or sum(pace.right for pace in paces) == SURE:
            return paces[-1]
    pace = min(paces, key=lambda pace: pace.standstill)
    trial.run = pace.run
    return pace


def _why(pace: Pace) -> str:
    """Ask what may have made it too fast."""
    if pace.standstill > LATE:  # the times do not tell which of the three it is
        return MANY_AT_ONCE + OWN_LIMITER + BURST + _stood_still(pace.late)
    if pace.many_at_once:
        return MANY_AT_ONCE + (OWN_LIMITER if pace.run.peak_in_flight > RATE else "")
    if pace.in_a_burst:
        return BURST
    return _stood_still(pace.late) if pace.by_the_machine else ""


def _stood_still(late: Lateness) -> str:
    return (
        f" The event loop stood still for {late.total:.1f} s. If your code does not hold it up, this machine was busy: "
        "check it again."
    )


def _and(symptom: NotYet, more: str) -> NotYet:
    """Say what else the server saw behind a symptom."""
    said = str(symptom)
    return NotYet(f"{said}{'' if said.endswith(('.', '?', '!')) else '.'} {more}".strip())


async def _items(trial: Trial, ids: Any) -> list[Any]:
    """Return the items as the server has them, however it is set to behave."""
    async with aiohttp.ClientSession(trial.server.url) as session:

        async def read(id: int) -> Any:
            async with session.get(f"/items/{id}?latency=0&failure_rate=0") as response:
                return await response.json()

        return await asyncio.gather(*(read(id) for id in ids))
