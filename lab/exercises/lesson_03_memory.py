"""Exercise 03.3: any number of paths in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..checking.expectations import expect_requests, kind, later_call
from ..checking.symptoms import NotYet, sentences
from ..checking.trial import Trial
from ..errors import is_learners_file, is_stdlib_file
from ..quantities import counted, times
from ..runs.outcome import Outcome, outcome
from ..runs.run import Run
from . import exercise
from .in_flight import PROMPT, expect_slots_in_use
from .lent_session import lent_session
from .statuses import ERROR_STATUSES

WORKERS = 10
READ_AHEAD = 5 * WORKERS  # paths that may have been taken but not handled yet
SLOW = "fault=slow_body&gap=0.002"  # the body arrives slowly, and is not an item
FEW_FAIL = 200  # of the first paths; then all fail, and they are more than may be taken but not handled
FIRST = range(1, 14)  # the ids of the first call
MANY = FEW_FAIL + len(ERROR_STATUSES) + 12  # paths; the last ones are good again
# Successes without an item. They come late, so that a submission which leaves them out does not seem to read too far
# ahead.
OTHERS = {197: "/status/300", 199: "/status/201"}


class Source:
    """Yields the paths, keeps the documents handled, and records how far the yielding runs ahead of the handling.

    Paths that fail have no document and are not counted.
    """

    def __init__(self, ids: Sequence[int]) -> None:
        self.paths = [_path(id) for id in ids]
        self.items = [id for id in ids if _has_item(_path(id))]
        self.others = [path for path in self.paths if path in OTHERS.values() or SLOW in path]  # with another document
        self.handled: list[Any] = []
        self.ahead = 0  # the most paths that had been taken but not handled

    def __iter__(self) -> Iterator[str]:
        taken = 0
        for path in self.paths:
            taken += _has_item(path) or path in self.others
            self.ahead = max(self.ahead, taken - len(self.handled))
            yield path


@exercise("03.3", latency=0.02)
async def bounded_memory(trial: Trial) -> None:
    """Thirteen paths from an iterator, many, three, then none; many fail, some are slow, and two are not a 200."""
    await _visit(trial, Source(FIRST))
    with later_call("a second one, with many paths"):
        await _visit(trial, Source(range(MANY)))
    trial.shown = trial.run
    with later_call("a third one, with three paths"):
        await _visit(trial, Source(range(1, 4)))
    with later_call("a fourth one, without any path"):
        await _visit(trial, Source([]))


def _path(id: int) -> str:
    if id in OTHERS:
        return OTHERS[id]
    if FEW_FAIL < id <= FEW_FAIL + len(ERROR_STATUSES):
        return f"/status/{ERROR_STATUSES[id - FEW_FAIL - 1]}?item={id}"
    if id == 0 or id > READ_AHEAD + WORKERS:  # the very first path fails; none of those after it, so all of them count
        failing = {0: "/fault/truncate", 8: "/status/400", 14: "/status/503", 18: "/status/451"}
        if id % 20 in failing:
            return f"{failing[id % 20]}?item={id}"
    if id % 20 == 4:
        return f"/items/{id}?{SLOW}"
    return f"/items/{id}" if id % 7 else f"/items/{id}?latency=0.06"


def _has_item(path: str) -> bool:
    return path.startswith("/items/") and SLOW not in path


def _handle(source: Source) -> Callable[[Any], None]:
    """Return the function that the submission calls with each document; an error calls it `handle()`."""

    def handle(document: Any) -> None:
        source.handled.append(document)

    handle.__qualname__ = "handle"
    return handle


async def _visit(trial: Trial, source: Source) -> None:
    async with lent_session(trial) as session:
        try:
            await trial.call(session, iter(source), _handle(source))
        except NotYet as symptom:
            _expect_bounded(source)
            why = _missed(trial.run, source) if _has_failures(trial.run) else ""
            raise NotYet(sentences(str(symptom), why)) from None
        in_time = len(source.handled)
        await asyncio.sleep(PROMPT)  # tasks that were cancelled end
        _expect_none_left(trial)
        if late := len(source.handled) - in_time:
            raise NotYet(
                f"`handle` was called {times(late)} after `visit` had returned. Make every call before you return."
            )
    _expect_bounded(source)
    if missed := _missed(trial.run, source):
        raise NotYet(missed)
    expect_requests(trial.run, source.paths, "Is every coroutine awaited? Is `paths` used up before the first request?")
    expect_slots_in_use(trial.run, WORKERS)
    _expect_handled(source.handled, trial.items(source.items) + await trial.documents(source.others))


def _expect_none_left(trial: Trial) -> None:
    if left := [task for task in trial.leftovers.started if not task.done() and _is_learners(task.get_coro())]:
        tasks = counted(len(left), "task")
        raise NotYet(f"It left {tasks} running. Await every task, or cancel it if it has nothing left to do.")


def _is_learners(coroutine: Any) -> bool:
    """Return whether a coroutine is the learner's or, as that of `queue.get()`, Python's; aiohttp's are neither."""
    file = coroutine.cr_code.co_filename if hasattr(coroutine, "cr_code") else ""
    return is_learners_file(file) or is_stdlib_file(file)


def _expect_bounded(source: Source) -> None:
    if source.ahead > READ_AHEAD:
        raise NotYet(
            f"{source.ahead} paths had been taken but not handled, not counting those that fail; "
            f"at most {READ_AHEAD} were allowed. Every path that waits in your program takes memory."
        )


def _missed(run: Run, source: Source) -> str:
    """Return how many requests are missing, and a possible cause; "" if none is missing."""
    asked = len(source.paths)
    if not 0 < run.hits < asked:
        return ""
    why = "Does a failure end a worker, or keep its slot?" if _has_failures(run) else "Are some paths left out?"
    if asked == MANY and {*source.paths} - {exchange.path for exchange in run.exchanges} <= set(map(_path, FIRST)):
        why = "Are documents of the first call kept?"
    return f"The server saw {run.hits} of {asked} requests. {why}"


def _has_failures(run: Run) -> bool:
    return any(outcome(exchange) is Outcome.FAILED for exchange in run.exchanges)


def _expect_handled(handled: list[Any], wanted: list[Any]) -> None:
    """Expect each document once, in any order."""
    for value in handled:
        if value is None or isinstance(value, BaseException):
            raise NotYet(f"`handle` was given {kind(value)}. Leave out the paths that fail.")
        if not isinstance(value, dict):
            raise NotYet(f"`handle` was given {kind(value)}. Is everything awaited? Is the JSON read?")
        if value not in wanted:
            error = f" with the status {value['status']}" if "status" in value else ""
            raise NotYet(f"`handle` was given a document{error} that is not an item. Leave out the paths that fail.")
    for document in wanted:
        if document not in handled and (path := f"/status/{document.get('status')}") in OTHERS.values():
            raise NotYet(f"`handle` was not given the document of {path}. Any status below 400 is a success.")
    if len(handled) == len(wanted) and any(document not in handled for document in wanted):
        raise NotYet("`handle` was given one document twice and another one never. Do tasks share a variable?")
    if sorted(map(repr, handled)) != sorted(map(repr, wanted)):
        called = f"`handle` was called {times(len(handled))}; expected {len(wanted)}, once for each document"
        raise NotYet(sentences(called, "" if handled else "Does an `except` hide an error?"))
