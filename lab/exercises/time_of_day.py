"""The time of day and the time zone in which a submission runs: the same in every check."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

FRACTION = 0.47  # of a second: far from a whole second and from a whole tenth, so that rounding gives a wrong wait


async def reach_fraction() -> None:
    """Wait until the time of day is FRACTION past a whole second."""
    await asyncio.sleep((FRACTION - time.time()) % 1)


def summer_time() -> str:
    """Return a time zone with summer time around today; it is then 5.5 hours ahead of UTC, otherwise 4.5."""
    today = time.gmtime().tm_yday
    first, last = ((today + days - 1) % 365 + 1 for days in (-30, 30))
    return f"STD-4:30DST-5:30,J{first}/0,J{last}/0"


@contextmanager
def time_zone(name: str) -> Iterator[None]:
    """Set the local time zone while the block runs; Windows has no `tzset` and keeps its own.

    Args:
        name: as in the environment variable TZ, such as "IST-5:30", which is 5.5 hours ahead of UTC.
    """
    if not hasattr(time, "tzset"):
        yield
        return
    before = os.environ.get("TZ")
    try:
        _set(name)
        yield
    finally:
        _set(before)


def _set(name: str | None) -> None:
    if name is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = name
    time.tzset()
