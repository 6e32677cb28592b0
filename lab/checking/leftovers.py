"""What a submission leaves behind: tasks that run on, errors that nobody looked at, sessions that nobody closed."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar, copy_context
from typing import Any
from weakref import WeakSet

from ..errors import is_learners_file
from .limit import cancel

_inside: ContextVar[bool] = ContextVar("begun by a submission", default=False)


def learners_tasks() -> set[asyncio.Task[Any]]:
    """Return the tasks that still run and whose coroutine is in the learner's code."""
    return {task for task in asyncio.all_tasks() if is_learners_file(_file(task))}


def _file(task: asyncio.Task[Any]) -> str:
    code = getattr(task.get_coro(), "cr_code", None)
    return code.co_filename if code else ""


@asynccontextmanager
async def cleaned_up() -> AsyncIterator[None]:
    """End the tasks that the block's code began and that still run, and keep their errors from filling the cell."""
    with complaints(), _begun_tasks() as begun:
        try:
            yield
        finally:
            for task in [task for task in begun if not task.done()]:
                await cancel(task)


@contextmanager
def _begun_tasks() -> Iterator[WeakSet[asyncio.Task[Any]]]:
    """Collect the tasks that the block's code begins. The kernel, too, begins tasks meanwhile: its next cells."""
    loop, begun = asyncio.get_running_loop(), WeakSet[asyncio.Task[Any]]()
    former = loop.get_task_factory()

    def factory(loop: Any, coroutine: Any, **options: Any) -> Any:
        task: Any = former(loop, coroutine, **options) if former else asyncio.Task(coroutine, loop=loop, **options)
        if (options.get("context") or copy_context()).get(_inside):
            begun.add(task)
        return task

    token = _inside.set(True)
    loop.set_task_factory(factory)
    try:
        yield begun
    finally:
        loop.set_task_factory(former)
        _inside.reset(token)


@contextmanager
def complaints() -> Iterator[list[str]]:
    """Collect what would fill a cell in red: errors that nobody looked at, sessions that nobody closed."""
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
                gc.collect()  # a task or a session tells when it is collected
    finally:
        gc.unfreeze()
        loop.set_exception_handler(former)
