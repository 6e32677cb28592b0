"""What a submission leaves behind: running tasks, unretrieved errors and unclosed sessions."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from weakref import WeakSet

from ..errors import is_learners_file
from .clock import is_inside
from .limit import cancel


def learners_tasks() -> set[asyncio.Task[Any]]:
    """Return the running tasks whose coroutine is in the learner's code."""
    return {task for task in asyncio.all_tasks() if is_learners_file(_file(task))}


def _file(task: asyncio.Task[Any]) -> str:
    code = getattr(task.get_coro(), "cr_code", None)
    return code.co_filename if code else ""


@asynccontextmanager
async def cleaned_up() -> AsyncIterator[None]:
    """Cancel the tasks that the block started and left running, and keep their errors out of the cell's output.

    The block must run inside a controlled clock.
    """
    with complaints(), _started_tasks() as started:
        try:
            yield
        finally:
            for task in [task for task in started if not task.done()]:
                await cancel(task)


@contextmanager
def _started_tasks() -> Iterator[WeakSet[asyncio.Task[Any]]]:
    """Collect the tasks that the block's code starts. The kernel starts others, for cells in its queue."""
    loop, started = asyncio.get_running_loop(), WeakSet[asyncio.Task[Any]]()
    former = loop.get_task_factory()

    def factory(loop: Any, coroutine: Any, **options: Any) -> Any:
        task: Any = former(loop, coroutine, **options) if former else asyncio.Task(coroutine, loop=loop, **options)
        if is_inside(options.get("context")):
            started.add(task)
        return task

    loop.set_task_factory(factory)
    try:
        yield started
    finally:
        loop.set_task_factory(former)


@contextmanager
def complaints() -> Iterator[list[str]]:
    """Collect the warnings that would appear in the cell's output: unretrieved errors and unclosed sessions."""
    loop, found = asyncio.get_running_loop(), list[str]()
    former = loop.get_exception_handler()
    gc.freeze()  # so that the collection below looks only at what is new
    loop.set_exception_handler(lambda _, context: found.append(str(context.get("message"))))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            try:
                yield found
            finally:
                gc.collect()  # tasks and sessions warn when they are collected
    finally:
        gc.unfreeze()
        loop.set_exception_handler(former)
