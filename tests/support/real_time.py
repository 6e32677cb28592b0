"""The real clock, even under a controlled one: the default arguments keep the real functions."""

import time
from collections.abc import Callable


def monotonic(read: Callable[[], float] = time.monotonic) -> float:
    """Return the real monotonic time in seconds."""
    return read()


def sleep(seconds: float, wait: Callable[[float], None] = time.sleep) -> None:
    """Sleep for a number of real seconds."""
    wait(seconds)
