"""The exercise of lesson 02 on stalls: a download that may take a long time."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp

from ..checking.symptoms import NotYet, sentences
from ..checking.trial import Trial
from . import exercise
from .client_side import ClientTrace, Download

EXACT = 0.01  # seconds by which a time limit may be off
MIB = 2**20  # bytes
HELD = 4 * MIB  # that may be held in memory of the body
LARGE = 10_000_000  # bytes of a large body
DOWNLOAD_LIMIT = 2000.0  # seconds of the check's clock that a call may take

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
    Body("A byte came every 10 s", "/drip?bytes=100&gap=10", 10.5, b"*" * 100),
    Body("A byte came every 0.7 s", "/drip?bytes=4&gap=0.7&latency=0.7", 0.8, b"****"),
    Body("The body was large", f"/bytes/{LARGE}", 2.0, (bytes(range(256)) * (LARGE // 256 + 1))[:LARGE]),
    Body("The body was empty", "/bytes/0", 0.8, b""),
    Body("The status was 203", "/status/203", 0.8, b'{"status": 203, "title": "Non-Authoritative Information"}'),
    Body("The length of the body was not known", "/stream/3", 0.8, THREE_LINES),
)
SILENCES = (  # what the server does, at which path, seconds until it falls silent, stall
    ("The server fell silent after the head of the response", "/fault/slow_body?gap=10", 0, 0.8),
    ("The server sent nothing", "/fault/hang", 0, 0.8),
    ("The server sent the head after 2 s and then fell silent", "/drip?latency=2&gap=9", 2, 4.5),
    ("The server sent nothing for 10 s", "/delay/10", 0, 7.0),
)
ERRORS = (404, 400, 410, 429, 500, 503)


@dataclass(frozen=True)
class Call:
    """A finished call of the submission."""

    file: Download
    seconds: float
    symptom: NotYet | None  # why it raised or was stopped

    @property
    def error(self) -> BaseException | None:
        """What the submission raised; None if it returned."""
        return None if self.symptom is None else self.symptom.__cause__

    @property
    def end(self) -> str:
        """How it ended, in words."""
        return "Your function returned normally." if self.symptom is None else str(self.symptom)


@exercise("02.4")
async def download(trial: Trial) -> None:
    """Slow, large and empty bodies arrive; silence, errors and a body that is cut short are raised."""
    trial.limit = DOWNLOAD_LIMIT
    for body in BODIES:
        await _expect_written(trial, body)
    main = trial.run
    for what, path, begins, stall in SILENCES:
        await _expect_silence_raised(trial, what, path, stall, begins + stall)
    for status in ERRORS:
        await _expect_error_raised(trial, status)
    await _expect_cut_raised(trial)
    trial.run = main


async def _call(trial: Trial, path: str, stall: float) -> Call:
    trace, symptom = ClientTrace(), None
    file = Download(trace)
    async with trace.session(trial.url, timeout=SESSIONS_LIMIT) as session:
        began = trial.clock.now
        try:
            await trial.call(session, path, file, stall)
        except NotYet as found:
            symptom = found
        seconds = trial.clock.now - began
    if symptom is not None and not trace.calls:
        raise symptom
    trace.expect_calls(1)
    if file.closed:
        raise NotYet("It closed the file. Leave that to the caller, who opened it.")
    return Call(file, seconds, symptom)


async def _expect_written(trial: Trial, body: Body) -> None:
    call = await _call(trial, body.path, body.stall)
    written = call.file.getvalue()
    if isinstance(call.error, TimeoutError):
        cut = f"The download was cut off after {call.seconds:.1f} s and {len(written)} of {len(body.content)} bytes"
        stall = f"{body.what}, and `stall` is {body.stall:g} s"
        raise NotYet(sentences(stall, cut, "A limit on the whole request applied: the session's, or your own"))
    if call.symptom is not None:
        raise NotYet(sentences(body.what, str(call.symptom)))
    if len(written) != len(body.content):
        raise NotYet(f"The server sent {len(body.content):,} bytes, but the file holds {len(written):,}. {body.what}.")
    if written != body.content:
        raise NotYet(f"The file holds {len(written):,} bytes, but not the ones that the server sent. {body.what}.")
    if call.file.most_held > HELD:
        held = f"It held more than {call.file.most_held // MIB} MiB of the body in memory; {HELD // MIB} are allowed"
        raise NotYet(f"{held}. Write each piece before you read the next.")


async def _expect_silence_raised(trial: Trial, what: str, path: str, stall: float, due: float) -> None:
    call = await _call(trial, path, stall)
    told = f"{what}, and `stall` is {stall:g} s: expected a TimeoutError after {due:g} s"
    if not isinstance(call.error, TimeoutError):
        raise NotYet(sentences(told, call.end))
    if abs(call.seconds - due) > EXACT:
        raise NotYet(f"{told}. It came after {call.seconds:.2f} s.")


async def _expect_error_raised(trial: Trial, status: int) -> None:
    call = await _call(trial, f"/status/{status}", 0.8)
    told = f"The status was {status}"
    if written := call.file.getvalue():
        raise NotYet(f"{told}, and the file now holds the error document: {written[:40]!r}...")
    if not isinstance(call.error, aiohttp.ClientResponseError):
        raise NotYet(sentences(f"{told}: expected a ClientResponseError", call.end))
    if call.error.status != status:
        raise NotYet(f"{told}; the ClientResponseError that it raised has the status {call.error.status}.")


async def _expect_cut_raised(trial: Trial) -> None:
    call = await _call(trial, "/fault/truncate", 0.8)
    if not isinstance(call.error, aiohttp.ClientPayloadError):
        raise NotYet(sentences("The body was cut short: expected aiohttp's ClientPayloadError", call.end))
