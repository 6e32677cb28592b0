"""The aiohttp sessions that a submission opens."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

import aiohttp

from ..checking.replace import replaced
from ..checking.trial import Trial


@dataclass
class Opened:
    """How many sessions were opened, and how many of them were still open when the submission returned."""

    sessions: int = 0
    left_open: int = 0


@contextmanager
def opened_by(trial: Trial) -> Iterator[Opened]:
    """Count the sessions that the submission opens while the block runs, without keeping them alive."""
    opened, connectors = Opened(), list[aiohttp.BaseConnector | None]()
    make, submission = aiohttp.ClientSession.__init__, trial.submission

    def noted(session: aiohttp.ClientSession, *arguments: Any, **options: Any) -> None:
        make(session, *arguments, **options)
        connectors.append(session.connector)
        opened.sessions += 1

    async def result_of(submitted: Awaitable[Any]) -> Any:
        result = await submitted
        opened.left_open = sum(each is not None and not each.closed for each in connectors)  # a task may soon close one
        return result

    def called(*arguments: Any) -> Any:
        submitted = submission(*arguments)
        return result_of(submitted) if isawaitable(submitted) else submitted

    with replaced(aiohttp.ClientSession, "__init__", noted), replaced(trial, "submission", called):
        yield opened
