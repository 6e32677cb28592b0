"""`fast_forward`: run a block of code with its waits skipped, and record what the server saw."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy
from typing import Any

from mock_server import Conditions
from mock_server.application import Application
from mock_server.exchange import Snapshot

from .checking.blocking import EventLoopBlocked
from .checking.clock import sole_clock
from .watch import Watched

BLOCKED = "{} blocks the event loop. fast_forward cannot skip that: use `run.url` and await each call."


class FastRun(Watched):
    """A run under the controlled clock; `url` is its server's."""

    url = ""


@asynccontextmanager
async def fast_forward(
    *, theory: float | None = None, title: str = "", caption: str = "", row_by: str = "", **conditions: Any
) -> AsyncIterator[FastRun]:
    """Run the block under a controlled clock with a server of its own, and fill the Run that it yields.

    The requests are real. Waits are skipped, so the block ends soon and the Run's times are exact: work takes no time,
    and each wait of the code and the server takes exactly as long as requested. The Run is filled when the block ends,
    even with an exception. Its `url` is the server's.

    Args:
        theory: when the block should end, in seconds. The picture has a line there.
        title: a line above the picture's heading.
        caption: a format string for a line below the heading, such as `"{run.connections} connections"`.
        row_by: a query parameter. The picture has one row for each of its values, instead of one for each request.
        conditions: the server's, such as `latency=0.2`.

    Raises:
        ConditionError: a condition does not exist, or its value is not allowed.
        RuntimeError: the block blocks the event loop, or the loop is not one of asyncio's own.
    """
    run = FastRun(theory=theory, title=title, row_by=row_by)
    async with sole_clock() as clock:
        application = Application(Conditions().changed(conditions))
        run.url = f"http://127.0.0.1:{await application.listen('127.0.0.1', 0)}"
        try:
            yield run
        except EventLoopBlocked as blocked:
            if not clock.blocking.found:  # a cancellation left a block whose end blocks
                raise blocked.__context__ or blocked from None
            raise RuntimeError(BLOCKED.format(clock.blocking.found[-1].name)) from None
        finally:
            journal = application.journal
            run.fill(Snapshot(journal.now(), 0.0, journal.dropped, [copy(row) for row in journal.rows()]))
            run.caption = caption.format(run=run)
            await application.close()
