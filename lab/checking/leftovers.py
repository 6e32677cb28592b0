"""What a submission leaves behind: tasks that run on, errors that nobody looked at, sessions that nobody closed."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from ..errors import is_learners_file
from .limit import cancel


def learners_tasks() -> set[asyncio.Task[Any]]:
    """Return the tasks that still run and whose coroutine is in the learner's code."""
    return {task for task in asyncio.all_tasks() if is_learners_file(_file(task))}


def _file(task: asyncio.Task[Any]) -> str:
    code = getattr(task.get_coro(), "cr_code", None)
    return code.co_filename if code else ""


@asynccontextmanager
async def cleaned_up() -> AsyncIterator[None]:
    """End the tasks that were begun in the block and still run, and keep their errors from filling the cell."""
    before = asyncio.all_tasks()
    with complaints():
        try:
            yield
        finally:
            for task in asyncio.all_tasks() - before:
                await cancel(task)


@contextmanager
def complaints() -> Iterator[list[str]]:
    """Collect what would fill a cell in red: errors that nobody looked at, sessions that nobody closed."""
    loop, found = asyncio.get_running_loop(), list[str]()
    former = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: found.append(str(context.get("message"))))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            try:
                yield found
            finally:
                gc.collect()  # a task or a session tells when it is collected
    finally:
        loop.set_exception_handler(former)
