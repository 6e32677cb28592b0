"""Exercise 03.3: any number of paths in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from ..checking.expectations import expect_requests, kind
from ..checking.leftovers import learners_tasks
from ..checking.symptoms import NotYet, sentences
from ..checking.trial import Trial
from ..runs.outcome import Outcome
from ..runs.run import Run
from . import exercise
from .in_flight import PROMPT, expect_slots_in_use
from .items import items
from .lent_session import lent_session

WORKERS = 10
READ_AHEAD = 5 * WORKERS  # paths that may have been taken but not handled yet


class Source:
    """Yields the paths, handles their documents, and records how far the yielding runs ahead of the handling.

    Paths that fail have no document and are not counted.
    """

    def __init__(self, ids: Sequence[int]) -> None:
        self.paths = [_path(id) for id in ids]
        self.good = [id for id in ids if _path(id).startswith("/items/")]  # the ids of those that do not fail
        self.handled: list[Any] = []
        self.ahead = 0  # the most paths that had been taken but not handled

    def __iter__(self) -> Iterator[str]:
        taken = 0
        for path in self.paths:
            taken += path.startswith("/items/")
            self.ahead = max(self.ahead, taken - len(self.handled))
            yield path

    def handle(self, document: Any) -> None:
        """Record a document; the submission calls this with each one."""
        self.handled.append(document)


@exercise("03.3", latency=0.02)
async def bounded_memory(trial: Trial) -> None:
    """Thirteen paths from an iterator, then two hundred; some fail, in one of three ways, and some take longer."""
    for ids in range(1, 14), range(1, 201):
        await _visit(trial, Source(ids))


def _path(id: int) -> str:
    if id > READ_AHEAD + WORKERS:  # none of the first paths fails, so all of them count
        failing = {0: f"/fault/truncate?item={id}", 8: f"/status/400?item={id}", 14: f"/status/503?item={id}"}
        if id % 20 in failing:
            return failing[id % 20]
    return f"/items/{id}" if id % 7 else f"/items/{id}?latency=0.06"


async def _visit(trial: Trial, source: Source) -> None:
    before = learners_tasks()
    async with lent_session(trial) as session:
        try:
            await trial.call(session, iter(source), source.handle)
        except NotYet as symptom:
            _expect_bounded(source)
            why = _missed(trial.run, len(source.paths)) if _has_failures(trial.run) else ""
            raise NotYet(sentences(str(symptom), why)) from None
        await asyncio.sleep(PROMPT)  # tasks that were cancelled end
        left = learners_tasks() - before
    _expect_bounded(source)
    if missed := _missed(trial.run, len(source.paths)):
        raise NotYet(missed)
    expect_requests(trial.run, source.paths)
    expect_slots_in_use(trial.run, WORKERS)
    _expect_handled(source.handled, await items(trial, source.good))
    if left:
        raise NotYet(f"It left {len(left)} tasks running. Cancel your workers when there is nothing left to do.")


def _expect_bounded(source: Source) -> None:
    if source.ahead > READ_AHEAD:
        raise NotYet(
            f"{source.ahead} paths had been taken but not handled, not counting those that fail; "
            f"at most {READ_AHEAD} were allowed. Every path that waits in your program takes memory."
        )


def _missed(run: Run, asked: int) -> str:
    """Return how many requests are missing, and a possible cause; "" if none is missing."""
    if not 0 < run.hits < asked:
        return ""
    why = "Does a worker end when a request fails?" if _has_failures(run) else "Are some paths left out?"
    return f"The server saw {run.hits} of {asked} requests. {why}"


def _has_failures(run: Run) -> bool:
    return any(name not in (200, Outcome.CUT_OFF) for name in run.counts)


def _expect_handled(handled: list[Any], wanted: list[Any]) -> None:
    """Expect each document once, in any order."""
    for value in handled:
        if isinstance(value, BaseException):
            raise NotYet(f"`handle` was given {kind(value)}. Leave out the paths that fail.")
        if not isinstance(value, dict):
            raise NotYet(f"`handle` was given {kind(value)}. Is everything awaited? Is the JSON read?")
        if value not in wanted:
            error = f" with the status {value['status']}" if "status" in value else ""
            raise NotYet(f"`handle` was given a document{error} that is not an item. Leave out the paths that fail.")
    if len(handled) != len(wanted) or any(document not in handled for document in wanted):
        raise NotYet(f"`handle` was called {len(handled)} times; expected {len(wanted)}, once for each document.")
