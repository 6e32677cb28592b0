"""The exercises of lesson 03: concurrency limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aiohttp

from ..checking.expectations import expect_documents, expect_requests, later_call
from ..checking.symptoms import NotYet, sentences
from ..checking.trial import Trial
from ..runs.run import Run
from . import exercise, lesson_03_failures, lesson_03_memory  # noqa: F401
from .in_flight import expect_slots_in_use
from .lent_session import lent_session
from .rate import expect_rate

EIGHT = 8
LATENCIES = {1: 0.793, 5: 0.137}  # of the first and the fifth of seven items (not of eight); the others take 0.203 s
ONE_BY_ONE = 120.0  # seconds; the slow items of 03.4 take 78 s, one after the other
LONGEST = 0.899  # seconds that a response of 03.4 takes at most
PATIENCE = 1.6  # seconds that a request of 03.1 may take
SLOT = "A response takes up to 0.8 s. Start a timeout only once its request has a slot."
TURN = "A response takes up to 0.9 s. Start a timeout only once its request has its turn."


@exercise("03.1")
async def eight_at_most(trial: Trial) -> None:
    """Few items, then 67 with one listed twice, then fewer; some take longer, and some send their body slowly."""
    await _fetch_eight(trial, range(70, 65, -1))
    await _fetch_eight(trial, [*range(1, 67), 10])
    trial.shown = trial.run
    with later_call("a third one, with three paths"):
        await _fetch_eight(trial, range(3, 0, -1))


async def _fetch_eight(trial: Trial, ids: Sequence[int]) -> None:
    paths = [f"/items/{id}?{_slowness(id)}" for id in ids]
    async with lent_session(trial, timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session:
        result = await _call(trial, session, paths, SLOT)
    _expect_paths(trial.run, paths)
    expect_slots_in_use(trial.run, EIGHT)
    [slow] = await trial.documents([f"/items/11?{_slowness(11)}"])
    wanted = [slow if id % 19 == 11 else item for id, item in zip(ids, trial.items(ids), strict=True)]
    _expect_documents(result, wanted, paths)


def _slowness(id: int) -> str:
    if id % 19 == 11:
        return "fault=slow_body&gap=0.02"
    return f"latency={LATENCIES.get(id % 7, 0.203)}"


async def _call(trial: Trial, session: aiohttp.ClientSession, paths: Sequence[str], advice: str) -> Any:
    """Call the submission; `advice` says how to avoid a timeout."""
    try:
        return await trial.call(session, paths)
    except NotYet as symptom:
        why = _why_timeout(symptom.__cause__, session, trial.run, advice)
        raise NotYet(sentences(str(symptom), why)) from None


def _why_timeout(cause: BaseException | None, session: aiohttp.ClientSession, run: Run, advice: str) -> str:
    """Return how to avoid a timeout; "" if another error, or none, ended the call."""
    causes = cause.exceptions if isinstance(cause, ExceptionGroup) else [cause]
    if not any(isinstance(each, TimeoutError) for each in causes):
        return ""
    if session.connector is not None and 0 < session.connector.limit <= run.peak_in_flight:
        return (
            "A request's timeout also runs while it waits for a connection, so wait for a free slot before you start "
            "the request."
        )
    return advice


def _expect_paths(run: Run, paths: Sequence[str]) -> None:
    """Expect a request for each path; a path that is listed twice may be requested once."""
    if sorted(exchange.path for exchange in run.exchanges) != sorted(set(paths)):
        expect_requests(run, paths)


def _expect_documents(result: Any, wanted: Sequence[Any], paths: Sequence[str]) -> None:
    """Expect a list of these documents, one for each path."""
    if isinstance(result, list | tuple) and len(result) == len(set(paths)) < len(paths):
        raise NotYet(f"It returned {len(result)} documents; expected {len(paths)}. One path is listed twice.")
    if isinstance(result, list | tuple) and len(result) == len(paths) and None in result:
        place = result.index(None)
        if paths.count(path := paths[place]) > 1:
            raise NotYet(f"Index {place} of the list holds None. {path} is listed twice, so it has two places.")
    expect_documents(result, wanted)


@exercise("03.4")
async def twenty_a_second(trial: Trial) -> None:
    """87 slow items, 107 mixed ones with one twice, then thirteen: their latency must not change the rate."""
    trial.limit = ONE_BY_ONE
    await _fetch_twenty(trial, range(240, 153, -1), LONGEST)  # with 17 slots, fewer than nineteen a second
    await _fetch_twenty(trial, [*range(1, 107), 50], 0.103)
    trial.shown = trial.run
    with later_call("a third one, with thirteen paths"):
        await _fetch_twenty(trial, range(13, 0, -1), 0.103)


async def _fetch_twenty(trial: Trial, ids: Sequence[int], latency: float) -> None:
    paths = [f"/items/{id}?latency={latency if id % 7 else LONGEST}" for id in ids]
    async with lent_session(trial) as session:
        try:
            result = await _call(trial, session, paths, TURN)
        except NotYet:
            if trial.run.hits and trial.seconds >= trial.limit:  # it was stopped, perhaps because it is far too slow
                expect_rate(trial.run)
            raise
    _expect_paths(trial.run, paths)
    expect_rate(trial.run)
    _expect_documents(result, trial.items(ids), paths)
