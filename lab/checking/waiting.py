"""Let a thread wait on the controlled clock: for a time, or for data on a socket."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from threading import Lock
from typing import Any

real_select = selectors.DefaultSelector.select  # during the block, that of a thread waits on the controlled clock


@dataclass
class Wait:
    """A thread's wait: until a time on the controlled clock, in seconds, or until its socket has data.

    `is_for_notice` says that a condition may end it, too.
    """

    until: float
    sock: Any = None  # or another object with a `fileno`, such as a selector
    is_for_notice: bool = False
    _bell: Any = field(default_factory=Lock)  # an event's own wait would be one on the controlled clock

    def __post_init__(self) -> None:
        self._bell.acquire()

    def is_over(self, now: float) -> bool:
        """Return whether the time has come or the socket has data."""
        return (self.sock is not None and _has_data(self.sock)) or self.until <= now

    def end(self) -> None:
        """Wake the thread at once."""
        if self._bell.locked():
            self._bell.release()

    def block(self, real_seconds: float) -> None:
        """Block the thread until the socket has data or `end` is called, but for no longer than this."""
        if self.sock is None:
            self._bell.acquire(timeout=real_seconds)
        else:
            _has_data(self.sock, real_seconds)


class Waiting:
    """Lets the current thread wait on the controlled clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now

    def wait_for(self, wait: Wait) -> None:
        """Block until the wait is over."""
        raise NotImplementedError

    def sleep(self, seconds: float) -> None:
        """Let the current thread sleep."""
        self.wait_for(Wait(self.now() + seconds))

    def select(self, selector: Any, timeout: float | None) -> Any:
        """Let the current thread, such as that of another event loop, wait for events; return those that are ready."""
        self.wait_for(Wait(inf if timeout is None else self.now() + timeout, selector))
        return real_select(selector, 0)

    def wait_for_data(self, sock: socket.socket) -> None:
        """Let the current thread wait until its socket has data.

        Raises:
            TimeoutError: the socket's timeout has passed.
        """
        timeout = sock.gettimeout()
        wait = Wait(inf if timeout is None else self.now() + timeout, sock)
        self.wait_for(wait)
        if wait.until <= self.now() and not _has_data(sock):
            raise TimeoutError("timed out")


def _has_data(sock: socket.socket, real_seconds: float = 0) -> bool:
    """Return whether a read returns within this time, because there is data or the socket is closed."""
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ)
            return bool(real_select(selector, real_seconds))
    except (OSError, ValueError):  # its thread has closed the socket
        return True
