"""Let a thread wait on the controlled clock: for a time, or for data on a socket."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass
from math import inf


@dataclass
class Wait:
    """A thread's wait: until a time on the controlled clock, in seconds, or until its socket has data."""

    until: float
    sock: socket.socket | None = None

    def is_over(self, now: float, real_seconds: float = 0) -> bool:
        """Return whether the wait is over; wait up to `real_seconds` for data on the socket."""
        return (self.sock is not None and _has_data(self.sock, real_seconds)) or self.until <= now


class Waiting:
    """Lets the current thread wait on the controlled clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def wait_for(self, wait: Wait) -> None:
        """Block until the wait is over."""
        raise NotImplementedError

    def sleep(self, seconds: float) -> None:
        """Let the current thread sleep."""
        self.wait_for(Wait(self._now() + seconds))

    def wait_for_data(self, sock: socket.socket) -> None:
        """Let the current thread wait until its socket has data.

        Raises:
            TimeoutError: the socket's timeout has passed.
        """
        timeout = sock.gettimeout()
        wait = Wait(inf if timeout is None else self._now() + timeout, sock)
        self.wait_for(wait)
        if wait.until <= self._now() and not _has_data(sock, 0):
            raise TimeoutError("timed out")


def _has_data(sock: socket.socket, real_seconds: float) -> bool:
    """Return whether a read would return at once, because there is data or the socket is closed."""
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ)
            return bool(selector.select(real_seconds))
    except (OSError, ValueError):  # its thread has closed the socket
        return True
