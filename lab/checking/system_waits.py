"""Find out whether threads wait in the operating system, where the clock cannot see for what."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

MOST_LOOKS = 50  # in a row; then threads that compute, or whose state is unknown, count as waiting, too
FUTEX = {"x86_64": "202", "aarch64": "98"}.get(platform.machine())  # the number of Linux's call that waits for a lock


class SystemWaits:
    """Compares the states of threads between looks at least some milliseconds apart."""

    def __init__(self) -> None:
        self._locked: dict[Thread, str] = {}  # the state of each thread that was found to wait for a lock
        self.restart()

    def restart(self) -> None:
        """Forget the looks so far: something has happened."""
        self._states: list[str | None] = []
        self._looks = 0

    def found(self, threads: Sequence[Thread | None]) -> bool:
        """Look at the threads, and return whether none of them has run since the last look.

        A thread that could run, but that a busy machine gives no processor time, is not taken for one that waits.

        Args:
            threads: those that work; None for one that is not known yet.
        """
        states = [None if thread is None else _sleep_of(thread) for thread in threads]
        have_slept = None not in states and states == self._states
        self._states = states
        self._looks += 1
        if have_slept:
            found = zip(threads, states, strict=True)
            self._locked |= {thread: state for thread, state in found if thread and state and _waits_for_lock(thread)}
        return have_slept or self._looks > MOST_LOOKS

    def is_locked(self, thread: Thread) -> bool:
        """Return whether a thread has waited for a lock since the look that found it: only another one can wake it."""
        return thread in self._locked and self._locked[thread] == _sleep_of(thread)


def _sleep_of(thread: Thread) -> str | None:
    """Return a text that changes when the thread runs; None if it does not sleep, or if the system does not tell."""
    status = _told(thread, "status")
    _, _, switches = status.partition("voluntary_ctxt_switches")
    return switches or None if "\nState:\tS" in status else None


def _waits_for_lock(thread: Thread) -> bool:
    """Return whether a thread that sleeps waits for a lock, without a limit."""
    call, *arguments = _told(thread, "syscall").split() or [""]
    return call == FUTEX and arguments[3] == "0x0"


def _told(thread: Thread, what: str) -> str:
    """Return what Linux tells of a thread; elsewhere, or if the thread has ended, an empty text."""
    try:
        return Path(f"/proc/self/task/{thread.native_id}/{what}").read_text()
    except OSError:
        return ""
