"""What the crawler's judges expect of its result, its limits and its time."""

from __future__ import annotations

from asyncio import iscoroutine
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf
from typing import Any

from mock_server import Conditions, Exchange
from mock_server.store import Store

from ..checking.expectations import kind
from ..checking.symptoms import NotYet, raised, sentences
from ..checking.trial import Trial
from ..quantities import counted

MISSING = "/items/99999"
AT_ONCE = 0.001  # seconds
WORK = 0.01  # seconds that the iterations of the event loop may take on the clock
BROKEN = ("fault=truncate&fault_rate=1", "fault=reset&fault_rate=1", "failure_rate=1&failure_statuses=404")


def documents_of(paths: Sequence[str]) -> list[Any]:
    """Return the items that the server has at these paths; None for the one that is missing."""
    store = Store()
    ids = [int(path.partition("?")[0].rpartition("/")[2]) for path in paths]
    return [None if path == MISSING else store.get(id).document for id, path in zip(ids, paths, strict=True)]


def exchanges_at(trial: Trial, path: str) -> list[Exchange]:
    """Return the exchanges of the latest call at a path."""
    return [exchange for exchange in trial.run.exchanges if exchange.path == path]


def given_up(exchanges: Iterable[Exchange]) -> list[float]:
    """Return how many seconds the client waited for each response that it gave up on."""
    return [each.disconnected - each.arrived for each in exchanges if each.disconnected is not None]


def expect_seconds(trial: Trial, most: float, why: str) -> None:
    """Expect that the crawl took at most `most` seconds; `why` says what may be wrong."""
    if trial.seconds > most + WORK:
        raise NotYet(f"It took {trial.seconds:.2f} s; expected {most:g} s at most. {why}")


def expect_no_refusals(trial: Trial) -> None:
    """Expect that no request went beyond the server's limits."""
    refused = [exchange.status for exchange in trial.run.exchanges if exchange.refused]
    if early := refused.count(429):
        limit = trial.application.conditions.rate_limit
        said = f"The server refused {counted(early, 'request')} with 429: more than {limit} came within a second"
        raise NotYet(sentences(said, _spacing(trial)))
    if refused:
        capacity, backlog = trial.application.conditions.capacity, trial.application.conditions.backlog
        said = f"The server refused {counted(len(refused), 'request')} with 503"
        why = f"{said}: it was serving {capacity} and {backlog} were queued."
        raise NotYet(sentences(why, _abandoned(trial)))


def _spacing(trial: Trial) -> str:
    """Say how to space requests out."""
    arrivals = sorted(exchange.arrived for exchange in trial.run.exchanges)
    if not any(later - sooner < AT_ONCE for sooner, later in pairwise(arrivals)):
        return "Space them further apart"
    return "Some came at once. Take a slot first, then a turn from a limiter without bursts; a retry needs a turn, too"


def _abandoned(trial: Trial) -> str:
    """Explain how requests that the client gave up on keep the server full."""
    waited = given_up(exchange for exchange in trial.run.exchanges if exchange.fault is None)
    if not waited:
        return ""
    return f"Your crawl gave up on requests after {min(waited):.2f} s, but the server kept working on them."


def expect_list(result: Any, paths: Sequence[str]) -> None:
    """Expect a list with a document or None for each path."""
    if result is None:
        raise NotYet("It returned None. Is there a `return`, or does an `except` around all of it return None?")
    if not isinstance(result, list | tuple):
        raise NotYet(f"It returned {kind(result)}; expected a list with a place for each of the {len(paths)} paths.")
    if len(result) != len(paths):
        results = counted(len(result), "result")
        raise NotYet(f"It returned {results}; expected a place for each of the {len(paths)} paths.")
    for value in result:
        if isinstance(value, dict) and "detail" in value:
            raise NotYet(f"The list holds the error document of a {value.get('status')} response; expected None.")
        if isinstance(value, BaseException):
            raise NotYet(f"The list holds {kind(value)}; expected only documents and None. {raised(value)}")
        if value is not None and not isinstance(value, dict):
            raise NotYet(f"The list holds {kind(value)}; expected only documents and None.")


