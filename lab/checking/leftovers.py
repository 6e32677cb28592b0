"""What a submission leaves behind: running tasks, unretrieved errors and unclosed sessions."""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from .limit import cancel
from .replace import replaced
from .tasks import Started, started_tasks
from .threads import retrieve
from .watchdog import Watchdog


@dataclass(frozen=True)
class Leftovers:
    """The tasks that a block has started, and its coroutines that nobody has awaited."""

    started: Started
    unawaited: list[str]


@asynccontextmanager
async def cleaned_up(guard: Watchdog) -> AsyncIterator[Leftovers]:
    """Cancel the tasks that the block started and left running, and keep all tasks' errors out of the cells' output.

    The block must run inside a controlled clock.
    """
    with _never_awaited() as unawaited, silenced(), started_tasks(guard) as started:
        try:
            yield Leftovers(started, unawaited)
        finally:
            await _end(started)


async def _end(started: Started) -> None:
    """Cancel the tasks that are running, and retrieve the errors of all.

    This is a function, because a variable of `cleaned_up` would keep the last task from the garbage collection.
    """
    for task in list(started):
        if task.done() or await cancel(task):
            retrieve(task)


@contextmanager
def _never_awaited() -> Iterator[list[str]]:
    """Collect the names of coroutines that nobody awaits. Python's warning would name a line of the course's."""
    found = list[str]()
    show = warnings.showwarning

    def collect(message: Warning | str, *where: Any, **more: Any) -> None:
        if name := re.match("coroutine '(.+)' was never awaited", str(message)):
            found.append(name[1])
        else:
            show(message, *where, **more)

    with warnings.catch_warnings():
        warnings.filterwarnings("always", "coroutine .* was never awaited", RuntimeWarning)
        warnings.showwarning = collect
        yield found


@contextmanager
def silenced() -> Iterator[None]:
    """Keep warnings about unretrieved errors and unclosed sessions out of the cell's output.

    What libraries log, such as stamina its retries, is left out, too, unless the learner has set up logging.
    """
    loop = asyncio.get_running_loop()
    former = loop.get_exception_handler()
    gc.freeze()  # so that the collection below looks only at what is new
    loop.set_exception_handler(lambda *_: None)
    try:
        with warnings.catch_warnings(), replaced(logging, "lastResort", logging.NullHandler()):
            warnings.simplefilter("ignore", ResourceWarning)
            try:
                yield
            finally:
                gc.collect()  # tasks and sessions warn when they are collected
    finally:
        gc.unfreeze()
        loop.set_exception_handler(former)
