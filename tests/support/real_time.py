"""The real clock, also where a controlled one has taken its place: the defaults keep the real functions."""

import time
from collections.abc import Callable


def monotonic(read: Callable[[], float] = time.monotonic) -> float:
    """Return the real monotonic time in seconds."""
    return read()


def sleep(seconds: float, wait: Callable[[float], None] = time.sleep) -> None:
    """Sleep for so many real seconds."""
    wait(seconds)
