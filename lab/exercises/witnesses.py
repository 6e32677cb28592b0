"""What a client does that no server can see: what it writes, leaves open, makes of a body's name or of a date."""

from __future__ import annotations

import asyncio
import gc
import io
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp


class Sink(io.BytesIO):
    """A file in memory that knows the longest piece that was written to it, in bytes."""

    longest = 0

    def write(self, data: Any, /) -> int:
        """Write a piece."""
        self.longest = max(self.longest, len(data))
        return super().write(data)


@contextmanager
def complaints() -> Iterator[list[str]]:
    """Collect what aiohttp complains of, in the length of a block, about what nobody closed."""
    gc.collect()  # what was left open before is none of this block's
    loop, found = asyncio.get_running_loop(), list[str]()
    former = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: found.append(str(context["message"])))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            yield found
            gc.collect()
    finally:
        loop.set_exception_handler(former)


def open_sessions() -> set[int]:
    """Return the identities of the sessions that somebody holds and nobody has closed."""
    return {id(each) for each in gc.get_objects() if issubclass(type(each), aiohttp.ClientSession) and not each.closed}


def content_types(found: list[str]) -> aiohttp.TraceConfig:
    """Return a trace that notes the content type of each POST."""

    async def note(_session: object, _context: object, sent: aiohttp.TraceRequestHeadersSentParams) -> None:
        if sent.method == "POST":
            found.append(sent.headers.get("Content-Type", "nothing").partition(";")[0])

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(note)
    return trace


def seconds_before_the_date(found: list[float]) -> aiohttp.TraceConfig:
    """Return a trace that notes how long before the date of a Retry-After its address is asked again; below 0: after.

    By the clock that the date was made with: the journal does not know the time of day.
    """
    dates = dict[str, float]()

    async def compare(_session: object, _context: object, begun: aiohttp.TraceRequestStartParams) -> None:
        if date := dates.pop(str(begun.url), None):
            found.append(date - time.time())

    async def remember(_session: object, _context: object, answered: aiohttp.TraceRequestEndParams) -> None:
        text = answered.response.headers.get("Retry-After", "")
        if text and not text.isdecimal():
            dates[str(answered.url)] = parsedate_to_datetime(text).timestamp()

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(compare)
    trace.on_request_end.append(remember)
    return trace
