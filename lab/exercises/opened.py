"""The aiohttp sessions that a submission opens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from ..checking.replace import replaced
from ..checking.symptoms import NotYet
from ..checking.trial import Trial
from .on_return import on_return


@dataclass
class Opened:
    """How many sessions were opened, and what was still open when the submission returned."""

    sessions: int = 0
    left_open: str = ""

    def expect_closed(self) -> None:
        """Expect that the sessions and their connectors were closed."""
        if self.left_open:
            said = f"The {self.left_open} was still open when your function returned"
            raise NotYet(f"{said}. Await its `close()`, or use `async with` to make it.")


@contextmanager
def opened_by(trial: Trial) -> Iterator[Opened]:
    """Note the sessions that the submission opens while the block runs."""
    opened, made = Opened(), list[tuple[aiohttp.ClientSession, aiohttp.BaseConnector | None]]()
    make = aiohttp.ClientSession.__init__

    def noted(session: aiohttp.ClientSession, *arguments: Any, **options: Any) -> None:
        make(session, *arguments, **options)
        made.append((session, session.connector))
        opened.sessions += 1

    def look() -> None:
        for session, connector in made:
            if connector is not None and not connector.closed:
                opened.left_open = "connector" if session.closed else "session"

    with replaced(aiohttp.ClientSession, "__init__", noted), on_return(trial, look):
        yield opened
