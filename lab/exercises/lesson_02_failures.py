"""The exercises of lesson 02 on what fails and what stalls."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from ..checking.symptoms import NotYet
from ..checking.trial import Trial
from . import exercise
from .witnesses import Sink

ENDS = {
    "/items/7": "ok",
    "/status/201": "ok",
    "/status/404": "refused",
    "/fault/hang": "timed out",
    "/fault/slow_headers": "timed out",
    "/fault/slow_body": "timed out",
    "/fault/reset": "unreachable",
    "/fault/empty": "unreachable",
    "/fault/truncate": "broken",
    "/fault/garbage": "broken",
    "/fault/malformed_chunk": "broken",
    "/fault/wrong_type": "broken",
}
CAUSES = {
    "/status/201": "Not only 200 is a good status: all below 400 are.",
    "/status/404": "The server answered, with a status of 400 or more.",
    "/fault/hang": "Here sock_read ends the wait, with an exception that is a ClientConnectionError, too.",
    "/fault/slow_headers": "Here total ends the wait, with a TimeoutError that is no ClientError.",
    "/fault/slow_body": "Here total ends the wait, while the body is read.",
    "/fault/garbage": "It raises a ClientResponseError with a status 400 that no server sent.",
    "/fault/malformed_chunk": "It raises a ClientResponseError with a status 400 that no server sent.",
    "/fault/wrong_type": "It raises a ContentTypeError with status 200.",
}

STALL = 0.8  # seconds of silence that a download may last
SIZE = 3_000_000  # bytes of a large download
PIECE = 1_000_000  # bytes that may be written at once


@exercise("02.3")
async def fetch_safely(trial: Trial) -> None:
    """Nine faults, a refusal and two good answers, each sorted into its outcome; a cancellation passes."""
    limits = aiohttp.ClientTimeout(total=1.6, sock_read=0.7)
    async with aiohttp.ClientSession(trial.server.url, timeout=limits) as session:
        documents = {path: await _json(session, path) for path in ("/items/7", "/status/201", "/status/404")}
        documents["/status/404"]["detail"] = "Attempt 1 at this address."
        with trial.watched():
            for path, end in ENDS.items():
                await _expect_end(trial, session, path, (end, documents.get(path)))
    await _expect_cancellation(trial)


@exercise("02.4", limit=4.0)
async def download(trial: Trial) -> None:
    """A slow but steady download arrives, a large one in pieces; a stalled one and an error are raised."""
    limits = aiohttp.ClientTimeout(total=0.5)
    async with aiohttp.ClientSession(trial.server.url, timeout=limits) as session:
        await _expect_steady(trial, session)
        await _expect_pieces(trial, session)
        await _expect_stall_raised(trial, session)
        await _expect_error_raised(trial, session)


async def _expect_end(trial: Trial, session: aiohttp.ClientSession, path: str, wanted: tuple[str, Any]) -> None:
    cause = CAUSES.get(path, "")
    try:
        got = await trial.attempt(session, path)
    except NotYet as symptom:
        raise NotYet(f"{path}: {symptom}; expected {wanted[0]!r}. {cause}".strip()) from symptom
    if not isinstance(got, tuple) or len(got) != 2:
        raise NotYet(f"{path}: It returned {got!r}; expected a pair such as {wanted!r}.")
    if got[0] != wanted[0]:
        raise NotYet(f"{path}: It returned {got[0]!r}; expected {wanted[0]!r}. {cause}".strip())
    if got[1] != wanted[1]:
        raise NotYet(f"{path}: Right, {got[0]!r}; but with {got[1]!r}. Expected {wanted[1]!r}.")


async def _expect_cancellation(trial: Trial) -> None:
    """Expect that a cancellation in the middle of a wait passes through."""
    async with aiohttp.ClientSession(trial.server.url) as session:
        with trial.watched():
            task = asyncio.ensure_future(trial.answer(session, "/fault/hang"))
            await asyncio.sleep(0.1)
            task.cancel()
            await asyncio.wait([task], timeout=1)
    if not task.cancelled():
        raise NotYet("Cancelled while it waited, it went on: something in it catches CancelledError. Let it pass.")


async def _expect_steady(trial: Trial, session: aiohttp.ClientSession) -> None:
    file = Sink()
    try:
        await trial.call(session, "/drip?bytes=20&gap=0.1", file, STALL)
    except NotYet as symptom:
        if not isinstance(symptom.__cause__, TimeoutError):
            raise
        raise NotYet(
            f"A slow but steady answer was cut off after {len(file.getvalue())} of 20 bytes. "
            "A limit on the whole request was in force: the session's, unless this request has its own."
        ) from symptom
    _expect_content(file, b"*" * 20)


async def _expect_pieces(trial: Trial, session: aiohttp.ClientSession) -> None:
    file = Sink()
    await trial.call(session, f"/bytes/{SIZE}", file, STALL)
    _expect_content(file, bytes(range(256)) * (SIZE // 256) + bytes(range(SIZE % 256)))
    if file.longest > PIECE:
        raise NotYet(f"{file.longest:,} bytes were written at once: the whole body stood in memory. Write by chunks.")


async def _expect_stall_raised(trial: Trial, session: aiohttp.ClientSession) -> None:
    told = f"The server fell silent in the middle of the body, and the limit is {STALL} s."
    try:
        await trial.call(session, "/fault/slow_body?gap=10", Sink(), STALL)
    except NotYet as symptom:
        if isinstance(symptom.__cause__, TimeoutError):
            return
        raise NotYet(f"{told} {symptom}") from symptom
    raise NotYet(f"{told} Your function returned as if all were there; expected a TimeoutError.")


async def _expect_error_raised(trial: Trial, session: aiohttp.ClientSession) -> None:
    file, raised = Sink(), False
    try:
        await trial.call(session, "/status/404", file, STALL)
    except NotYet as symptom:
        if not isinstance(symptom.__cause__, aiohttp.ClientResponseError):
            raise NotYet(f"The server answered 404. {symptom}") from symptom
        raised = True
    if written := file.getvalue():
        raise NotYet(f"The server answered 404, and the file now holds its error document: {written[:40]!r}...")
    if not raised:
        raise NotYet("The server answered 404, and your function returned as if all were well; expected its error.")


def _expect_content(file: Sink, wanted: bytes) -> None:
    got = file.getvalue()
    if len(got) != len(wanted):
        raise NotYet(f"The server sent {len(wanted):,} bytes, and the file holds {len(got):,}.")
    if got != wanted:
        raise NotYet(f"The file holds {len(got):,} bytes, but not those that the server sent.")


async def _json(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(path) as response:
        return await response.json()
