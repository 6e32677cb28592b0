"""The tasks that a submission starts: keep their SystemExit from the kernel, and find the first that failed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from ..errors import is_learners_file
from .blocking import EventLoopBlocked
from .clock import is_inside
from .watchdog import Watchdog

Started = WeakKeyDictionary[asyncio.Task[Any], int]  # numbered from 0, in the order of their start


class ProcessExit(Exception):
    """A coroutine raised SystemExit, which would end the kernel; SystemExit is the cause."""


class Guarded(Coroutine[Any, Any, Any]):
    """A coroutine that raises ProcessExit in place of SystemExit. In all else it is the coroutine that it guards.

    Once the watchdog has stopped something, a coroutine of the learner's does not go on: it may compute forever, too.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, Any], guard: Watchdog) -> None:
        self._coroutine, self._guard = coroutine, guard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._coroutine, name)  # cr_code, cr_frame, cr_await

    def __await__(self) -> Any:
        raise TypeError("a task awaits it, and nobody else")

    def send(self, value: Any) -> Any:
        self._expect_no_stop()
        try:
            return self._coroutine.send(value)
        except SystemExit as exit:
            raise ProcessExit(*exit.args) from exit

    def throw(self, *error: Any) -> Any:
        self._expect_no_stop()
        try:
            return self._coroutine.throw(*error)
        except SystemExit as exit:
            raise ProcessExit(*exit.args) from exit

    def close(self) -> None:
        self._coroutine.close()

    def _expect_no_stop(self) -> None:
        if self._guard.stops and is_learners_file(self.cr_code.co_filename):
            raise EventLoopBlocked


@contextmanager
def started_tasks(guard: Watchdog) -> Iterator[Started]:
    """Collect and guard the tasks that the block's code starts. The kernel starts others, for cells in its queue."""
    loop, started, numbers = asyncio.get_running_loop(), Started(), count()
    former = loop.get_task_factory()

    def factory(loop: Any, coroutine: Any, **options: Any) -> Any:
        ours = is_inside(options.get("context"))
        if ours and asyncio.iscoroutine(coroutine):  # otherwise asyncio says that it is none
            coroutine = Guarded(coroutine, guard)
        task: Any = former(loop, coroutine, **options) if former else asyncio.Task(coroutine, loop=loop, **options)
        if ours:
            started[task] = next(numbers)
        return task

    loop.set_task_factory(factory)
    try:
        yield started
    finally:
        loop.set_task_factory(former)


def first_failure(started: Started, since: int) -> BaseException | None:
    """Return the exception of the first task, from number `since` on, that has failed; None if none has."""
    for task, number in started.items():
        if number >= since and task.done() and not task.cancelled() and (error := task.exception()) is not None:
            return error
    return None
