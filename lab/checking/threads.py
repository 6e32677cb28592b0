"""Track which threads work and which only wait while the clock is controlled."""

from __future__ import annotations

import asyncio
import dis
import multiprocessing.pool
import queue
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.thread import _threads_queues as pool_threads
from concurrent.futures.thread import _worker
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from math import inf
from selectors import BaseSelector
from types import FrameType, SimpleNamespace
from typing import Any

from ..errors import Line, line_of_stack
from .replace import replaced, wrapped
from .waiting import Wait, Waiting

CONDITION_WAIT = threading.Condition.wait.__code__  # for a future, a queue, an event or a barrier, too
JOINS = [  # up to Python 3.12 the second of these waits, later the first
    getattr(threading.Thread, name).__code__
    for name in ("join", "_wait_for_tstate_lock")
    if hasattr(threading.Thread, name)
]
# The line at which a pool's idle thread waits for its next call.
NEXT_CALL = next(op.positions.lineno for op in dis.get_instructions(_worker) if op.positions and op.argval == "get")
# A `ThreadPool` finds its queues by these names. A queue written in C would not show that a thread waits for it.
VISIBLE = SimpleNamespace(SimpleQueue=queue._PySimpleQueue, Empty=queue.Empty)  # type: ignore[attr-defined]
THREAD_POLL_INTERVAL = 0.002  # real seconds between two checks by a waiting thread


@dataclass(eq=False)
class Job:
    """A call handed to an executor."""

    executor: Executor
    future: Future[Any]
    worker: threading.Thread | None = None  # that runs it

    def has_ended(self) -> bool:
        """Return whether the call is done and its thread has let go of it."""
        return self.future.done() and (self.worker is None or _is_idle(self.worker))


@dataclass(frozen=True)
class UnsafeCall:
    """A call of the event loop by another thread, at the learner's line; whether the thread has a loop of its own."""

    line: Line | None
    has_loop: bool


