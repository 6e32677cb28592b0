"""Evidence that only the client has: the requests of its session, and the writes to its file."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import aiohttp

from ..checking.symptoms import NotYet


class ClientTrace:
    """Makes sessions, and records what they have done since the last `clear`."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all calls."""
        self.methods: list[str] = []  # of each call of `session.get` and similar, in order
        self.content_types: list[str] = []  # of each attempt, in order
        self.response: aiohttp.ClientResponse | None = None  # the latest whose head has arrived

    def session(self, url: str, **options: Any) -> aiohttp.ClientSession:
        """Return a session that is traced."""
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._note_call)
        trace.on_request_headers_sent.append(self._note_attempt)
        trace.on_request_end.append(self._note_response)
        return aiohttp.ClientSession(url, trace_configs=[trace], **options)

    @property
    def calls(self) -> int:
        """How often `session.get` and similar were called."""
        return len(self.methods)

    def expect_calls(self, wanted: int) -> None:
        """Expect this many requests with these sessions, without counting redirects and aiohttp's own retries."""
        if self.calls != wanted:
            sent = "1 request" if self.calls == 1 else f"{self.calls} requests"
            raise NotYet(f"It sent {sent} with the session that it was given; expected {wanted}.")

    def expect_method(self, wanted: str) -> None:
        """Expect that a request was sent with this method, if any was sent."""
        if self.methods and wanted not in self.methods:
            raise NotYet(f"It sent a request with the method {self.methods[0]}; expected {wanted}.")

    async def _note_call(self, _s: object, _c: object, start: aiohttp.TraceRequestStartParams) -> None:
        self.methods.append(start.method)

    async def _note_attempt(self, _s: object, _c: object, sent: aiohttp.TraceRequestHeadersSentParams) -> None:
        self.content_types.append(sent.headers.get("Content-Type", "nothing").partition(";")[0])

    async def _note_response(self, _s: object, _c: object, end: aiohttp.TraceRequestEndParams) -> None:
        self.response = end.response


class Download(io.BytesIO):
    """A file in memory that compares, at each write, what has arrived of the body with what is written."""

    def __init__(self, trace: ClientTrace) -> None:
        super().__init__()
        self._trace = trace
        self.most_held = 0  # the most bytes that had arrived but were not written yet

    def write(self, data: Any, /) -> int:
        """Write a piece."""
        if self._trace.response is not None:
            self.most_held = max(self.most_held, self._trace.response.content.total_bytes - self.tell())
        return super().write(data)

    def writelines(self, lines: Iterable[Any], /) -> None:
        """Write several pieces."""
        for line in lines:
            self.write(line)
