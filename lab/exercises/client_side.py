"""Evidence that only the client has: what its session was asked for and sent, and what was written to a file."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import aiohttp

from ..checking.symptoms import NotYet


class ClientTrace:
    """What the sessions that it made have done since the latest `clear`."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all calls."""
        self.calls = 0  # of `session.get` and its like
        self.content_types: list[str] = []  # of each attempt, in order
        self.response: aiohttp.ClientResponse | None = None  # the latest whose head has arrived

    def session(self, url: str, **options: Any) -> aiohttp.ClientSession:
        """Return a session that is traced."""
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._note_call)
        trace.on_request_headers_sent.append(self._note_attempt)
        trace.on_request_end.append(self._note_response)
        return aiohttp.ClientSession(url, trace_configs=[trace], **options)

    def expect_calls(self, wanted: int) -> None:
        """Expect so many requests with these sessions; redirects, and what aiohttp repeats, do not count."""
        if self.calls != wanted:
            sent = "1 request" if self.calls == 1 else f"{self.calls} requests"
            raise NotYet(f"It sent {sent} with the session that it was given; expected {wanted}.")

    async def _note_call(self, *_: object) -> None:
        self.calls += 1

    async def _note_attempt(self, _s: object, _c: object, sent: aiohttp.TraceRequestHeadersSentParams) -> None:
        self.content_types.append(sent.headers.get("Content-Type", "nothing").partition(";")[0])

    async def _note_response(self, _s: object, _c: object, end: aiohttp.TraceRequestEndParams) -> None:
        self.response = end.response


class Download(io.BytesIO):
    """A file in memory that knows how much of the body had arrived whenever it was written to."""

    def __init__(self, trace: ClientTrace) -> None:
        super().__init__()
        self._trace = trace
        self.most_held = 0  # bytes that had arrived and were not written yet

    def write(self, data: Any, /) -> int:
        """Write a piece."""
        if self._trace.response is not None:
            self.most_held = max(self.most_held, self._trace.response.content.total_bytes - self.tell())
        return super().write(data)

    def writelines(self, lines: Iterable[Any], /) -> None:
        """Write several pieces."""
        for line in lines:
            self.write(line)
