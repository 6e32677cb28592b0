"""The exercises of lesson 03: concurrency limits."""

from __future__ import annotations

from collections.abc import Sequence

import aiohttp

from ..checking.expectations import expect_documents, expect_requests
from ..checking.symptoms import NotYet, sentences
from ..checking.trial import Trial
from ..runs.run import Run
from . import exercise, lesson_03_failures, lesson_03_memory  # noqa: F401
from .in_flight import expect_slots_in_use
from .items import items
from .lent_session import lent_session
from .rate import expect_rate

EIGHT = 8
PATIENCE = 1.6  # seconds that a request of 03.1 may take


@exercise("03.1")
async def eight_at_most(trial: Trial) -> None:
    """Few items, then many; some take longer, and some send their body slowly."""
    await _fetch_eight(trial, range(70, 65, -1))
    await _fetch_eight(trial, range(1, 65))


async def _fetch_eight(trial: Trial, ids: Sequence[int]) -> None:
    paths = [f"/items/{id}?{_slowness(id)}" for id in ids]
    async with lent_session(trial, timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session:
        try:
            result = await trial.call(session, paths)
        except NotYet as symptom:
            raise NotYet(sentences(str(symptom), _never_sent(symptom.__cause__, trial.run, len(paths)))) from None
    expect_requests(trial.run, paths)
    expect_slots_in_use(trial.run, EIGHT)
    [slow] = await trial.documents([f"/items/4?{_slowness(4)}"])
    wanted = [slow if id % 32 == 4 else item for id, item in zip(ids, await items(trial, ids), strict=True)]
    expect_documents(result, wanted)


def _slowness(id: int) -> str:
    if id % 32 == 4:
        return "fault=slow_body&gap=0.02"
    return "latency=0.8" if id % 8 == 1 else "latency=0.2"


def _never_sent(cause: BaseException | None, run: Run, asked: int) -> str:
    """Explain a timeout that ran while requests waited for a connection."""
    causes = cause.exceptions if isinstance(cause, ExceptionGroup) else [cause]
    if run.hits in (0, asked) or not any(isinstance(each, TimeoutError) for each in causes):
        return ""
    return (
        f"{asked - run.hits} of {asked} requests never reached the server. A request's timeout also runs while it "
        "waits for a connection, so wait for a free slot before you start the request."
    )


@exercise("03.4")
async def twenty_a_second(trial: Trial) -> None:
    """A hundred slow items, then a hundred quick ones: how long they take must not change the rate."""
    await _fetch_twenty(trial, range(240, 140, -1), 0.47, 0.83)
    await _fetch_twenty(trial, range(1, 101), 0.13, 0.67)


async def _fetch_twenty(trial: Trial, ids: Sequence[int], latency: float, longer: float) -> None:
    paths = [f"/items/{id}?latency={latency if id % 7 else longer}" for id in ids]
    async with lent_session(trial) as session:
        result = await trial.call(session, paths)
    expect_requests(trial.run, paths)
    expect_rate(trial.run)
    expect_documents(result, await items(trial, ids))
