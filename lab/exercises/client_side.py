"""Evidence that only the client has: the requests of its session, their errors, and the memory that it takes."""

from __future__ import annotations

import tracemalloc
from typing import Any, Self

import aiohttp

from ..checking.symptoms import NotYet
from ..quantities import counted

REQUEST_ERRORS = (aiohttp.ClientError, TimeoutError)  # raised by a request that fails


class ClientTrace:
    """Makes sessions, and records what they have done since the last `clear`."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all calls."""
        self.methods: list[str] = []  # of each call of `session.get` and similar, in order
        self.content_types: list[str] = []  # of each attempt, in order; "" for one without a body

    def session(self, url: str, **options: Any) -> aiohttp.ClientSession:
        """Return a session that is traced."""
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._note_call)
        trace.on_request_headers_sent.append(self._note_attempt)
        return aiohttp.ClientSession(url, trace_configs=[trace], **options)

    @property
    def calls(self) -> int:
        """How often `session.get` and similar were called."""
        return len(self.methods)

    def expect_calls(self, wanted: int) -> None:
        """Expect this many requests with these sessions, without counting redirects and aiohttp's own retries."""
        if self.calls != wanted:
            raise NotYet(
                f"It sent {counted(self.calls, 'request')} with the session that it was given; expected {wanted}."
            )

    def expect_method(self, wanted: str) -> None:
        """Expect that a request was sent with this method, if any was sent."""
        if self.methods and wanted not in self.methods:
            raise NotYet(f"It sent a request with the method {self.methods[0]}; expected {wanted}.")

    async def _note_call(self, _s: object, _c: object, start: aiohttp.TraceRequestStartParams) -> None:
        self.methods.append(start.method)

    async def _note_attempt(self, _s: object, _c: object, sent: aiohttp.TraceRequestHeadersSentParams) -> None:
        has_body = sent.headers.get("Content-Length") != "0"
        self.content_types.append(sent.headers.get("Content-Type", "nothing").partition(";")[0] if has_body else "")


class PeakMemory:
    """Measures by how many bytes, at most, Python's memory grows while the block runs."""

    growth = 0

    def __enter__(self) -> Self:
        self._was_tracing = tracemalloc.is_tracing()
        tracemalloc.start()
        tracemalloc.reset_peak()
        self._before = tracemalloc.get_traced_memory()[0]
        return self

    def __exit__(self, *_: object) -> None:
        self.growth = tracemalloc.get_traced_memory()[1] - self._before
        if not self._was_tracing:
            tracemalloc.stop()
