"""Track which threads are at work while the clock is controlled, and which of them only wait."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.thread import _worker as pool_worker
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import inf
from time import sleep as real_sleep
from typing import Any

from .replace import replaced
from .waiting import Wait, Waiting

THREAD_POLL_INTERVAL = 0.002  # real seconds between two looks of a thread that waits


@dataclass(eq=False)
class Job:
    """A call handed to an executor."""

    executor: Executor
    future: Future[Any]
    thread: int | None = None  # the identity of the thread that runs it


class ThreadWork(Waiting):
    """The threads that were started, and the calls that executors were given, during a block."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__(now)
        self._jobs: list[Job] = []
        self._awaited: list[tuple[Future[Any], asyncio.Future[Any]]] = []
        self._waits: dict[int, Wait] = {}
        self._before: set[threading.Thread] = set()

    @contextmanager
    def tracked(self) -> Iterator[None]:
        """Keep track for the length of the block."""
        self._before = set(threading.enumerate())
        with ExitStack() as stack:
            for kind in (ThreadPoolExecutor, ProcessPoolExecutor):
                stack.enter_context(replaced(kind, "submit", self._submit(kind.submit)))
            wrap = self._wrap_future(asyncio.wrap_future)
            for module in (asyncio, asyncio.futures):  # run_in_executor and to_thread use the second
                stack.enter_context(replaced(module, "wrap_future", wrap))
            yield

    def all_wait(self) -> bool:
        """Return whether no thread is at work: each one sleeps, or waits for data that is not there yet."""
        self._jobs = [job for job in self._jobs if not job.future.done()]
        self._awaited = [pair for pair in self._awaited if not pair[1].done()]
        if any(call.done() for call, _ in self._awaited):
            return False  # its result is on its way to the loop
        running = Counter(id(job.executor) for job in self._jobs if job.thread is not None)
        for job in self._jobs:
            if job.thread is None:
                if running[id(job.executor)] < getattr(job.executor, "_max_workers", inf):
                    return False  # a worker is about to begin with it
            elif not self._is_waiting(job.thread):
                return False
        return all(self._is_waiting(thread.ident) for thread in threading.enumerate() if self._is_own(thread))

    def next_due(self) -> float:
        """Return when the first of the threads has waited long enough; infinity if none waits for a time."""
        return min((wait.until for wait in list(self._waits.values())), default=inf)

    def belongs(self, thread: threading.Thread) -> bool:
        """Return whether a thread does the block's work, and is not one of the kernel's own."""
        return self._is_own(thread) or any(job.thread == thread.ident for job in self._jobs)

    def ignore(self, thread: threading.Thread) -> None:
        """Leave out a thread that is not part of the block's work."""
        self._before.add(thread)

    def is_busy(self, thread: threading.Thread) -> bool:
        """Return whether a thread has work to do; one of a pool that has nothing left to do is not busy."""
        in_pool = getattr(thread, "_target", None) is pool_worker
        return any(not job.future.done() for job in self._jobs) if in_pool else thread.is_alive()

    def wait_for(self, wait: Wait) -> None:
        """Return when the wait is over; meanwhile the loop knows that this thread waits."""
        me = threading.get_ident()
        self._waits[me] = wait
        try:
            while not wait.is_over(self._now(), THREAD_POLL_INTERVAL):
                if wait.sock is None:
                    real_sleep(THREAD_POLL_INTERVAL)
        finally:
            del self._waits[me]

    def _is_waiting(self, thread: int | None) -> bool:
        wait = self._waits.get(thread or 0)
        return wait is not None and not wait.is_over(self._now())

    def _is_own(self, thread: threading.Thread) -> bool:
        return thread not in self._before and getattr(thread, "_target", None) is not pool_worker

    def _submit(self, submit: Callable[..., Future[Any]]) -> Callable[..., Future[Any]]:
        def tracked_submit(executor: Executor, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            job = Job(executor, Future())

            def run(*args: Any, **kwargs: Any) -> Any:
                job.thread = threading.get_ident()
                return function(*args, **kwargs)

            self._jobs.append(job)  # first: a worker may begin at once
            in_thread = isinstance(executor, ThreadPoolExecutor)  # a process could not be sent `run`
            job.future = submit(executor, run if in_thread else function, *args, **kwargs)
            return job.future

        return tracked_submit

    def _wrap_future(self, wrap: Callable[..., asyncio.Future[Any]]) -> Callable[..., asyncio.Future[Any]]:
        def tracked_wrap(future: Any, *, loop: Any = None) -> asyncio.Future[Any]:
            awaited = wrap(future, loop=loop)
            if awaited is not future:
                self._awaited.append((future, awaited))
            return awaited

        return tracked_wrap
