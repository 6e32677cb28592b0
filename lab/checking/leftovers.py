"""What a submission leaves behind: tasks that run on, and errors that nobody looked at."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
    loop, before = asyncio.get_running_loop(), asyncio.all_tasks()
    former = loop.get_exception_handler()
    loop.set_exception_handler(_ignore)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            try:
                yield
            finally:
                for task in asyncio.all_tasks() - before:
                    await cancel(task)
                gc.collect()  # a task tells that nobody looked at its error when it is collected
    finally:
        loop.set_exception_handler(former)


def _ignore(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Pass over what a loop has to say of a task or a session that nobody looked after."""
