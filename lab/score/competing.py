"""Run one version on a hostile server, under the controlled clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from mock_server import Conditions

from ..checking.symptoms import NotYet
from ..checking.trial import Trial, trial_of
from ..errors import summary
from ..exercises.crawled import documents_of
from .figures import Figures, lost
from .servers import Server

Crawler = Callable[[str, Sequence[str]], Awaitable[Any]]


async def compete(name: str, crawler: Crawler, server: Server) -> Figures | None:
    """Return how a version does on a server; None if it is not written yet."""
    paths, result, ending = server.paths(), None, ""
    async with trial_of(crawler, Conditions(**server.conditions)) as trial:
        async with server.begun(trial.application):
            began = trial.clock.now
            try:
                result = await trial.call(trial.url, paths)
            except NotImplementedError:
                return None
            except NotYet as symptom:
                ending = _ending(symptom, trial)
            seconds = trial.clock.now - began
        run = trial.run
        created = len(trial.created())
    return Figures(name, run, seconds, lost(result, documents_of(paths)), created, ending)


def _ending(symptom: NotYet, trial: Trial) -> str:
    """Return what a version raised, else why it was stopped."""
    said = str(symptom) if symptom.__cause__ is None else summary(symptom.__cause__)
    return said.replace(trial.url, "")
