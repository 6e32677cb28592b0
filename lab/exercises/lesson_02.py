"""The exercises of lesson 02: sessions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import aiohttp

from mock_server.store import SEEDED, Item, Store

from ..checking.expectations import expect_document, expect_documents, expect_requests, kind, later_call
from ..checking.replace import replaced
from ..checking.symptoms import NotYet, at, explained, sentences, why_group
from ..checking.trial import Trial
from ..errors import line_of
from . import exercise, lesson_02_download, lesson_02_failures  # noqa: F401
from .client_side import ClientTrace
from .lent_session import expect_open
from .opened import opened_by
from .statuses import ERROR_STATUSES
from .unusual_responses import error_pages, item_status

IDS = [id * 7919 % 10_000 + 1 for id in range(49)]  # in no order
IDS.insert(30, IDS[5])  # listed twice
TO_CLOSE = 1.0  # seconds until a thread has let go of its connection and the server knows

NEW_FIELDS: tuple[dict[str, Any], ...] = (
    {"name": "jalapeño", "price": 3},
    {},
    {"tags": ["hot", "green"], "size": {"cm": 7.125, "box": None}, "sold": False, "note": None, "sign": " 🌶 "},
    {"text": "", "list": [], "dict": {}, "count": 0},
    {"_private": 1, "Size ": "L", "session": True, "path": "/", "weight": 7.125},
    {"title": "Pepper", "status": 500, "detail": "burnt", "error": 0},  # as in an error document
)
LOCATION = "/items/{id}?created=1"  # cannot be guessed from the item's id
FULL_LOCATION = "/items/{id}?Created=a%26b&Created=c/"  # after the server's URL; breaks if it is taken apart
ADDED = {"stock": 12}  # by somebody else after the POST, so that the GET reads another document than the POST sent
READ_LOCATION = "Location names the URL to read"
NOTHING_MORE = "After a status of 400 or more, send nothing more"


@exercise("02.1", latency=0.01)
async def one_session(trial: Trial) -> None:
    """Fifty items over one connection, and a session that is closed at the end; then three."""
    await _read_all(trial, IDS)
    trial.shown = trial.run
    with later_call():
        await _read_all(trial, IDS[-3:])


async def _read_all(trial: Trial, ids: Sequence[int]) -> None:
    paths = [f"/items/{id}" for id in ids]
    with opened_by(trial) as opened:
        result = await trial.call(trial.url, ids)
        await asyncio.sleep(TO_CLOSE)
        left_open = trial.application.open_connections
    expect_requests(trial.run, paths)
    expect_documents(result, trial.items(ids))
    _expect_one_connection(trial, opened.sessions)
    opened.expect_closed()
    if left_open:
        raise NotYet("One connection, but it is still open afterwards. Close it before your function returns.")


def _expect_one_connection(trial: Trial, sessions: int) -> None:
    if (connections := trial.run.connections) == 1:
        return
    why = "A session keeps its connection for the next request: make one session for all."
    if trial.run.peak_in_flight > 1:
        why = "Requests in flight at once need a connection each. Send one after the other, in one session."
    elif sessions == 1:
        why = "There was one session, but it did not keep its connection. One connection must serve all requests."
    raise NotYet(f"The server saw {connections} connections; expected 1. {why}")


@exercise("02.2")
async def create_item(trial: Trial) -> None:
    """Items created with POST and read at their Location; a status of 400 or more is raised."""
    trace, store = ClientTrace(), trial.application.store
    async with trace.session(trial.url) as session:
        with _changed_after_creation(store):
            await _expect_created(trial, trace, session, SEEDED + 1, NEW_FIELDS[0])
            trial.shown = trial.run
            for id, fields in enumerate(NEW_FIELDS[1:], start=SEEDED + 2):
                with later_call(f"another one, with the fields {fields}"):
                    await _expect_created(trial, trace, session, id, fields)
        for status in ERROR_STATUSES:
            with trial.configured(failure_rate=1.0, failure_statuses=(status,)):
                await _expect_raised(trial, session, f"The server refused the POST with {status}", status)
            _expect_sent(trial, [("POST", "/items")], NOTHING_MORE)
        for status in ERROR_STATUSES:
            with replaced(store, "location", f"/status/{status}"):
                await _expect_get_raised(trial, session, status)
        with error_pages():
            with trial.configured(failure_rate=1.0, failure_statuses=(503,)):
                await _expect_raised(trial, session, "The server refused the POST with 503", 503)
            with replaced(store, "location", "/status/502"):
                await _expect_get_raised(trial, session, 502)
        for status in 203, 300:
            await _expect_read(trial, session, "GET of Location", status, f"/status/{status}")
        with item_status(201, 202):
            await _expect_read(trial, session, "POST", 202, "/items/7")


@contextmanager
def _changed_after_creation(store: Store) -> Iterator[None]:
    """Change each item that is created as soon as the response to its POST is ready."""
    create = store.create

    def create_and_change(fields: dict[str, Any]) -> Item:
        item = create(fields)
        store.put(item.id, {**fields, **ADDED})
        return item

    with replaced(store, "create", create_and_change):
        yield


async def _call(trial: Trial, session: aiohttp.ClientSession, fields: dict[str, Any]) -> Any:
    """Call the submission, and expect that it leaves the session open."""
    try:
        return await trial.call(session, deepcopy(fields))
    finally:
        expect_open(session)


async def _expect_created(
    trial: Trial, trace: ClientTrace, session: aiohttp.ClientSession, id: int, fields: dict[str, Any]
) -> None:
    """Expect a POST of the fields, a GET of the new item's Location, and its document as the result.

    The Location is a path if the id is odd, and a full URL if it is even.
    """
    item, location = {"id": id, **fields}, (LOCATION if id % 2 else FULL_LOCATION).format(id=id)
    wanted = [("POST", "/items"), ("GET", location)]
    trace.clear()
    try:
        with replaced(trial.application.store, "location", location if id % 2 else trial.url + location):
            result = await _call(trial, session, fields)
    except NotYet as symptom:
        if trial.run.exchanges:
            _expect_post(trial, trace)
        if trial.run.hits == len(wanted):
            _expect_sent(trial, wanted, READ_LOCATION)
        raise _told(symptom) from symptom.__cause__
    _expect_post(trial, trace)
    _expect_sent(trial, wanted, READ_LOCATION)
    trace.expect_calls(2)
    [read] = trial.items([id])
    created = {name: value for name, value in read.items() if name not in ADDED}
    if _as_json(created) != _as_json(item):
        raise NotYet(f"Expected a new item with the fields {fields}; the server created {created}.")
    if result == created:
        raise NotYet("It returned the item as the POST created it. Return what the GET reads: the item has changed.")
    expect_document(result, read)


def _told(symptom: NotYet) -> NotYet:
    """Return the symptom after a successful POST, whose response has a Location."""
    error = symptom.__cause__
    if not isinstance(error, KeyError) or str(error).lower() != "'location'":
        return symptom
    where = 'The POST was successful: its Location is in `response.headers["Location"]`'
    return NotYet(sentences(f"It raised KeyError: {error}", where, at(line_of(error))))


def _expect_post(trial: Trial, trace: ClientTrace) -> None:
    """Expect that the first request is a POST of a JSON object to /items, which creates an item."""
    if not trial.run.exchanges:
        raise NotYet("The server saw no request; expected a POST to /items.")
    first = next((each for each in trial.run.exchanges if each.method == "POST"), None)
    if first is None:
        raise NotYet(f"The server saw {_listed(trial)}, but no POST. A POST to /items creates an item.")
    if any(f"{name}=" in first.path for name in NEW_FIELDS[0]):
        raise NotYet(f"The server saw POST {first.path}: the fields are in the URL. They belong in the body.")
    if first.path != "/items":
        raise NotYet(f"The server saw POST {first.path}; expected POST /items.")
    if trial.run.exchanges[0] is not first:
        raise NotYet(f"The server saw {_listed(trial)}. The POST comes first, and needs no request before it.")
    if first.status == 422:
        raise NotYet(
            "The server got JSON that is not an object. Pass the dict itself to `json=`, which encodes it: "
            "not a list, and not a string from `json.dumps`."
        )
    if trace.content_types[:1] == [""]:
        raise NotYet("The POST had no body. An empty dict is JSON, too: `{}`.")
    if trace.content_types and (sent := trace.content_types[0]) != "application/json":
        raise NotYet(
            f"The Content-Type of the POST was {sent}. "
            "`data=` sends forms and raw bytes; `json=` sends JSON and sets the Content-Type."
        )
    if first.status != 201:
        raise NotYet(f"The status of the POST's response was {first.status}. Does the body hold the fields as JSON?")


def _expect_sent(trial: Trial, wanted: list[tuple[str, str]], hint: str = "") -> None:
    """Expect these requests, in this order, and no others."""
    seen = [(exchange.method, exchange.path) for exchange in trial.run.exchanges]
    if seen != wanted:
        expected = " and ".join(f"{method} {path}" for method, path in wanted)
        raise NotYet(sentences(f"The server saw {_listed(trial)}; expected {expected}", hint))


def _listed(trial: Trial) -> str:
    seen = [f"{exchange.method} {exchange.path}" for exchange in trial.run.exchanges]
    return ", ".join(seen[:3]) + (f" and {len(seen) - 3} more" if len(seen) > 3 else "")


async def _expect_raised(trial: Trial, session: aiohttp.ClientSession, why: str, status: int) -> None:
    """Expect a ClientResponseError with this status."""
    try:
        result = await _call(trial, session, NEW_FIELDS[0])
    except NotYet as symptom:
        error, said = symptom.__cause__, str(symptom)
        if isinstance(error, aiohttp.ClientResponseError):
            if error.status == status:
                return
            said = f"It raised a ClientResponseError with status {error.status!r}"
            instead = "" if error.status else "`response.raise_for_status()` raises one with the response's status"
            said = sentences(said, instead, at(line_of(error)))
        elif error is not None:
            said = sentences(said, why_group(error))
    else:
        raise_it = "Raise it: `raise`, not `return`" if isinstance(result, BaseException) else ""
        said = sentences(f"Your function returned {kind(result)}", raise_it)
    if not trial.run.exchanges:
        raise NotYet("The server saw no request; expected a POST to /items. Is the result of an earlier call kept?")
    raise NotYet(sentences(why, said, f"Expected a ClientResponseError with status {status}"))


async def _expect_get_raised(trial: Trial, session: aiohttp.ClientSession, status: int) -> None:
    """Expect a GET of exactly Location, and a ClientResponseError with its status."""
    wanted = [("POST", "/items"), ("GET", f"/status/{status}")]
    try:
        await _expect_raised(trial, session, f"The server refused the GET of Location with {status}", status)
    except NotYet:
        if trial.run.hits == len(wanted):
            _expect_sent(trial, wanted, READ_LOCATION)
        raise
    _expect_sent(trial, wanted, NOTHING_MORE)


async def _expect_read(trial: Trial, session: aiohttp.ClientSession, method: str, status: int, location: str) -> None:
    """Expect that the GET's document is returned, although the response to this method has an unusual good status."""
    why = f"The response to the {method} had the status {status}, which is below 400 and therefore good"
    with explained(before=why, after="Expected the document of the GET"):
        with replaced(trial.application.store, "location", location):
            result = await _call(trial, session, NEW_FIELDS[0])
        _expect_sent(trial, [("POST", "/items"), ("GET", location)])
        [document] = await trial.documents([location])
        expect_document(result, document)


def _as_json(document: Any) -> str:
    """Return a document as JSON text, in which 3 and 3.0 are the same, but 1 and true are not."""
    return json.dumps(json.loads(json.dumps(document), parse_int=float), sort_keys=True)
