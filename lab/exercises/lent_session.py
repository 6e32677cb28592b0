"""A session that a check lends to a submission."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from ..checking.symptoms import NotYet
from ..checking.trial import Trial
from ..quantities import counted, times
from .client_side import ClientTrace


@asynccontextmanager
async def lent_session(trial: Trial, **options: Any) -> AsyncIterator[aiohttp.ClientSession]:
    """Lend a session to the submission while the block runs.

    Args:
        trial: the trial that makes the call.
        options: more arguments of the session.

    Raises:
        NotYet: the call sent requests without the session, or closed it.
    """
    trace = ClientTrace()
    async with trace.session(trial.url, **options) as session:
        yield session
        if (sent := len(trace.content_types)) < (hits := trial.run.hits):
            requests = counted(hits, "request")
            raise NotYet(f"It used `session` {times(sent)} for {requests}. Send every request with `session`.")
        expect_open(session)


def expect_open(session: aiohttp.ClientSession) -> None:
    """Expect that the submission has left its caller's session open."""
    if session.closed:
        raise NotYet("It closed `session`, which its caller may still need. Use it without `async with`.")
