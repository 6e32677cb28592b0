"""The exercise of lesson 02 on stalls: a download that may take a long time."""

from __future__ import annotations

import io
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from os import SEEK_END
from tempfile import TemporaryFile
from typing import Any

import aiohttp

from mock_server import faults
from mock_server.streams import CHUNK

from ..checking.replace import replaced
from ..checking.symptoms import NotYet, sentences, why_group
from ..checking.trial import Trial
from . import exercise
from .client_side import ClientTrace, PeakMemory
from .on_return import on_return
from .statuses import ERROR_STATUSES

EXACT = 0.01  # seconds by which a time limit may be off
MIB = 2**20  # bytes
HELD = 4 * MIB  # bytes of the body that may be held in memory
FIRST_WRITE = 0.1  # seconds, in a thread
ROOM = 1.5 * MIB  # for a bytearray's spare capacity, and for the buffers of aiohttp and the server
LARGE = 7 * MIB  # bytes of a large body
GAP = 7200.0  # seconds before each byte of the slowest body; more would take too long for code that polls
DOWNLOAD_LIMIT = 100_000.0  # seconds of the check's clock that a call may take

SESSIONS_LIMIT = aiohttp.ClientTimeout(total=0.5)  # too short for any of the slow bodies
THREE_LINES = b"".join(b'{"line": %d, "of": 3}\n' % line for line in (1, 2, 3))


@dataclass(frozen=True)
class Body:
    """A body that must arrive whole, and what is special about it."""

    what: str
    path: str
    stall: float
    content: bytes


