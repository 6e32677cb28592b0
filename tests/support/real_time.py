"""The real clock, even under a controlled one, which does not look into a tuple."""

import time

_CLOCKS = time.monotonic, time.sleep


def monotonic() -> float:
    """Return the real monotonic time in seconds."""
    return _CLOCKS[0]()


def sleep(seconds: float) -> None:
    """Sleep for a number of real seconds."""
    _CLOCKS[1](seconds)
