"""What a submission leaves behind: running tasks, unretrieved errors and unclosed sessions."""

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
    """Return the running tasks whose coroutine is in the learner's code."""
    return {task for task in asyncio.all_tasks() if is_learners_file(_file(task))}


def _file(task: asyncio.Task[Any]) -> str:
    code = getattr(task.get_coro(), "cr_code", None)
    return code.co_filename if code else ""


@asynccontextmanager
async def cleaned_up() -> AsyncIterator[None]:
    """Cancel the tasks that the block started and left running, and keep their errors out of the cell's output."""
    before = asyncio.all_tasks()
    with complaints():
        try:
            yield
        finally:
            for task in asyncio.all_tasks() - before:
                await cancel(task)


@contextmanager
def complaints() -> Iterator[list[str]]:
    """Collect the warnings that would appear in the cell's output: unretrieved errors and unclosed sessions."""
    loop, found = asyncio.get_running_loop(), list[str]()
    former = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: found.append(str(context.get("message"))))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            try:
                yield found
            finally:
                gc.collect()  # tasks and sessions warn when they are collected
    finally:
        loop.set_exception_handler(former)
