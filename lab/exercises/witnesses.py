"""How a client reads a date, which no server can see."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import aiohttp


def seconds_before_the_date(found: list[float]) -> aiohttp.TraceConfig:
    """Return a trace that compares each repeated request with the date of the Retry-After before it.

    Args:
        found: gets the seconds from each request to the date, negative if the request came later. They are measured by
            the time of day, which the journal does not have.
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
