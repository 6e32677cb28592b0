"""Find calls that block the event loop: refuse or skip each one, and record the learner's line."""

from __future__ import annotations

import os
import queue
import selectors
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from time import sleep as real_sleep
from types import FrameType
from typing import Any

from ..errors import Line, is_course_file, is_learners_file, is_stdlib_file, line_of_stack
from .loopback import Clients
from .replace import wrapped
from .threads import ThreadWork
from .waiting import Waiting

READS = ("recv", "recv_into", "recvfrom", "accept")
PROCESS_STARTS = {  # a pool of processes calls the first, asyncio's subprocesses the second
    "multiprocessing.Process.start": (BaseProcess, "start"),
    "subprocess.Popen": (subprocess.Popen, "__init__"),
    "os.system": (os, "system"),
}
LEAVING = ("__exit__", "shutdown")  # what closes a pool, also when an exception leaves its block
MANY_SLEEPS = 1000  # on the event loop's thread; a loop of more waits for a thread that cannot go on meanwhile
SHORT_WAITS = threading.Thread.start.__code__, Finalize.__call__.__code__  # for a thread to begin, or for an idle pool


class EventLoopBlocked(BaseException):
    """Raised instead of a blocking wait on the event loop's thread. `except Exception` does not catch it."""


@dataclass(frozen=True)
class BlockingCall:
    """A call that blocks the event loop: its name, such as `requests.get`, and the learner's line."""

    name: str
    line: Line | None
    during: Exception | None = None  # the exception that left a block, whose end blocks