def expect_places(trial: Trial, result: Any, paths: Sequence[str]) -> None:
    """Expect the document of each path whose first attempt the server does not break; the others may be None."""
    conditions = trial.application.conditions
    lost = [path for path in _without_document(trial, result, paths) if not _is_spoilt(conditions, path)]
    sent = {exchange.path for exchange in trial.run.exchanges}
    for path, value in zip(paths, result, strict=True):
        if value is not None and path not in sent:
            raise NotYet(f"The server saw no request for {path}. Keep the whole path, with its query string.")
    if lost:
        unsent = [path for path in lost if path not in sent]
        most = unsent if 2 * len(unsent) >= len(lost) else [path for path in lost if path in sent]
        said = f"It lost {counted(len(lost), 'document')} that the server could have sent"
        raise NotYet(sentences(f"{said}: {_fate(trial, most[0], paths)}"))


def _without_document(trial: Trial, result: Any, paths: Sequence[str]) -> list[str]:
    """Expect a request, and a list with each document in its path's place; return the paths whose place holds None."""
    if isinstance(result, list) and any(map(iscoroutine, result)):
        raise NotYet("The list holds coroutines. Is `await asyncio.gather(*...)` missing?")
    if not trial.run.exchanges:
        raise NotYet("The server saw no request. Does the session get `url`? Does an `except` hide an error?")
    expect_list(result, paths)
    documents = documents_of(paths)
    for path, value, document in zip(paths, result, documents, strict=True):
        if value is not None and value not in documents:
            raise NotYet(f"The place of {path} holds {value!r:.60}; expected its document or None.")
        if value is not None and value != document:
            raise NotYet(
                "A place holds the document of another path. "
                "Keep the order of the paths, with None for a path that has failed."
            )
    return [path for path, value in zip(paths, result, strict=True) if value is None]


def _is_spoilt(conditions: Conditions, path: str) -> bool:
    if "_rate=1" in path:
        return True
    return conditions.failure("GET", path, 1) is not None or conditions.drawn_fault("GET", path, 1) is not None


def _fate(trial: Trial, path: str, paths: Sequence[str]) -> str:
    """Say what became of the request for one of the paths."""
    exchanges = exchanges_at(trial, path)
    if not exchanges:
        if other := min((exchange.path for exchange in trial.run.exchanges if exchange.path not in paths), default=""):
            return f"the server saw a request for {other}, but none for {path}"
        return (
            f"no request for {path} reached the server. A timeout may have ended it while it waited for a slot or a "
            "connection, or an error ended the code that would have sent it"
        )
    if waited := given_up(exchanges[-1:]):
        said = f"your crawl gave up on the request for {path}"
        if _fell_with_another(trial, exchanges[-1]):
            return f"{said} when another one failed. One failure must not end the others, as it does in a TaskGroup"
        return (
            f"{said} {waited[0]:.2f} s after it had reached the server, not counting a wait for a slot or a connection"
        )
    status, why = exchanges[-1].status or 0, ""
    if status < 400:
        missing = " Is a `return` missing, or does an `except` hide an error?"
        why = missing if status == 200 else " Any status below 400 is good."
    return f"the response to {path} was {status}, but its place holds None.{why}"


def _fell_with_another(trial: Trial, exchange: Exchange) -> bool:
    """Return whether the client gave up on a request at the moment at which another one failed."""
    failed = [each for each in trial.run.exchanges if each.disconnected is None and (each.status or 400) >= 400]
    return any(abs((each.ended or inf) - (exchange.disconnected or 0)) < AT_ONCE for each in failed)


def expect_every_document(trial: Trial, result: Any, paths: Sequence[str]) -> None:
    """Expect the document of every path, except the one that does not exist."""
    if lost := [path for path in _without_document(trial, result, paths) if path != MISSING]:
        exchanges = exchanges_at(trial, lost[0])
        attempts = counted(len(exchanges), "attempt")
        said = f"It lost {len(lost)} of {len(paths) - 1} documents; it gave up on {lost[0]} after {attempts}"
        waited = given_up(exchange for exchange in exchanges[-1:] if exchange.fault is None)
        why = f"The last of them ended after {waited[0]:.2f} s, before the response came" if waited else ""
        raise NotYet(sentences(said, why))
