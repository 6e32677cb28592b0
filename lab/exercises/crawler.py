"""The last exercise of each lesson: the learner's crawler, on a server with one hardship more each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import aiohttp

from mock_server import Conditions
from mock_server.exchange import Exchange
from mock_server.store import Store

from ..checking.expectations import expect_documents, expect_requests, kind, times
from ..checking.replace import replaced
from ..checking.symptoms import NotYet
from ..checking.trial import Trial
from ..score.created import created
from ..score.servers import ITEMS, OUTAGE, RETRY_AFTER, SERVERS, Server
from . import exercise

SLOW, UNRELIABLE, LIMITED, OUT = SERVERS[1:]
SEED = 340  # other requests fail than on the board
FIRST = 1001  # the first item
MISSING = "/items/99999"
BROKEN = ("fault=truncate&fault_rate=1", "fault=reset&fault_rate=1", "failure_rate=1&failure_statuses=404")
LONGEST = {"01": 0.5, "02": 3.0, "03": 8.0, "04": 20.0}  # seconds
EARLY = 0.001  # seconds; a timer may fire so much before its time
SHORT = [f"/status/503,503,200?part={number}" for number in range(1, 9)]
ALIKE = 0.01  # seconds between the shortest and the longest wait that are not random


@exercise("01.4", **SLOW.conditions)
async def crawl_together(trial: Trial) -> None:
    """All items at once."""
    paths = SLOW.paths(FIRST)
    result = await _crawl(trial, SLOW, paths)
    expect_requests(trial.run, paths)
    expect_documents(result, _documents(paths))
    _expect_seconds(trial, LONGEST["01"], f"One by one it takes {ITEMS * 0.1:g} s.")


@exercise("02.5", **{**UNRELIABLE.conditions, "seed": SEED})
async def crawl_past_failures(trial: Trial) -> None:
    """Some items fail, stall or break off; all others must come, in one session."""
    paths = UNRELIABLE.paths(FIRST)
    for place, trouble in zip((20, 50, 80), BROKEN, strict=True):
        paths[place] += f"?{trouble}"
    with _sessions() as opened:
        result = await _crawl(trial, UNRELIABLE, paths)
    _expect_places(trial, result, paths)
    _expect_seconds(trial, LONGEST["02"], "Does one request that stalls hold up the rest?")
    if len(opened) != 1:
        raise NotYet(f"It opened {len(opened)} sessions; expected 1. Open it once and pass it on.")


@exercise("03.5", **{**LIMITED.conditions, "seed": SEED})
async def crawl_within_limits(trial: Trial) -> None:
    """The server refuses what goes beyond its capacity or its rate."""
    paths = LIMITED.paths(FIRST)
    result = await _crawl(trial, LIMITED, paths)
    _expect_no_refusals(trial)
    _expect_places(trial, result, paths)
    _expect_seconds(trial, LONGEST["03"], "Slots or turns may be left unused.")


@exercise("04.5", **{**OUT.conditions, "seed": SEED})
async def crawl_through_an_outage(trial: Trial) -> None:
    """Every item that exists must come, within the limits, and the report is made once."""
    paths = OUT.paths(FIRST)
    paths[60] = MISSING
    result = await _crawl(trial, OUT, paths)
    main = trial.run
    _expect_no_refusals(trial)
    _expect_every_document(trial, result, paths)
    _expect_asked_once(trial)
    _expect_patience(trial)
    _expect_report_received(trial)
    _expect_seconds(trial, LONGEST["04"], "Is a slot held during the waits?")
    await _expect_random_waits(trial)
    reports = [{"name": "crawl", "found": len(paths) - 1}, {"name": "crawl", "found": len(SHORT)}]
    _expect_reports(await created(trial), reports)
    trial.run = main


async def _crawl(trial: Trial, server: Server, paths: list[str]) -> Any:
    async with server.begun(trial.application):
        return await trial.call(trial.url, paths)


def _documents(paths: Sequence[str]) -> list[Any]:
    store = Store()
    return [store.get(int(path.partition("?")[0].rpartition("/")[2])).document for path in paths]


def _expect_seconds(trial: Trial, most: float, why: str) -> None:
    if (seconds := trial.run.seconds) > most:
        raise NotYet(f"It took {seconds:.1f} s; expected {most:g} s at most. {why}")


def _expect_no_refusals(trial: Trial) -> None:
    refused = [exchange.status for exchange in trial.run.exchanges if exchange.refused]
    if early := refused.count(429):
        limit = trial.application.conditions.rate_limit
        raise NotYet(f"The server refused {early} requests with 429: more than {limit} came within a second.")
    if refused:
        capacity, backlog = trial.application.conditions.capacity, trial.application.conditions.backlog
        raise NotYet(
            f"The server refused {len(refused)} requests with 503: it was serving {capacity} and {backlog} were queued."
        )


def _expect_list(result: Any, paths: Sequence[str]) -> None:
    """Expect a place for each path, which holds a document or None."""
    if result is None:
        raise NotYet("It returned None. Is there a `return`?")
    if not isinstance(result, list | tuple):
        raise NotYet(f"It returned {kind(result)}; expected a list of {len(paths)} places.")
    if len(result) != len(paths):
        raise NotYet(f"It returned a list of {len(result)}; expected a place for each of the {len(paths)} paths.")
    for value in result:
        if isinstance(value, dict) and "detail" in value:
            raise NotYet(f"The list holds the error document of a response {value.get('status')}; expected None there.")
        if value is not None and not isinstance(value, dict):
            raise NotYet(f"The list holds {kind(value)}; expected only documents and None.")


def _expect_places(trial: Trial, result: Any, paths: Sequence[str]) -> None:
    """Expect the document of each path whose first attempt the server does not spoil, and nothing but None else."""
    _expect_list(result, paths)
    documents, lost = _documents(paths), []
    for path, value, wanted in zip(paths, result, documents, strict=True):
        if value is None and not _is_spoilt(trial.application.conditions, path):
            lost.append(path)
        elif value is not None and value != wanted:
            raise NotYet(f"The place of {path} holds item {value.get('id')}. Return the documents in the paths' order.")
    if lost:
        raise NotYet(f"{times(len(lost)).capitalize()} it lost a document that was to be had: {_fate(trial, lost[0])}.")


def _is_spoilt(conditions: Conditions, path: str) -> bool:
    if any(trouble in path for trouble in BROKEN):
        return True
    return conditions.failure("GET", path, 1) is not None or conditions.drawn_fault("GET", path, 1) is not None


def _fate(trial: Trial, path: str) -> str:
    """Say what became of the request for a path."""
    exchanges = [exchange for exchange in trial.run.exchanges if exchange.path == path]
    if not exchanges:
        return f"the server saw no request for {path}. A timeout may have ended it in the session's queue"
    last = exchanges[-1]
    if last.disconnected is not None:
        return f"the request for {path} was given up after {last.disconnected - last.arrived:.2f} s"
    return f"the response to {path} was {last.status}"


def _expect_every_document(trial: Trial, result: Any, paths: Sequence[str]) -> None:
    _expect_list(result, paths)
    wanted = [None if path == MISSING else document for path, document in zip(paths, _known(paths), strict=True)]
    lost = [path for path, value, good in zip(paths, result, wanted, strict=True) if value is None and good is not None]
    if lost:
        attempts = sum(exchange.path == lost[0] for exchange in trial.run.exchanges)
        raise NotYet(f"It lost {len(lost)} of {len(paths) - 1} documents: {lost[0]} after {_attempts(attempts)}.")
    if list(result) != wanted:
        raise NotYet("The documents are not the ones of the paths, in their order.")


def _known(paths: Sequence[str]) -> list[Any]:
    return [None if path == MISSING else _documents([path])[0] for path in paths]


def _attempts(number: int) -> str:
    return "one attempt" if number == 1 else f"{number} attempts"


def _expect_asked_once(trial: Trial) -> None:
    if (asked := sum(exchange.path == MISSING for exchange in trial.run.exchanges)) > 1:
        raise NotYet(f"It asked for {MISSING} {times(asked)}. The response is 404, which is not retryable.")


def _expect_patience(trial: Trial) -> None:
    """Expect that nothing is asked for again before its Retry-After has passed."""
    begins, ends = OUTAGE
    refused: dict[str, Exchange] = {}
    for exchange in trial.run.exchanges:
        before = refused.pop(exchange.path, None)
        if before is not None and exchange.arrived < (before.ended or 0) + RETRY_AFTER - EARLY:
            waited = exchange.arrived - (before.ended or 0)
            raise NotYet(
                f"The response to {exchange.path} said Retry-After: {RETRY_AFTER:g}, and it asked again after "
                f"{waited:.2f} s."
            )
        if begins + EARLY < exchange.arrived < ends - EARLY and exchange.status == 503:
            refused[exchange.path] = exchange


def _expect_report_received(trial: Trial) -> None:
    posts = [exchange for exchange in trial.run.exchanges if exchange.method == "POST"]
    if not posts:
        raise NotYet("The server saw no POST. Report the crawl with POST /items at the end.")
    if not any(exchange.status == 201 for exchange in posts):
        raise NotYet(f"The response to the POST was lost, after {_attempts(len(posts))}. Send it again, with its key.")


async def _expect_random_waits(trial: Trial) -> None:
    """Crawl eight paths that fail twice each on a quiet server, and compare the waits."""
    trial.application.conditions = Conditions()
    result = await trial.call(trial.url, SHORT)
    _expect_list(result, SHORT)
    for attempt in (1, 2):
        waits = [_wait_after(trial, path, attempt) for path in SHORT]
        if max(waits) < ALIKE:
            raise NotYet(f"Attempt {attempt + 1} comes at once after attempt {attempt} fails. Wait before a retry.")
        if max(waits) - min(waits) < ALIKE:
            raise NotYet(f"After failure {attempt}, each path waits {waits[0]:.2f} s. Draw the waits at random.")


def _wait_after(trial: Trial, path: str, attempt: int) -> float:
    exchanges = [exchange for exchange in trial.run.exchanges if exchange.path == path]
    if len(exchanges) != 3:
        raise NotYet(f"The server saw {path} {times(len(exchanges))}; expected 3 attempts: the third is successful.")
    return exchanges[attempt].arrived - (exchanges[attempt - 1].ended or 0)


def _expect_reports(items: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    if len(items) > len(wanted):
        raise NotYet(
            f"Two crawls created {len(items)} items. An attempt whose response is lost has done its work: "
            "send the same Idempotency-Key with each attempt."
        )
    if len(items) < len(wanted):
        raise NotYet("Two crawls left one item. Each crawl needs an Idempotency-Key of its own.")
    for item, expected in zip(items, wanted, strict=True):
        if item != expected:
            raise NotYet(f"The report is {item}; expected {expected}.")


@contextmanager
def _sessions() -> Iterator[list[aiohttp.ClientSession]]:
    """Collect the sessions that are made in the block."""
    opened: list[aiohttp.ClientSession] = []
    make = aiohttp.ClientSession.__init__

    def noted(session: aiohttp.ClientSession, *arguments: Any, **options: Any) -> None:
        opened.append(session)
        make(session, *arguments, **options)

    with replaced(aiohttp.ClientSession, "__init__", noted):
        yield opened