class BlockingCalls:
    """Records the blocking calls on the current thread, which is the event loop's."""

    def __init__(self, threads: ThreadWork, advance: Callable[[float], None]) -> None:
        self._threads = threads
        self._advance = advance
        self._loop_thread = os.getpid(), threading.get_ident()  # after a fork, the child's thread has the same identity
        self.clients = Clients()
        self.found: list[BlockingCall] = []
        self.elsewhere: list[str] = []  # other servers that the code tried to reach
        self.port: int | None = None  # the only port that the code may connect to; None: any port
        self.waiting: Waiting | None = None  # lets the event loop's thread block; None: it must not

    def sleep(self, seconds: float) -> None:
        """Replace `time.sleep`: on the event loop's thread, record the call and advance the clock."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        if self._on_loop:
            self._note("time.sleep", sys._getframe(1))
        if (waiting := self._own_waiting) is not None:
            waiting.sleep(seconds)
        elif not self._on_loop:
            real_sleep(seconds)
        elif len(self.found) > MANY_SLEEPS:
            raise EventLoopBlocked
        else:
            self._advance(seconds)

    @contextmanager
    def refused(self) -> Iterator[None]:
        """Refuse what blocks the event loop's thread, and connections to other ports.

        Blocking socket calls, waits, joins and the start of a process all block it.
        """
        with ExitStack() as stack:
            for name in ("connect", "connect_ex"):
                stack.enter_context(wrapped(socket.socket, name, self._connect))
            for name in READS:
                stack.enter_context(wrapped(socket.socket, name, self._read))
            if hasattr(selectors.DefaultSelector, "fileno"):
                stack.enter_context(wrapped(selectors.DefaultSelector, "select", self._select))
            stack.enter_context(wrapped(threading.Condition, "wait", self._wait))
            for module, name in ((threading, "_time"), (queue, "time")):  # with which they measure their limits
                stack.enter_context(wrapped(module, name, self._time))
            stack.enter_context(wrapped(threading.Thread, "join", self._join))
            for name, (owner, attribute) in PROCESS_STARTS.items():
                stack.enter_context(wrapped(owner, attribute, partial(self._start, name)))
            yield

    @property
    def _on_loop(self) -> bool:
        return (os.getpid(), threading.get_ident()) == self._loop_thread

    @property
    def _own_waiting(self) -> Waiting | None:
        """What lets the current thread wait on the clock; None if it must not block, or is none of the learner's."""
        if self._on_loop:
            return self.waiting
        return self._threads if self._threads.belongs(threading.current_thread()) else None

    def _note(self, name: str, frame: FrameType) -> None:
        during = sys.exc_info()[1] if name.endswith(LEAVING) else None
        if during is None or isinstance(during, Exception):  # otherwise the call is already being stopped
            self.found.append(BlockingCall(name, line_of_stack(frame), during))

    def _refuse(self, name: str, frame: FrameType) -> None:
        self._note(_name_of_call(frame) or name, frame)
        raise EventLoopBlocked

    def _connect(self, connect: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(sock: socket.socket, address: Any) -> Any:
            is_own = self._on_loop or self._threads.belongs(threading.current_thread())
            if is_own and self.port is not None and isinstance(address, tuple) and address[1] != self.port:
                self.elsewhere.append(f"{address[0]}:{address[1]}")
                raise ConnectionRefusedError("a check reaches its own server only")
            if self._on_loop and sock.gettimeout() != 0 and self.waiting is None:
                self._refuse("socket.socket.connect", sys._getframe(1))
            try:
                return connect(sock, address)
            finally:
                if isinstance(address, tuple):  # not that of a Unix socket
                    self.clients.connected(sock)

        return guarded

    def _read(self, read: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(sock: socket.socket, *args: Any) -> Any:
            if sock.gettimeout() != 0:
                if (waiting := self._own_waiting) is not None:
                    waiting.wait_for_data(sock)
                elif self._on_loop:
                    self._refuse(f"socket.socket.{read.__name__}", sys._getframe(1))
            return read(sock, *args)

        return guarded

    def _select(self, select: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(selector: Any, timeout: float | None = None) -> Any:
            if self._own_waiting is not self._threads or (timeout is not None and timeout <= 0):
                return select(selector, timeout)
            return self._threads.select(selector, timeout)

        return guarded

    def _wait(self, wait: Callable[..., bool]) -> Callable[..., bool]:
        def guarded(condition: threading.Condition, timeout: float | None = None) -> bool:
            if self._on_loop and _takes_time(timeout) and _is_learners_call(frame := sys._getframe(1)):
                self._refuse("threading.Condition.wait", frame)
            if timeout is not None and timeout > 0 and self._own_waiting is self._threads:
                return self._threads.wait_for_notice(partial(wait, condition), timeout)
            return wait(condition, timeout)

        return guarded

    def _time(self, real: Callable[[], float]) -> Callable[[], float]:
        return lambda: self._threads.now() if self._own_waiting is self._threads else real()

    def _join(self, join: Callable[..., None]) -> Callable[..., None]:
        def guarded(thread: threading.Thread, timeout: float | None = None) -> None:
            waits = self._on_loop and _takes_time(timeout) and self._threads.is_busy(thread)
            if waits and _is_learners_call(frame := sys._getframe(1)):
                self._refuse("threading.Thread.join", frame)
            join(thread, timeout)

        return guarded

    def _start(self, name: str, start: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            if self._on_loop and self.waiting is None and not _name_of_call(frame).startswith("uuid."):
                self._note(name, frame)
                raise EventLoopBlocked
            return start(*args, **kwargs)  # `uuid.uuid1` may ask a program for the machine's address, once

        return guarded


def _takes_time(timeout: float | None) -> bool:
    return timeout is None or timeout > 0


def _is_learners_call(frame: FrameType) -> bool:
    """Return whether the learner's code made the blocking call, rather than a library, or one of SHORT_WAITS."""
    for each, _ in traceback.walk_stack(frame):
        if each.f_code in SHORT_WAITS:
            return False
        if not is_stdlib_file(each.f_code.co_filename):
            return is_learners_file(each.f_code.co_filename)
    return False


def _name_of_call(frame: FrameType) -> str:
    """Return the library function that the learner's code called, such as `urllib.request.urlopen`; "" if none."""
    called = None
    for each, _ in traceback.walk_stack(frame):
        if is_learners_file(each.f_code.co_filename):
            break
        if not is_course_file(each.f_code.co_filename):
            called = each
    if called is None:
        return ""
    module = called.f_globals.get("__name__", "")
    if not is_stdlib_file(called.f_code.co_filename):
        module = module.partition(".")[0]
    parts = [part for part in module.split(".") if not part.startswith("_")]
    return ".".join([*parts, called.f_code.co_qualname.partition(".<locals>")[0]])
