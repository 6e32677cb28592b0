"""The exercise of lesson 02 on failures: sort each failure into its outcome."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from mock_server import Conditions, faults

from ..checking.expectations import kind
from ..checking.replace import replaced
from ..checking.symptoms import NotYet, explained, sentences, why_group
from ..checking.trial import Trial
from . import exercise
from .client_side import REQUEST_ERRORS, ClientTrace
from .lent_session import expect_open
from .names import names
from .statuses import ERROR_STATUSES

TOTAL, SOCK_READ = 1.6, 0.7  # seconds, the session's timeouts
EXACT = 0.01  # seconds by which a time limit may be off
TOTAL_ENDS = "Here `total` ends the wait, with a TimeoutError that is not a ClientError."
SOCK_READ_ENDS = "Here `sock_read` ends the wait, with an exception that is a ClientConnectionError, too."
BELOW_400 = "Every status below 400 is good."
ERROR_DOCUMENT = "Every status from 400 up is a refusal. Its body is JSON, of the type application/problem+json."
HIDDEN = "Does an `except` hide an error, such as one from reading the body after the response's `async with` block?"
WRONG_TYPE = "aiohttp raises a ContentTypeError with status 200."
FIRST_FITS = "The first `except` clause that fits is used: put narrow classes before wide ones."
RESPONSE_ERROR = "aiohttp raises a ClientResponseError with status 400, which the server did not send."


@dataclass(frozen=True)
class Case:
    """A path, its right outcome, the reason, and the seconds after which a limit ends the request."""

    path: str
    outcome: str
    why: str = ""
    ends: float | None = None


ODD_ID, ODD_FIELDS = 5, {"error": "none", "detail": "none", "status": 500}  # an item that looks like an error document
GOOD = [Case(path, "ok", BELOW_400) for path in ("/items/7", "/status/201", "/status/226", "/status/300")]
GOOD += [Case("/items?page=1001", "ok", "An empty list is a document, too."), Case(f"/items/{ODD_ID}", "ok", BELOW_400)]
GOOD += [Case("/redirect/2", "ok", "aiohttp follows redirects by itself, and the last status counts.")]
GOOD += [Case("/redirect/9", "ok", "Nine redirects are allowed.")]
REFUSED = [Case(f"/status/{status}", "refused", ERROR_DOCUMENT) for status in ERROR_STATUSES]
FAULT_CASES = [
    Case("/fault/hang", "timed out", SOCK_READ_ENDS, SOCK_READ),
    Case("/fault/slow_headers", "timed out", TOTAL_ENDS, TOTAL),
    Case("/fault/slow_body", "timed out", f"The body is slow. {TOTAL_ENDS}", TOTAL),
    Case("/fault/slow_body?gap=5", "timed out", f"The body stalls. {SOCK_READ_ENDS}", SOCK_READ),
    Case("/fault/reset", "unreachable"),
    Case("/fault/reset?latency=0.6", "unreachable", "The connection was reset before any timeout ended the request."),
    Case("/fault/empty", "unreachable"),
    Case("/fault/truncate", "broken"),
    Case("/fault/truncate?latency=0.6", "broken", "The body was cut short before any timeout ended the request."),
    Case("/fault/garbage", "broken", RESPONSE_ERROR),
    Case("/fault/malformed_chunk", "broken", RESPONSE_ERROR),
    Case("/fault/wrong_type", "broken", WRONG_TYPE),
    Case("/text", "broken", WRONG_TYPE),
    Case("/bytes/0", "broken", WRONG_TYPE),
    Case("/redirect/10", "broken", "aiohttp raises TooManyRedirects, which is a ClientResponseError."),
    Case("/redirect/20", "broken", "aiohttp raises TooManyRedirects, which is a ClientResponseError."),
]
OUTCOMES = ("ok", "refused", "timed out", "unreachable", "broken")
QUIET = Conditions()
SLOW_CASES = [Case("/redirect/9", "ok", "Its ten responses take ten minutes, which this session allows.")]
SLOW, PATIENCE = Conditions(latency=60.0), 1000.0  # seconds, the `total` of the session for a slow case
UNLIMITED = [Case(path, "ok", "This session has no timeout: set none.") for path in ("/items/7", "/fault/slow_body")]
HALF_AN_HOUR = 1800.0  # seconds that connecting takes, and the head, and each piece of a body
SLOWEST, LIMIT = Conditions(latency=HALF_AN_HOUR, gap=HALF_AN_HOUR), 25 * HALF_AN_HOUR  # of the check's clock
ERROR_HEAD = faults.FAULT_HEAD.replace(b"200 OK", b"503 Service Unavailable").replace(b"/json", b"/problem+json")
OTHER_HEADS = (  # what is special about the head of the response, the head, and cases
    (
        "The status was 503",
        ERROR_HEAD,
        [
            Case("/fault/slow_body?gap=5", "timed out", f"The body stalls. {SOCK_READ_ENDS}", SOCK_READ),
            Case("/fault/truncate", "broken", "The body is cut short, whatever the status."),
        ],
    ),
    (
        "The status was 503, and the Content-Type text/html",
        ERROR_HEAD.replace(b"application/problem+json", b"text/html"),
        [Case("/fault/slow_body?gap=0", "broken", "aiohttp raises a ContentTypeError with status 503.")],
    ),
    (
        "The Content-Type was application/json; charset=utf-8",
        faults.FAULT_HEAD.replace(b"/json", b"/json; charset=utf-8"),
        [Case("/fault/slow_body?gap=0", "ok", "That is JSON.")],
    ),
    (
        "The Content-Type was application/problem+json",
        faults.FAULT_HEAD.replace(b"/json", b"/problem+json"),
        [Case("/fault/slow_body?gap=0", "ok", BELOW_400)],
    ),
    (
        "The status was 503, and the Content-Type application/json",
        ERROR_HEAD.replace(b"/problem+json", b"/json"),
        [Case("/fault/slow_body?gap=0", "refused", "Every status from 400 up is a refusal.")],
    ),
    (
        "There was no Content-Type",
        faults.FAULT_HEAD.replace(b"Content-Type", b"Other-Header"),
        [Case("/fault/slow_body?gap=0", "broken", WRONG_TYPE)],
    ),
)
NOWHERE = "http://unknown.test"
CONNECT = 0.5  # seconds, the `connect` of a session
FAR_AWAY = "http://slow.test"
SLOW_NAME = [Case("/items/7", "timed out", "Here `connect` ends the wait, with a ConnectionTimeoutError.", CONNECT)]
UNKNOWN = [Case("/items/7", "unreachable", "No server has that name: aiohttp raises a ClientConnectorDNSError.")]


@exercise("02.3")
async def fetch_safely(trial: Trial) -> None:
    """Good responses, refusals and the nine faults, each sorted into its outcome; a cancellation is raised."""
    limits = aiohttp.ClientTimeout(total=TOTAL, sock_read=SOCK_READ)
    trial.application.store.put(ODD_ID, ODD_FIELDS)
    await _expect_outcomes(trial, GOOD + REFUSED + FAULT_CASES, timeout=limits)
    trial.shown = trial.run
    for what, head, cases in OTHER_HEADS:
        with replaced(faults, "FAULT_HEAD", head), explained(what):
            await _expect_outcomes(trial, cases, timeout=limits)
    trial.limit = LIMIT
    await _expect_outcomes(trial, SLOW_CASES, conditions=SLOW, timeout=aiohttp.ClientTimeout(total=PATIENCE))
    await _expect_outcomes(trial, UNKNOWN, NOWHERE, connector=names())
    limit = aiohttp.ClientTimeout(connect=CONNECT)
    await _expect_outcomes(trial, SLOW_NAME, FAR_AWAY, connector=names(seconds=10 * CONNECT), timeout=limit)
    slow, unlimited = names(trial.application.control.port, HALF_AN_HOUR), aiohttp.ClientTimeout(total=None)
    await _expect_outcomes(trial, UNLIMITED, FAR_AWAY, SLOWEST, connector=slow, timeout=unlimited)
    await _expect_cancellation(trial, "/fault/hang", "it waited for the response")
    await _expect_cancellation(trial, "/items/7", "it connected", FAR_AWAY, connector=names(seconds=TOTAL))
    await _expect_cancellation(trial, "/fault/slow_body?gap=5", "it read the body")
    with replaced(faults, "FAULT_HEAD", ERROR_HEAD):
        await _expect_cancellation(trial, "/fault/slow_body?gap=5", "it read the body of an error document")


async def _expect_outcomes(
    trial: Trial, cases: list[Case], url: str = "", conditions: Conditions = QUIET, **options: Any
) -> None:
    with_document = [case.path for case in cases if case.outcome in ("ok", "refused")]
    documents = dict(zip(with_document, await trial.documents(with_document), strict=True))
    trace = ClientTrace()
    async with trace.session(url or trial.url, **options) as session, trial.watched():
        trial.application.conditions = conditions
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
    trial.application.conditions = QUIET


async def _called(trial: Trial, trace: ClientTrace, session: aiohttp.ClientSession, case: Case) -> Any:
    """Call the submission and return its result; expect a GET, and that the session stays open."""
    began = trial.clock.now
    try:
        return await trial.call_unwatched(session, case.path)
    except NotYet as symptom:
        expected, why = f"Expected {case.outcome!r}", ""
        if isinstance(symptom.__cause__, REQUEST_ERRORS):
            expected, why = f"{expected}: does a clause of a `try` around that line catch it?", case.why
        elif symptom.__cause__ is not None:
            why = why_group(symptom.__cause__)
        elif case.ends is not None and trial.clock.now - began > case.ends + EXACT:
            why = f"The session's timeout should end it after {case.ends} s: set none of your own"
        raise NotYet(sentences(str(symptom), expected, why)) from symptom
    finally:
        trace.expect_method("GET")
        expect_open(session)


def _expect_pair(pair: Any, case: Case, document: Any) -> None:
    """Expect the outcome and the document."""
    if not isinstance(pair, tuple) or len(pair) != 2:
        many = f"a tuple of {len(pair)}" if isinstance(pair, tuple) else _shown(pair)
        raise NotYet(f"It returned {many}; expected a tuple of two, such as {(case.outcome, document)!r}.")
    if pair[0] != case.outcome:
        why = "The outcome comes first." if pair[1] == case.outcome else _why(pair[0], case)
        raise NotYet(sentences(f"It returned {_shown(pair[0])}; expected {case.outcome!r}", why))
    if pair[1] != document:
        raise NotYet(
            f"The outcome {case.outcome!r} is right, but it came with {_shown(pair[1])}; expected {document!r}."
        )


def _why(outcome: Any, case: Case) -> str:
    """Return the case's reason, or a hint at an error of the submission's own if it seems to hide one."""
    if outcome not in OUTCOMES:
        return ""
    if outcome == "broken" and case.outcome in ("timed out", "unreachable"):
        return sentences(case.why, FIRST_FITS)
    is_error = outcome in ("unreachable", "timed out") or (outcome == "broken" and case.outcome == "ok")
    return HIDDEN if is_error and case in (GOOD[0], REFUSED[0]) else case.why


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


async def _expect_cancellation(trial: Trial, path: str, when: str, url: str = "", **options: Any) -> None:
    """Expect that a cancellation during a wait is raised. A submission that goes on meets the session's timeout."""
    timeout = aiohttp.ClientTimeout(total=TOTAL)
    async with aiohttp.ClientSession(url or trial.url, timeout=timeout, **options) as session:
        if not await trial.cancelled(0.1, session, path):
            raise NotYet(f"Cancelled while {when}, it did not raise CancelledError. Let it propagate.")
