"""The exercises of lesson 01: why async."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import aiohttp
import requests

from ..checking.expectations import expect_documents, expect_in_flight, expect_requests, later_call
from ..checking.symptoms import NotYet, raised, sentences
from ..checking.trial import Trial
from . import exercise
from .lent_session import expect_open

SHUFFLED = (7, 3, 12, 1, 9, 5, 3, 11, 2, 8, 4, 10)  # as the paths are given; item 3 is asked for twice
FIRST = 42  # the item of the first call and of the last one
REPORT_SECONDS = 10  # far longer than a busy machine takes to start five threads


@exercise("01.1")
async def fetch_together(trial: Trial) -> None:
    """Twelve items at once; the first ones take longest."""
    await _fetch(trial, SHUFFLED)
    trial.shown = trial.run
    with later_call():
        await _fetch(trial, SHUFFLED[:3])


async def _fetch(trial: Trial, ids: Sequence[int]) -> None:
    paths = [f"/items/{id}?latency={1.2 - SHUFFLED.index(id) / 10:g}" for id in ids]
    async with aiohttp.ClientSession(trial.url) as session:
        result = await trial.call(session, paths)
    expect_requests(trial.run, paths)
    expect_documents(result, trial.items(ids))
    expect_in_flight(trial.run, len(paths), "Start them all before you wait for the first.")


@exercise("01.2")
async def keep_the_loop_free(trial: Trial) -> None:
    """Five reports from a blocking function, all at once, without blocking the event loop."""
    await _fetch_reports(trial, (3, 1, 5, 2, 4))
    trial.shown = trial.run
    with later_call():
        await _fetch_reports(trial, (6, 1))  # report 1 is asked for again


async def _fetch_reports(trial: Trial, numbers: Sequence[int]) -> None:
    # The earlier ones take longer, so that they arrive in another order.
    paths = [f"/delay/{REPORT_SECONDS - place}?report={number}" for place, number in enumerate(numbers)]
    result = await trial.call(_blocking_fetch, [trial.url + path for path in paths])
    if isinstance(result, list | tuple) and any(map(asyncio.iscoroutine, result)):
        raise NotYet("The list holds coroutines. Is everything awaited? A thread needs a function without `async`.")
    expect_requests(trial.run, paths, "Does your function await its threads, as with `await asyncio.to_thread(...)`?")
    reports = [_report(path) for path in paths]
    listed = result if isinstance(result, list | tuple) else []
    others = [each for each in listed if each is not None and each not in reports]
    if others and len(listed) == len(reports) and not callable(others[0]):
        if isinstance(others[0], BaseException):
            raise NotYet(f"The list holds an exception. {raised(others[0])}")
        raise NotYet(f"The list holds {others[0]!r:.60}, which is not what `fetch` returned.")
    expect_documents(result, reports)
    expect_in_flight(trial.run, len(paths), "Start all threads before you wait for the first.")


@exercise("01.3", latency=0.4, jitter=0.3, distribution="uniform")
async def overlap_what_can(trial: Trial) -> None:
    """An item, then its related items together; only the item says which they are."""
    async with aiohttp.ClientSession(trial.url) as session:
        await _read_related(trial, session, FIRST, (700, 7, 70))
        trial.shown = trial.run
        for id, related in ((6, (90, 3, 600, 12, 54)), (8, (9,)), (5, ()), (FIRST, (7, 6))):
            try:
                await _read_related(trial, session, id, related)
            except NotYet as symptom:
                said = f"For item {id}, whose `related` is {list(related)}: {symptom}"
                again = "Earlier calls read these items, and items may change" if id == FIRST else ""
                raise NotYet(sentences(said, again)) from symptom.__cause__


async def _read_related(trial: Trial, session: aiohttp.ClientSession, id: int, related: tuple[int, ...]) -> None:
    paths = [f"/items/{number}" for number in (id, *related)]
    trial.application.store.put(id, {"name": f"item {id}", "price": id, "related": list(related)})
    result = await trial.call(session, id)
    expect_open(session)
    documents = trial.items((id, *related))
    if isinstance(result, list | tuple) and any(map(asyncio.iscoroutine, result)):
        expect_documents(result, documents)  # which says so, while a request would only be missing
    expect_requests(trial.run, paths)
    expect_documents(result, documents)
    if related:
        expect_in_flight(trial.run, len(related), "Ask for the related items together: they are independent.")


def _blocking_fetch(url: str) -> str:
    """Fetch a report the blocking way, as a library that you cannot change would."""
    requests.get(url).raise_for_status()
    return _report(url)


def _report(url: str) -> str:
    return f"report {url.rpartition('=')[2]}"
