"""The exercise of lesson 02 on failures: sort each failure into its outcome."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from ..checking.expectations import kind
from ..checking.symptoms import NotYet, sentences
from ..checking.trial import Trial
from . import exercise
from .client_side import ClientTrace
from .lent_session import expect_open
from .statuses import ERROR_STATUSES

TOTAL, SOCK_READ = 1.6, 0.7  # seconds, the session's timeouts
EXACT = 0.01  # seconds by which a time limit may be off
TOTAL_ENDS = "Here `total` ends the wait, with a TimeoutError that is not a ClientError."
SOCK_READ_ENDS = "Here `sock_read` ends the wait, with an exception that is a ClientConnectionError, too."
ERROR_DOCUMENT = "Every status from 400 up is a refusal. Its body is JSON, of the type application/problem+json."
RESPONSE_ERROR = "aiohttp raises a ClientResponseError with status 400, which the server did not send."


@dataclass(frozen=True)
class Case:
    """A path, its right outcome, the reason, and the seconds after which a limit ends the request."""

    path: str
    outcome: str
    why: str = ""
    ends: float | None = None


GOOD = [
    Case(path, "ok", "Every status below 400 is good.")
    for path in ("/items/7", "/status/201", "/status/226", "/status/300")
]
GOOD += [Case("/redirect/2", "ok", "aiohttp follows redirects by itself, and the last status counts.")]
REFUSED = [Case(f"/status/{status}", "refused", ERROR_DOCUMENT) for status in ERROR_STATUSES]
FAULT_CASES = [
    Case("/fault/hang", "timed out", SOCK_READ_ENDS, SOCK_READ),
    Case("/fault/slow_headers", "timed out", TOTAL_ENDS, TOTAL),
    Case("/fault/slow_body", "timed out", f"The body is slow. {TOTAL_ENDS}", TOTAL),
    Case("/fault/slow_body?gap=5", "timed out", f"The body stalls. {SOCK_READ_ENDS}", SOCK_READ),
    Case("/fault/reset", "unreachable"),
    Case("/fault/empty", "unreachable"),
    Case("/fault/truncate", "broken"),
    Case("/fault/garbage", "broken", RESPONSE_ERROR),
    Case("/fault/malformed_chunk", "broken", RESPONSE_ERROR),
    Case("/fault/wrong_type", "broken", "aiohttp raises a ContentTypeError with status 200."),
]
SLOW_CASES = [Case("/redirect/9", "ok", "Its ten responses take ten minutes, which this session allows.")]
SLOW, PATIENCE = 60.0, 1000.0  # seconds: the latency of each response, and the `total` of the session for a slow case
NOWHERE = "http://unknown.test"
CONNECT = 0.5  # seconds, the `connect` of a session
FAR_AWAY = "http://slow.test"
SLOW_NAME = [Case("/items/7", "timed out", "Here `connect` ends the wait, with a ConnectionTimeoutError.", CONNECT)]
UNKNOWN = [Case("/items/7", "unreachable", "No server has that name: aiohttp raises a ClientConnectorDNSError.")]


@exercise("02.3")
async def fetch_safely(trial: Trial) -> None:
    """Good responses, refusals and the nine faults, each sorted into its outcome; a cancellation is raised."""
    limits = aiohttp.ClientTimeout(total=TOTAL, sock_read=SOCK_READ)
    await _expect_outcomes(trial, GOOD + REFUSED + FAULT_CASES, timeout=limits)
    trial.shown = trial.run
    trial.limit = PATIENCE
    await _expect_outcomes(trial, SLOW_CASES, latency=SLOW, timeout=aiohttp.ClientTimeout(total=PATIENCE))
    await _expect_outcomes(trial, UNKNOWN, NOWHERE, connector=aiohttp.TCPConnector(resolver=NoNames()))
    slow_names, limit = aiohttp.TCPConnector(resolver=NoNames(10 * CONNECT)), aiohttp.ClientTimeout(connect=CONNECT)
    await _expect_outcomes(trial, SLOW_NAME, FAR_AWAY, connector=slow_names, timeout=limit)
    await _expect_cancellation(trial, "/fault/hang", "it waited for the response")
    await _expect_cancellation(trial, "/fault/slow_body?gap=5", "it read the body")


async def _expect_outcomes(
    trial: Trial, cases: list[Case], url: str = "", latency: float = 0.0, **options: Any
) -> None:
    with_document = [case.path for case in cases if case.outcome in ("ok", "refused")]
    documents = dict(zip(with_document, await trial.documents(with_document), strict=True))
    trace = ClientTrace()
    async with trace.session(url or trial.url, **options) as session, trial.watched():
        with trial.configured(latency=latency):
            for case in cases:
                trace.clear()
                try:
                    began = trial.clock.now
                    pair = await _called(trial, trace, session, case)
                    seconds = trial.clock.now - began
                    trace.expect_calls(1)
                    _expect_pair(pair, case, documents.get(case.path))
                    _expect_seconds(seconds, case)
                except NotYet as symptom:
                    raise NotYet(f"{url}{case.path}: {symptom}") from symptom


async def _called(trial: Trial, trace: ClientTrace, session: aiohttp.ClientSession, case: Case) -> Any:
    """Call the submission and return its result; expect a GET, and that the session stays open."""
    try:
        return await trial.call_unwatched(session, case.path)
    except NotYet as symptom:
        raise NotYet(sentences(str(symptom), f"Expected {case.outcome!r}", case.why)) from symptom
    finally:
        trace.expect_method("GET")
        expect_open(session)


def _expect_pair(pair: Any, case: Case, document: Any) -> None:
    """Expect the outcome and the document."""
    if not isinstance(pair, tuple) or len(pair) != 2:
        many = f"a tuple of {len(pair)}" if isinstance(pair, tuple) else _shown(pair)
        raise NotYet(f"It returned {many}; expected a tuple of two, such as {(case.outcome, document)!r}.")
    if pair[0] != case.outcome:
        why = "The outcome comes first." if pair[1] == case.outcome else case.why
        raise NotYet(sentences(f"It returned {_shown(pair[0])}; expected {case.outcome!r}", why))
    if pair[1] != document:
        raise NotYet(
            f"The outcome {case.outcome!r} is right, but it came with {_shown(pair[1])}; expected {document!r}."
        )


def _expect_seconds(seconds: float, case: Case) -> None:
    """Expect that the session's own limit ended the request, if one had to."""
    if case.ends is not None and abs(seconds - case.ends) > EXACT:
        raise NotYet(f"It took {seconds:.2f} s; the session's timeout should end it after {case.ends} s.")


def _shown(value: Any) -> str:
    """Return plain data as Python code, and anything else as the name of its type."""
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return kind(value)
    return repr(value)


async def _expect_cancellation(trial: Trial, path: str, when: str) -> None:
    """Expect that a cancellation during a wait is raised. A submission that goes on meets the session's timeout."""
    async with aiohttp.ClientSession(trial.url, timeout=aiohttp.ClientTimeout(total=TOTAL)) as session:
        if not await trial.cancelled(0.1, session, path):
            raise NotYet(f"Cancelled while {when}, it did not raise CancelledError. Let it propagate.")


class NoNames(AbstractResolver):
    """A resolver that knows no name, so that no DNS query leaves this machine; it takes `seconds` to say so."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        """Raise OSError."""
        await asyncio.sleep(self._seconds)
        raise OSError(f"there is no {host}")

    async def close(self) -> None:
        """Do nothing."""
