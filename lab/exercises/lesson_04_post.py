"""The exercise of lesson 04 on a POST whose work is done once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp

from mock_server import Exchange
from mock_server.store import SEEDED

from ..checking.replace import replaced
from ..checking.symptoms import NotYet, explained, sentences
from ..checking.trial import Trial
from ..quantities import counted
from . import exercise
from .lent_session import lent_session
from .retries import RETRYABLE, TOLERANCE, Ending, about_keys, expect_attempts, expect_ending, outcome, why_twice
from .statuses import ERROR_STATUSES
from .time_of_day import reach_fraction
from .unusual_responses import error_pages, item_status

LAMP: dict[str, Any] = {"name": "a lamp", "price": 20}
CHAIR: dict[str, Any] = {"name": "a chair", "colors": ["red", "green"], "stock": 0, "note": None}
TWO_LOST = 68  # a seed: the responses to the POSTs 1 and 2 are lost, those to 3, 4 and 5 are not
FIVE_LOST = 41  # a seed: the responses to the POSTs 1 to 5 are lost, the one to 6 is not
THREE_LOST = 35  # a seed: the responses to the POSTs 1, 2 and 3 are lost, those to 4 to 8 are not
POST_FAULTS = {"empty": aiohttp.ServerDisconnectedError, "reset": aiohttp.ClientOSError}  # and what aiohttp raises
TOGETHER = 4  # calls
OVERLAPPED = f"{TOGETHER} calls overlapped: keep what belongs to a call, such as its key, in local variables"
OTHER_ERRORS = (
    aiohttp.ServerTimeoutError,
    aiohttp.ClientConnectionError,
    aiohttp.ClientConnectorError,
    aiohttp.ClientConnectorDNSError,
)
OWN_KEY = "A key belongs to one call. The time is no key: calls may begin together."
SHARED_KEY = "Two calls made one item. Each call needs an Idempotency-Key of its own."


@exercise("04.4", fault="empty", fault_rate=0.5, seed=57)  # the response to POST 1 is lost, those to 2 and 3 are not
async def post_once(trial: Trial) -> None:
    """Orders whose responses are lost after the work is done, and orders that are refused."""
    id = _next_id(trial)
    await reach_fraction()  # the two orders come within the same second
    for number, item in enumerate((LAMP, LAMP, CHAIR)):
        await _creates(trial, item, id + number, 2)
    trial.shown = trial.run
    with trial.configured(fault=None, latency=0.99):
        await _creates(trial, LAMP, _next_id(trial), 1)
        await _creates_twice(trial)
        await _creates_together(trial)
    for fault in POST_FAULTS:
        with trial.configured(fault=fault, seed=TWO_LOST):
            await _creates(trial, LAMP, _next_id(trial), 3)
        with trial.configured(fault=fault, seed=THREE_LOST):
            await _creates_together(trial)
        other = "empty" if fault == "reset" else "reset"
        with trial.configured(fault=other, seed=FIVE_LOST), _changed_after(trial, 2, fault=fault):
            await _raises(trial, 3, POST_FAULTS[fault], "and three attempts are the limit")
    with trial.configured(seed=TWO_LOST, latency=0.99):
        why_more = "which is retryable, whatever kind of ClientConnectionError it raised"
        for error in OTHER_ERRORS:
            await _creates(trial, LAMP, _next_id(trial), 3, why_more, middlewares=[_raising(error)])
    for status in ERROR_STATUSES:
        with trial.configured(fault=None, failure_rate=1.0, failure_statuses=[status]):
            await _raises(trial, 1, status, "which is raised at once")
    with _changed_after(trial, 1, failure_rate=1.0, failure_statuses=[503]):
        await _raises(trial, 2, 503, "which is raised at once")
    with trial.configured(fault=None, failure_rate=1.0, failure_statuses=[502]), error_pages():
        await _raises(trial, 1, 502, "which is raised at once")
    with trial.configured(fault=None), item_status(201, 200):
        await _creates(trial, LAMP, _next_id(trial), 1)


async def _creates(
    trial: Trial, item: dict[str, Any], id: int, made: int, why_more: str = RETRYABLE, **options: Any
) -> None:
    """Expect one new item with the id `id`, after `made` attempts."""
    result = await outcome(trial, dict(item), **options)
    for exchange in trial.run.exchanges:
        if (exchange.method, exchange.path) == ("POST", "/items") and (exchange.status or 0) >= 400:
            raise NotYet(f"The server refused a POST with {exchange.status}{_why_refused(trial, exchange)}")
    expect_attempts(result, trial.run, "/items", made, "which is successful", why_more=why_more, method="POST")
    created = _next_id(trial) - id
    if created and (made_of := trial.created()[-1]) != item:
        raise NotYet(f"The server made an item of {made_of}; expected {item}. Send the item unchanged.")
    if created == 0:
        raise NotYet(sentences(SHARED_KEY, about_keys(trial)))
    if created > 1:
        raise NotYet(sentences(f"One call made {created} items", why_twice(trial)))
    expect_ending(result, {"id": id, **item}, trial.run, "/items")


def _why_refused(trial: Trial, exchange: Exchange) -> str:
    """Say why a POST was refused, as the end of a sentence, and what to send."""
    if exchange.status == 422 and trial.created():  # a body that is no JSON object gets 422 too, but creates nothing
        used = "its Idempotency-Key was already used with another body"
        return f": {used}. Send the item unchanged, and give each call a key of its own."
    return ". Send the item unchanged, with `json=`."


async def _creates_twice(trial: Trial) -> None:
    """Expect two calls with the same object, in the same task, to make two items."""
    submission, id = trial.submission, _next_id(trial)

    async def twice(session: aiohttp.ClientSession, item: dict[str, Any]) -> list[Any]:
        return [await submission(session, item), await submission(session, item)]

    with replaced(trial, "submission", twice):
        async with lent_session(trial) as session:
            await trial.call(session, dict(LAMP))
    if _next_id(trial) - id == 1:
        raise NotYet(sentences(SHARED_KEY, about_keys(trial)))


async def _creates_together(trial: Trial) -> None:
    """Expect each of several calls that overlap to make an item of its own, and to return it."""
    id = _next_id(trial)
    async with lent_session(trial) as session:
        with explained(after=OVERLAPPED):
            results = await trial.call_together([(session, dict(LAMP))] * TOGETHER)
    if (late := trial.run.exchanges[TOGETHER - 1].arrived) > TOLERANCE:
        raise NotYet(
            f"{TOGETHER} calls overlapped, and one waited {late:.2f} s before its first attempt. "
            "Make the first attempt at once."
        )
    if (made := _next_id(trial) - id) < TOGETHER:
        items = counted(made, "item")
        raise NotYet(f"{TOGETHER} calls that overlapped made {items}: they shared a key. {OWN_KEY}")
    if any({"id": id + number, **LAMP} not in results for number in range(TOGETHER)):
        raise NotYet(sentences("Not every call returned the item that it had made", OVERLAPPED))


def _raising(error: type[aiohttp.ClientConnectionError]) -> aiohttp.ClientMiddlewareType:
    """Return a middleware that raises an error of this type in place of each ServerDisconnectedError."""

    async def middleware(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        try:
            return await send(request)
        except aiohttp.ServerDisconnectedError as lost:
            if issubclass(error, aiohttp.ClientConnectorError):
                raise error(request.connection_key, OSError("refused")) from lost
            raise error from lost

    return middleware


@contextmanager
def _changed_after(trial: Trial, number: int, **conditions: Any) -> Iterator[None]:
    """Change the server's conditions after response `number` of the block."""
    journal, before = trial.application.journal, trial.application.conditions
    on_end = journal.on_end

    def change(row: Exchange) -> None:
        if on_end is not None:
            on_end(row)
        if row.number == number:
            trial.application.conditions = before.changed(conditions)

    with replaced(journal, "on_end", change), trial.configured():
        yield


async def _raises(trial: Trial, made: int, ending: Ending, why_last: str) -> None:
    result = await outcome(trial, dict(LAMP))
    expect_attempts(result, trial.run, "/items", made, why_last, method="POST")
    expect_ending(result, ending, trial.run, "/items")


def _next_id(trial: Trial) -> int:
    """Return the id that the next new item will have."""
    return SEEDED + len(trial.created()) + 1
