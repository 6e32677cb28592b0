"""The last exercise of each lesson: the learner's crawler, each time on a server with one more problem."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import aiohttp

from mock_server import Conditions, Exchange

from ..checking.expectations import expect_documents, expect_requests, later_call
from ..checking.symptoms import NotYet, sentences
from ..checking.trial import Trial
from ..errors import first_leaf
from ..quantities import counted
from ..score.servers import SERVERS, Server
from . import exercise
from .crawled import (
    BROKEN,
    MISSING,
    documents_of,
    exchanges_at,
    expect_every_document,
    expect_list,
    expect_no_refusals,
    expect_places,
    expect_seconds,
    given_up,
)
from .opened import opened_by
from .retries import about_keys, waits_at, why_twice
from .statuses import ERROR_STATUSES
from .unusual_responses import item_status

SLOW, UNRELIABLE, LIMITED, OUT = SERVERS[1:]
SEED = 340  # not the board's seed, so other requests fail
SEED_OF_LIMITED = 51  # no fast item but the last ones stalls: stalls would slow down a crawl that has no rate limit
FIRST, STEP = 1001, 77  # the ids are in no order
CRAWL_LIMITS = {"01": 0.5, "02": 3.0, "03": 8.0, "04": 20.0}  # seconds
FAILING, FAILING_CRAWLS = "/status/503,503,200", 5
BREAKS_ONCE = "?fault=truncate&fault_rate=0.5&seed=34"  # the body of the first response
DEFERRING = "/status/503,200?retry_after=1"
FEW = 5  # requests in flight
POOL = 100  # connections of a session
FAILURES = (aiohttp.ClientResponseError, aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError)
ONE_FAILURE = "One request that fails must not end the crawl"
LONG = 3.0  # seconds; a good response takes 0.8 s
WAITS = "Is the full rate in use? Does a request keep its slot while it waits to retry, or wait for others to end?"
NO_POST = "The server saw no POST. Report each crawl with POST /items at its end, and await it."
NEW_KEY = "Each crawl needs an Idempotency-Key of its own."
RANDOM = "Wait a random time, or let the random part be larger."
ALIKE = 0.005  # seconds; waits that differ by less than this are not random


@exercise("01.4", **SLOW.conditions)
async def crawl_together(trial: Trial) -> None:
    """All items at once."""
    paths = SLOW.paths(FIRST, STEP)
    await _expect_together(trial, paths)
    trial.shown = trial.run
    with later_call():
        await _expect_together(trial, paths[:3])


async def _expect_together(trial: Trial, paths: list[str]) -> None:
    result = await _crawl(trial, SLOW, paths)
    expect_requests(trial.run, paths)
    expect_documents(result, documents_of(paths))
    why = "Sent together, all requests take 0.1 s."
    if 1 < (peak := trial.run.peak_in_flight) < POOL:
        why = f"At most {peak} were in flight. Does a semaphore, a batch or the number of threads limit them?"
    expect_seconds(trial, CRAWL_LIMITS["01"], why)


@exercise("02.5", **{**UNRELIABLE.conditions, "seed": SEED})
async def crawl_past_failures(trial: Trial) -> None:
    """Some items fail, stall or break off, and then most do; all others must be returned, with a single session."""
    paths = UNRELIABLE.paths(FIRST, STEP)
    for place, trouble in zip((20, 50, 80), BROKEN, strict=True):
        paths[place] += f"?{trouble}"
    await _expect_past_failures(trial, paths)
    trial.shown = trial.run
    with later_call(), item_status(200, 203):
        await _expect_past_failures(trial, [*_refused([*ERROR_STATUSES, *ERROR_STATUSES]), *paths[:3]])


async def _expect_past_failures(trial: Trial, paths: list[str]) -> None:
    with opened_by(trial) as opened:
        result = await _crawl(trial, UNRELIABLE, paths)
    expect_places(trial, result, paths)
    expect_seconds(trial, CRAWL_LIMITS["02"], _why_slow(trial, _last_of(trial)))
    if opened.sessions != 1:
        sessions = counted(opened.sessions, "session")
        raise NotYet(f"It opened {sessions}; expected 1. Open one aiohttp session and use it for all requests.")
    opened.expect_closed()


@exercise("03.5", **{**LIMITED.conditions, "seed": SEED_OF_LIMITED})
async def crawl_within_limits(trial: Trial) -> None:
    """The server refuses what goes beyond its capacity or its rate. One body breaks off, and one item is missing."""
    paths = LIMITED.paths(FIRST, STEP)
    truncated, _, missing = BROKEN  # no reset: aiohttp would send the GET again, without the submission's pace
    paths[60] += f"?{truncated}"
    paths[100] += f"?{missing}"
    await _expect_within_limits(trial, paths)
    trial.shown = trial.run
    with later_call(), item_status(200, 203):
        await _expect_within_limits(trial, [*_refused(ERROR_STATUSES[:30]), *paths[:3]])


async def _expect_within_limits(trial: Trial, paths: list[str]) -> None:
    result = await _crawl(trial, LIMITED, paths)
    expect_no_refusals(trial)
    expect_places(trial, result, paths)
    use_all = "Keep every slot and the full rate in use while paths are left."
    if (hits := trial.run.hits) > len(paths):
        sent = f"It sent {hits} requests for {len(paths)} paths"
        use_all = f"{sent}. Retries take time, and `None` is allowed for a path that fails."
    expect_seconds(trial, CRAWL_LIMITS["03"], _why_slow(trial, use_all))


@exercise("04.5", **{**OUT.conditions, "seed": SEED})
async def crawl_through_an_outage(trial: Trial) -> None:
    """Every item that exists must be returned, within the limits, and the crawl reported once."""
    paths = OUT.paths(FIRST, STEP)
    paths[60] = MISSING
    paths[110] += BREAKS_ONCE
    try:
        result = await _crawl(trial, OUT, paths)
    except NotYet:
        _expect_no_retry_of_404(trial)
        raise
    trial.shown = trial.run
    expect_no_refusals(trial)
    expect_every_document(trial, result, paths)
    _expect_no_retry_of_404(trial)
    _expect_report_received(trial)
    if (made := len(trial.created())) > 1:
        succeeded = sum(exchange.status == 201 and exchange.disconnected is None for exchange in _posts(trial))
        why = "Is the POST in a loop?" if succeeded > 1 else why_twice(trial)
        raise NotYet(sentences(f"One crawl created {made} items; expected 1", why))
    expect_seconds(trial, CRAWL_LIMITS["04"], _why_slow(trial, WAITS))
    await _expect_waits(trial)
    found = [len(paths) - 1, *[1] * (2 * FAILING_CRAWLS)]
    _expect_reports(trial, [{"name": "crawl", "found": number} for number in found])


def _refused(statuses: Sequence[int]) -> list[str]:
    """Return paths of items whose responses have these statuses; more than there are workers that a failure may end."""
    return [f"/items/{id}?failure_rate=1&failure_statuses={status}" for id, status in enumerate(statuses, start=1)]


async def _crawl(trial: Trial, server: Server, paths: list[str]) -> Any:
    async with server.begun(trial.application):
        try:
            return await trial.call(trial.url, paths)
        except NotYet as symptom:
            cause = symptom.__cause__
            failed = cause is not None and isinstance(first_leaf(cause), FAILURES)
            why = ONE_FAILURE if failed and server is not SLOW else ""  # on the slow one, nothing fails
            raise NotYet(sentences(str(symptom), why)) from cause


def _why_slow(trial: Trial, otherwise: str) -> str:
    """Say what may have made a crawl slow: a stalled request, few requests in flight, or else `otherwise`."""
    longest = max(given_up(trial.run.exchanges), default=0.0)
    if longest > LONG:
        return f"It gave up on a stalled request only after {longest:.2f} s."
    if trial.run.peak_in_flight < FEW:
        in_flight = counted(trial.run.peak_in_flight, "request")
        return f"The server had at most {in_flight} in flight. Keep more in flight."
    return otherwise


def _last_of(trial: Trial) -> str:
    """Say when the last request came, and ask what it, or the end of the crawl, had to wait for."""
    last = max((exchange.arrived for exchange in trial.run.exchanges), default=0.0)
    why = "What do requests wait for: others to end, a pause, or a retry?"
    if trial.seconds - last > LONG:
        why = "What does your crawl wait for after that?"
    return f"The server saw the last request after {last:.2f} s. {why}"


def _expect_no_retry_of_404(trial: Trial) -> None:
    statuses = [exchange.status for exchange in exchanges_at(trial, MISSING)]
    if 404 in statuses[:-1]:
        raise NotYet(f"It asked for {MISSING} again after a 404 response, which is not retryable.")


def _posts(trial: Trial) -> list[Exchange]:
    """Expect a POST, and return all of them."""
    posts = [exchange for exchange in trial.run.exchanges if exchange.method == "POST"]
    if not posts:
        raise NotYet(NO_POST)
    return posts


def _expect_report_received(trial: Trial) -> None:
    posts = _posts(trial)
    if (refusal := posts[-1]).status in (400, 404, 405, 413, 415, 422):
        raise NotYet(
            f"The server refused POST {refusal.path} with {refusal.status}; expected a POST of a JSON object to /items."
        )
    if not any(exchange.status == 201 for exchange in posts):
        raise NotYet(
            f"The POST did not succeed in {counted(len(posts), 'attempt')}. "
            "Send it again, with the same Idempotency-Key."
        )
    last = max(exchange.arrived for exchange in trial.run.exchanges if exchange.method == "GET")
    if posts[0].arrived < last:
        raise NotYet("The server saw a GET after the POST. Report the crawl at its end.")


async def _expect_waits(trial: Trial) -> None:
    """Crawl one path at a time on a quiet server, where nothing but the crawler itself delays a retry."""
    trial.application.conditions = Conditions()
    crawls = [await _waits(trial, FAILING, 3) for _ in range(FAILING_CRAWLS)]
    for failure, waits in zip(("first", "second"), zip(*crawls, strict=True), strict=True):
        if (span := max(waits) - min(waits)) < ALIKE:
            waited = f"the waits after the {failure} failure were {waits[0]:.2f} s"
            differed = f"differed by {math.floor(span * 1000)} ms; expected {ALIKE * 1000:g} ms or more"
            raise NotYet(f"In {FAILING_CRAWLS} crawls of {FAILING}, {waited} and {differed}. {RANDOM}")
    deferred = [wait for _ in range(FAILING_CRAWLS) for wait in await _waits(trial, DEFERRING, 2)]  # jitter varies them
    if min(deferred) < 1:
        rounded = math.floor(min(deferred) * 1000) / 1000  # down, so that it is less than 1
        raise NotYet(f"The response to {DEFERRING} said Retry-After: 1, but your crawl retried after {rounded:g} s.")


async def _waits(trial: Trial, path: str, attempts: int) -> list[float]:
    """Crawl one path, whose last attempt is successful, and return the seconds between the attempts."""
    try:
        expect_list(await trial.call(trial.url, [path]), [path])
    except NotYet:
        _expect_new_key(trial)
        raise
    _posts(trial)
    if (made := len(exchanges_at(trial, path))) != attempts:
        raise NotYet(f"The server saw {counted(made, 'attempt')} at {path}; expected {attempts}.")
    return waits_at(trial.run, path)


def _expect_new_key(trial: Trial) -> None:
    """Expect that no earlier crawl, whose report was another, has sent the same Idempotency-Key."""
    if any((exchange.method, exchange.status) == ("POST", 422) for exchange in trial.run.exchanges):
        used = "The server refused a POST with 422: an earlier crawl had sent its Idempotency-Key with another body"
        raise NotYet(f"{used}. {NEW_KEY}")


def _expect_reports(trial: Trial, wanted: list[dict[str, Any]]) -> None:
    items = trial.created()
    if len(items) > len(wanted):
        raise NotYet(sentences(f"{len(wanted)} crawls created {len(items)} items", why_twice(trial)))
    if len(items) < len(wanted):
        said = f"{len(wanted)} crawls created {counted(len(items), 'item')}"
        raise NotYet(sentences(said, NEW_KEY, about_keys(trial)))
    for item, expected in zip(items, wanted, strict=True):
        if item != expected:
            raise NotYet(f"The report is {item!r:.80}; expected {expected}.")