class ThreadWork(Waiting):
    """Tracks the threads that a block starts and the calls that it hands to executors."""

    def __init__(
        self, now: Callable[[], float], wake_loop: Callable[[], None], is_locked: Callable[[threading.Thread], bool]
    ) -> None:
        super().__init__(now)
        self._is_locked = is_locked
        self._wake_loop = wake_loop
        self._jobs: list[Job] = []
        self._awaited: list[tuple[Future[Any], asyncio.Future[Any]]] = []
        self._waits: dict[int, Wait] = {}
        self.waits_begun = 0
        self.unsafe_calls: list[UnsafeCall] = []
        self._before: set[threading.Thread] = set()
        self._loop_thread = threading.current_thread()
        self._has_ended = False

    @contextmanager
    def tracked(self) -> Iterator[None]:
        """Track threads and calls while the block runs; then end the waits of the threads that it leaves."""
        self._before = set(threading.enumerate())
        with ExitStack() as stack:
            for kind in (ThreadPoolExecutor, ProcessPoolExecutor):
                stack.enter_context(wrapped(kind, "submit", self._submit))
            stack.enter_context(replaced(multiprocessing.pool, "queue", VISIBLE))
            stack.enter_context(wrapped(multiprocessing.pool.Pool, "_wait_for_updates", self._wait_for_updates))
            stack.enter_context(wrapped(threading, "excepthook", self._report))
            for module in (asyncio, asyncio.futures):  # run_in_executor and to_thread use the second
                stack.enter_context(wrapped(module, "wrap_future", self._wrap_future))
            try:
                yield
            finally:
                self._has_ended = True
                for _, awaited in self._awaited:
                    awaited.cancel()  # otherwise asyncio may report a failed call after the loop is closed
                for thread in filter(self._is_own, threading.enumerate()):
                    thread._invoke_excepthook = _ignore  # type: ignore[attr-defined] # its server is gone

    def working(self) -> Iterator[threading.Thread | None]:
        """Yield the threads that neither sleep nor wait for data; None for a call before or after its work."""
        self._jobs = [job for job in self._jobs if not job.has_ended()]
        self._awaited = [pair for pair in self._awaited if not pair[1].done()]
        if any(call.done() for call, _ in self._awaited):
            yield None  # its result is on its way to the loop
        busy = {(job.executor, job.worker) for job in self._jobs if job.worker is not None}
        running = Counter(executor for executor, _ in busy)
        for job in self._jobs:
            if job.worker is None:
                if running[job.executor] < getattr(job.executor, "_max_workers", inf):
                    yield None  # a worker is about to start it
            elif not self._is_waiting(job.worker):
                yield job.worker
        yield from (each for each in threading.enumerate() if self._is_own(each) and not self._is_waiting(each))

    def all_wait(self) -> bool:
        """Return whether all threads wait, for a later time or for data; wake those whose waits are over."""
        if any(True for _ in self.working()):
            return False
        over = [wait for wait in list(self._waits.values()) if wait.is_over(self.now())]
        for wait in over:
            wait.end()
        return not over

    def next_due(self) -> float:
        """Return when the first timed wait of a thread ends, in seconds of the clock; infinity if there is none."""
        return min((wait.until for wait in list(self._waits.values())), default=inf)

    def sockets(self) -> list[int]:
        """Return the sockets on which threads wait for data; data for them may still be on its way."""
        waiting = [wait.sock for wait in list(self._waits.values()) if wait.sock is not None]
        return [fd for sock in waiting for fd in _descriptors(sock) if fd >= 0]

    def belongs(self, thread: threading.Thread) -> bool:
        """Return whether a thread works for the block, rather than for the kernel."""
        if self._has_ended:
            return False
        return self._is_own(thread) or any(job.worker is thread for job in self._jobs)

    def ignore(self, thread: threading.Thread) -> None:
        """Do not track a thread that does not work for the block."""
        self._before.add(thread)

    def is_busy(self, thread: threading.Thread) -> bool:
        """Return whether a thread has work to do; a pool's thread has none once its pool's calls are done."""
        if thread not in pool_threads:
            return thread.is_alive()
        return any(thread in getattr(job.executor, "_threads", ()) and not job.future.done() for job in self._jobs)

    def called_loop(self, frame: FrameType) -> None:
        """Note that a thread has called the event loop in a way that does not wake it."""
        if self.belongs(threading.current_thread()):
            self.unsafe_calls.append(UnsafeCall(line_of_stack(frame), asyncio._get_running_loop() is not None))

    def wait_for(self, wait: Wait) -> None:
        """Block until the wait is over or the control ends; meanwhile, this thread counts as waiting."""
        with self._counted(wait):
            while not self._is_over(wait):
                wait.block(THREAD_POLL_INTERVAL)

    def wait_for_notice(self, is_notified: Callable[[float], bool], seconds: float) -> bool:
        """Return whether a condition is notified within some seconds of the clock.

        Args:
            is_notified: waits for the notice for some real seconds, and returns whether it came.
            seconds: how long to wait.
        """
        with self._counted(wait := Wait(self.now() + seconds, is_for_notice=True)):
            while not self._is_over(wait):
                if is_notified(THREAD_POLL_INTERVAL):
                    return True
        return False

    @contextmanager
    def _counted(self, wait: Wait) -> Iterator[None]:
        me = threading.get_ident()
        self.waits_begun += 1
        self._waits[me] = wait
        self._wake_loop()
        try:
            yield
        finally:
            del self._waits[me]

    def _is_over(self, wait: Wait) -> bool:
        return self._has_ended or wait.is_over(self.now())

    def _wait_for_updates(self, wait: Callable[..., None]) -> Any:
        def tracked_wait(sentinels: list[Any], notifier: Any, *timeout: float) -> None:
            if len(sentinels) > 1:  # those of processes
                wait(sentinels, notifier, *timeout)
            else:
                self.wait_for(Wait(inf, notifier._reader))
                notifier.get()

        return staticmethod(tracked_wait)

    def _is_waiting(self, thread: threading.Thread) -> bool:
        frame = _frame_of(thread)
        if frame is None:
            return False
        if frame.f_code in JOINS:
            return self._is_waiting(frame.f_locals["self"])
        if frame.f_code is CONDITION_WAIT:
            return _is_not_notified(frame)
        wait = self._waits.get(thread.ident or 0)
        return self._is_locked(thread) if wait is None else not wait.is_for_notice

    def _is_strange(self, thread: threading.Thread) -> bool:
        """Return whether a thread was there before the block, as one that an earlier block left."""
        return thread in self._before and thread is not self._loop_thread

    def _is_own(self, thread: threading.Thread) -> bool:
        return thread not in self._before and thread not in pool_threads

    def _report(self, report: Callable[[Any], object]) -> Callable[[Any], None]:
        def report_others(failure: Any) -> None:
            if not self._is_own(failure.thread):
                report(failure)

        return report_others

    def _submit(self, submit: Callable[..., Future[Any]]) -> Callable[..., Future[Any]]:
        def tracked_submit(executor: Executor, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            if self._is_strange(threading.current_thread()):
                return submit(executor, function, *args, **kwargs)
            job, context = Job(executor, Future()), copy_context()  # a coroutine that it starts is inside, too

            def run(*args: Any, **kwargs: Any) -> Any:
                job.worker = threading.current_thread()
                return context.run(function, *args, **kwargs)

            self._jobs.append(job)  # first: a worker may begin at once
            in_thread = isinstance(executor, ThreadPoolExecutor)  # `run` cannot be sent to a process
            try:
                job.future = submit(executor, run if in_thread else function, *args, **kwargs)
            except BaseException:  # the pool has been shut down
                self._jobs.remove(job)
                raise
            return job.future

        return tracked_submit

    def _wrap_future(self, wrap: Callable[..., asyncio.Future[Any]]) -> Callable[..., asyncio.Future[Any]]:
        def tracked_wrap(future: Any, *, loop: Any = None) -> asyncio.Future[Any]:
            awaited = wrap(future, loop=loop)
            if awaited is not future:
                awaited.add_done_callback(retrieve)
                self._awaited.append((future, awaited))
            return awaited

        return tracked_wrap


def retrieve(future: asyncio.Future[Any]) -> None:
    """Look at the exception of a future or task, so that asyncio does not report it long after the run."""
    if not future.cancelled():
        future.exception()


def _descriptors(sock: Any) -> list[int]:
    """Return the descriptors of a selector's sockets, or of a single socket."""
    return list(sock.get_map() or ()) if isinstance(sock, BaseSelector) else [sock.fileno()]  # type: ignore[arg-type]


def _ignore(*_: Any) -> None:
    """Report nothing."""


def _frame_of(thread: threading.Thread) -> FrameType | None:
    """Return what a thread runs; None if it has ended, since another thread may have its identity now."""
    return sys._current_frames().get(thread.ident or 0) if thread.is_alive() else None


def _is_idle(thread: threading.Thread) -> bool:
    """Return whether a pool's thread has let go of its last call, with all that the call held, such as a connection."""
    frame = _frame_of(thread)
    return frame is None or (frame.f_code is _worker.__code__ and frame.f_lineno == NEXT_CALL)


def _is_not_notified(frame: FrameType) -> bool:
    """Return whether `Condition.wait` still waits to be notified.

    Its lock does not tell: a thread that has been notified locks it again, maybe long before it continues.
    """
    return frame.f_locals.get("waiter") in frame.f_locals["self"]._waiters