BODIES = (
    Body(f"A byte came every {GAP:,g} s, for 26 hours", "/drip?bytes=13", 7500.0, b"*" * 13),
    Body("The head came after 0.7 s, and then a byte every 0.7 s", "/drip?bytes=4&gap=0.7&latency=0.7", 0.8, b"****"),
    Body("A byte came every second, for 50 s", "/drip?bytes=50&gap=1", 1.1, b"*" * 50),
    Body("The body was empty", "/bytes/0", 0.8, b""),
    Body("The status was 203", "/status/203", 0.8, b'{"status": 203, "title": "Non-Authoritative Information"}'),
    Body("The status was 300", "/status/300", 0.8, b'{"status": 300, "title": "Multiple Choices"}'),
    Body("The length of the body was not known", "/stream/3?gap=0.1", 0.8, THREE_LINES),
)
LARGE_CONTENT = (CHUNK * (LARGE // len(CHUNK) + 1))[:LARGE]
LARGE_BODIES = (
    Body("The body was large and had no newline", f"/bytes/{LARGE}", 2.0, LARGE_CONTENT),
    Body("The body was large and its length not known", f"/bytes/{LARGE}?chunked=1", 2.0, LARGE_CONTENT),
)
SILENCES = (  # what the server does, at which path, seconds until it falls silent, stall
    ("The server fell silent after the head of the response", "/fault/slow_body?gap=10", 0, 0.3),
    ("The server sent nothing", "/fault/hang", 0, 0.8),
    ("The server sent two lines and then fell silent", "/stream/9?silent_after=2&gap=0.1", 0.2, 0.8),
    ("The server sent nothing for 10 s", "/delay/10", 0, 7.25),
    ("The server sent the head after 2 s and then fell silent", "/drip?latency=2", 2, 7001.3),
)
CHUNKED_HEAD = faults.FAULT_HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
TWO_CHUNKS = b"1\r\n*\r\n3\r\n***\r\n0\r\n\r\n"  # at most `faults.PIECES` bytes, so the server sends each on its own
BY_BYTES = Body("The body came in two chunks, byte by byte", "/fault/slow_body?gap=0.05", 0.8, b"****")
GONE = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
NOT_MEASURED = nullcontext()


class BufferedRandom(io.BufferedRandom):
    """A file whose first write takes long in another thread: what has yet to be written takes memory meanwhile.

    Error messages show the class's name, so it is that of an ordinary file.
    """

    def __init__(self, raw: Any) -> None:
        super().__init__(raw)
        self._thread, self._is_new = threading.get_ident(), True

    def write(self, data: Any) -> int:
        """Write the data, and return its length."""
        if self._is_new and threading.get_ident() != self._thread:
            self._is_new = False
            time.sleep(FIRST_WRITE)
        return super().write(data)


@dataclass(frozen=True)
class Call:
    """A finished call of the submission."""

    written: bytes  # to the file
    seconds: float
    symptom: NotYet | None  # why it raised or was stopped

    @property
    def error(self) -> BaseException | None:
        """What the submission raised; None if it returned."""
        return None if self.symptom is None else self.symptom.__cause__

    @property
    def end(self) -> str:
        """How it ended, in words."""
        if self.symptom is None:
            return "Your function returned normally."
        return str(self.symptom) if self.error is None else sentences(str(self.symptom), why_group(self.error))


@exercise("02.4", gap=GAP)
async def download(trial: Trial) -> None:
    """Slow, large and empty bodies arrive; silence, errors and a body that is cut short are raised."""
    trial.limit = DOWNLOAD_LIMIT
    for body in BODIES:
        await _expect_written(trial, body)
    for body in LARGE_BODIES:
        await _expect_little_held(trial, body)
    trial.shown = trial.run
    for what, path, begins, stall in SILENCES:
        await _expect_silence_raised(trial, what, path, stall, begins + stall)
    for status in ERROR_STATUSES:
        await _expect_error_raised(trial, f"/status/{status}", status)
    with replaced(faults, "_head", lambda _: GONE), replaced(faults, "FAULT_BODY", b""):
        await _expect_error_raised(trial, "/fault/truncate", 410, ", and the body was empty")
    await _expect_cut_raised(trial, "The body was cut short")
    with replaced(faults, "_head", lambda _: CHUNKED_HEAD), replaced(faults, "FAULT_BODY", TWO_CHUNKS):
        await _expect_written(trial, BY_BYTES)
        await _expect_cut_raised(trial, "The body was cut short, and its length was not known")


async def _call(trial: Trial, path: str, stall: float, measured: AbstractContextManager[object] = NOT_MEASURED) -> Call:
    trace, symptom, size = ClientTrace(), None, 0

    def look() -> None:
        nonlocal size
        size = 0 if file.closed else file.seek(0, SEEK_END)

    with TemporaryFile(buffering=0) as raw, BufferedRandom(raw) as file:
        async with trace.session(trial.url, timeout=SESSIONS_LIMIT) as session:
            began = trial.clock.now
            try:
                with measured, on_return(trial, look):
                    await trial.call(session, path, file, stall)
            except NotYet as found:
                symptom = found
            seconds = trial.clock.now - began
        if symptom is not None and not trace.calls:
            raise symptom
        trace.expect_calls(1)
        if file.closed:
            raise NotYet("It closed the file. Leave that to the caller, who opened it.")
        if symptom is None and file.seek(0, SEEK_END) > size:
            raise NotYet("The file was not complete when your function returned. Await whatever writes to it.")
        file.seek(0)
        return Call(file.read(), seconds, symptom)


async def _expect_written(trial: Trial, body: Body, measured: AbstractContextManager[object] = NOT_MEASURED) -> None:
    call = await _call(trial, body.path, body.stall, measured)
    arrived, size = len(call.written), len(body.content)
    if isinstance(call.error, TimeoutError):
        stall = f"{body.what}, and `stall` is {body.stall:,g} s"
        cut = f"The download was cut off after {call.seconds:,.1f} s and {arrived:,} of {size:,} bytes"
        why = (
            "Only a silence of `stall` seconds may end it. Another timeout applied: the session's, or one of your own "
            "that is shorter than `stall` or not restarted when something arrives"
        )
        raise NotYet(sentences(stall, cut, why))
    if call.symptom is not None:
        raise NotYet(sentences(body.what, str(call.symptom)))
    if arrived != size and (not trial.run.exchanges or trial.run.exchanges[-1].disconnected is not None):
        early = f"Your function returned after {call.seconds:,.1f} s, before all of it had arrived"
        raise NotYet(sentences(body.what, early, "Read it to its end, and await whatever reads it"))
    if arrived != size:
        raise NotYet(f"The server sent {size:,} bytes, but the file holds {arrived:,}. {body.what}.")
    if call.written != body.content:
        raise NotYet(f"The file holds {arrived:,} bytes, but not the ones that the server sent. {body.what}.")


async def _expect_little_held(trial: Trial, body: Body) -> None:
    memory = PeakMemory()
    await _expect_written(trial, body, memory)
    if memory.growth > HELD + ROOM:
        held = f"It held more than {HELD // MIB} MiB of the body in memory, copies included"
        raise NotYet(sentences(body.what, held, "Write each piece before you read the next, and do not keep it"))


async def _expect_silence_raised(trial: Trial, what: str, path: str, stall: float, due: float) -> None:
    call = await _call(trial, path, stall)
    told = f"{what}, and `stall` is {stall:,g} s: expected a TimeoutError after {due:,g} s"
    if call.symptom is None:
        raise NotYet(sentences(told, f"Your function returned after {call.seconds:,.2f} s", _why_returned(call, due)))
    if not isinstance(call.error, TimeoutError):
        raise NotYet(sentences(told, call.end))
    if abs(call.seconds - due) > EXACT:
        raise NotYet(f"{told}. It came after {call.seconds:,.2f} s.")


def _why_returned(call: Call, due: float) -> str:
    """Say why a call may have returned although the server was silent until a TimeoutError was due."""
    if call.seconds < due - EXACT:
        return ""
    hidden = "Does an `except` hide the error?"
    return hidden if call.seconds <= due + EXACT else "No limit ended the silence"


async def _expect_error_raised(trial: Trial, path: str, status: int, body: str = "") -> None:
    call = await _call(trial, path, 0.8)
    told = f"The status was {status}{body}"
    if call.written:
        raise NotYet(f"{told}, and the file now holds the error document: {call.written[:40]!r}...")
    if not isinstance(call.error, aiohttp.ClientResponseError):
        raise NotYet(sentences(f"{told}: expected a ClientResponseError", call.end))
    if call.error.status != status:
        raise NotYet(f"{told}; the ClientResponseError that it raised has the status {call.error.status}.")


async def _expect_cut_raised(trial: Trial, told: str) -> None:
    call = await _call(trial, "/fault/truncate", 0.8)
    if not isinstance(call.error, aiohttp.ClientPayloadError):
        raise NotYet(sentences(f"{told}: expected aiohttp's ClientPayloadError", call.end))
