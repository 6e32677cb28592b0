"""Find out whether threads wait in the operating system, where the clock cannot see for what."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from threading import Thread

MOST_LOOKS = 50  # in a row; then threads that compute, or whose state is unknown, count as waiting, too


class SystemWaits:
    """Compares the states of threads between looks at least some milliseconds apart."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget the looks so far: something has happened."""
        self._states: list[str | None] = []
        self._looks = 0

    def found(self, threads: Iterable[Thread | None]) -> bool:
        """Look at the threads, and return whether none of them has run since the last look.

        A thread that could run, but that a busy machine gives no processor time, is not taken for one that waits.

        Args:
            threads: those that work; None for one that is not known yet.
        """
        states = [None if thread is None else _sleep_of(thread) for thread in threads]
        have_slept = None not in states and states == self._states
        self._states = states
        self._looks += 1
        return have_slept or self._looks > MOST_LOOKS


def _sleep_of(thread: Thread) -> str | None:
    """Return a text that changes when the thread runs; None if it does not sleep, or if the system does not tell."""
    try:
        status = Path(f"/proc/self/task/{thread.native_id}/status").read_text()  # Linux only
    except OSError:
        return None
    _, _, switches = status.partition("voluntary_ctxt_switches")
    return switches or None if "\nState:\tS" in status else None
