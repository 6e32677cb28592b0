"""Stop code that computes or hangs for too long, which a controlled clock cannot skip."""

from __future__ import annotations

import _thread
import asyncio
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic as real_monotonic
from types import FrameType
from typing import Any

from ..errors import Line, is_learners_file, line_of_stack
from .blocking import EventLoopBlocked
from .clock import ControlledClock

STEP = 2.0  # seconds of processor time without a loop iteration
HUNG = 30.0  # real seconds without a loop iteration and with hardly any work: a call that waits outside of Python
WORK = 0.5  # seconds of processor time; a call that uses less in HUNG seconds waits
WATCHDOG_POLL_INTERVAL = 0.1  # real seconds between two checks
LOOP = asyncio.Handle._run.__code__, asyncio.BaseEventLoop._run_once.__code__  # type: ignore[attr-defined]
MOST_TRIES = 5  # to stop code where a loop of the learner's begins again

# Without a handler SIGURG does nothing, so a late one does no harm. Windows needs a signal that a thread can raise.
SIGNAL: signal.Signals = getattr(signal, "SIGURG", None) or signal.SIGBREAK  # type: ignore[attr-defined]


@dataclass(eq=False)
class Watchdog:
    """Watches the event loop's thread; `line` is the learner's line at which code was last stopped."""

    clock: ControlledClock
    thread: int
    stops: int = 0
    hangs: bool = False  # whether the code waited, rather than computed
    line: Line | None = None
    tries: int = 0  # to stop the code since the last iteration
    _last_line: int = 0

    def run(self, done: threading.Event) -> None:
        """Until `done` is set, check that the loop still iterates."""
        turned = worked = _processor_seconds(self.thread)
        worked_at, iterations = real_monotonic(), self.clock.iterations
        while not done.wait(WATCHDOG_POLL_INTERVAL):
            spent = _processor_seconds(self.thread)
            if self.clock.iterations != iterations:
                turned = worked = spent
                worked_at, iterations, self.tries = real_monotonic(), self.clock.iterations, 0
            elif spent - turned > STEP or real_monotonic() - worked_at > HUNG:
                self.hangs = spent - turned <= STEP
                _interrupt(self.thread)
            elif spent - worked > WORK:
                worked, worked_at = spent, real_monotonic()

    def stop_code(self, frame: FrameType | None) -> None:
        """Raise EventLoopBlocked in the learner's task or callback; elsewhere it would end the event loop.

        In Python's own code the exception could keep a lock for ever. So code that computes is stopped where a loop of
        the learner's begins again, or after some more tries wherever it is.
        """
        if not _runs_learners_code(frame):
            return
        self.tries += 1
        if self.hangs or self.tries > MOST_TRIES:
            self._stop(frame)
        self._follow(frame)

    def _follow(self, frame: FrameType | None) -> None:
        """Trace the learner's innermost function."""
        while frame is not None and not is_learners_file(frame.f_code.co_filename):
            frame = frame.f_back
        if frame is not None:
            self._last_line, frame.f_trace = 0, self._trace
            sys.settrace(lambda *_: None)  # without it, Python does not look at `f_trace`

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        """Stop at a line that comes before the last one, or is the same; if the function returns, follow its caller."""
        if event == "return":
            self._follow(frame.f_back)
        elif event == "line" and frame.f_lineno <= self._last_line:
            self._stop(frame)
        self._last_line = frame.f_lineno
        return self._trace

    def _stop(self, frame: FrameType | None) -> None:
        self.stops += 1
        self.line = line_of_stack(frame)
        raise EventLoopBlocked


def _runs_learners_code(frame: FrameType | None) -> bool:
    """Return whether the event loop has called the learner's code, and is not at work itself."""
    for each, _ in traceback.walk_stack(frame):
        if is_learners_file(each.f_code.co_filename):
            return True
        if each.f_code in LOOP:
            return False
    return False


@contextmanager
def watchdog(clock: ControlledClock) -> Iterator[Watchdog]:
    """Watch the running event loop while the block runs, whichever part of a submission computes or hangs.

    A step of a task or a callback that takes more than STEP seconds of processor time, or waits for HUNG real seconds,
    is stopped there. This works only on the main thread, where signals are handled.
    """
    guard = Watchdog(clock, threading.get_ident())
    if threading.current_thread() is not threading.main_thread():
        yield guard
        return
    done, trace = threading.Event(), sys.gettrace()
    thread = threading.Thread(target=guard.run, args=(done,), daemon=True)
    clock.threads.ignore(thread)
    former = signal.signal(SIGNAL, lambda _, frame: guard.stop_code(frame))
    thread.start()
    try:
        yield guard
    finally:
        done.set()
        thread.join()
        sys.settrace(trace)
        signal.signal(SIGNAL, former)


def _processor_seconds(thread: int) -> float:
    """Return the processor time that a thread has used, in seconds; on Windows, that of the whole process."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.process_time()
    return time.clock_gettime(time.pthread_getcpuclockid(thread))


def _interrupt(thread: int) -> None:
    """Send SIGNAL to the main thread; where possible, this interrupts a system call, too."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(thread, SIGNAL)
    else:
        _thread.interrupt_main(SIGNAL)
