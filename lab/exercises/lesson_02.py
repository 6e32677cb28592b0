"""The exercises of lesson 02: sessions."""

from __future__ import annotations

from typing import Any

import aiohttp

from mock_server.store import SEEDED

from ..checking.symptoms import NotYet
from ..checking.trial import Trial
from . import exercise, lesson_02_failures  # noqa: F401
from .symptoms import expect_list, expect_requests
from .witnesses import complaints, content_types, open_sessions

IDS = range(50, 0, -1)

FIELDS = {"name": "jalapeño", "price": 3}
CREATED = f"/items/{SEEDED + 1}"  # where a reset server puts the next item


@exercise("02.1", latency=0.01)
async def one_session(trial: Trial) -> None:
    """Fifty items over one connection, and a session that is closed at the end."""
    paths = [f"/items/{id}" for id in IDS]
    async with aiohttp.ClientSession(trial.server.url) as session:
        wanted = [await _json(session, f"{path}?latency=0") for path in paths]
    before = open_sessions()
    with complaints() as heard:
        result = await trial.call(trial.server.url, list(IDS))
    expect_requests(trial.run, paths)
    expect_list(result, wanted)
    if trial.run.connections > 1:
        why = "A session for each request opens a connection for each: make one for all."
        if trial.run.peak_in_flight > 1:
            why = "Requests in flight at once need a connection each: ask in one session, one after the other."
        raise NotYet(f"The server saw {trial.run.connections} connections; it expected 1. {why}")
    if heard:
        raise NotYet(f"One connection, but nobody closed the session: {heard[0]!r}. Use `async with` to make it.")
    if open_sessions() - before or trial.run.exchanges[0].reused:  # by this call, or by one before it
        raise NotYet("One connection, but its session is still open afterwards. Use `async with` to make it.")


@exercise("02.2")
async def create_item(trial: Trial) -> None:
    """An item created with POST and read at its Location; what the server refuses is raised."""
    types: list[str] = []
    async with aiohttp.ClientSession(trial.server.url, trace_configs=[content_types(types)]) as session:
        result, symptom = None, None
        try:
            result = await trial.call(session, FIELDS)
        except NotYet as found:
            symptom = found
        _expect_creation(trial, types)
        if symptom is not None:
            raise symptom
        _expect_item_read(trial, result)
        await _expect_refusal_raised(trial, session)


def _expect_creation(trial: Trial, types: list[str]) -> None:
    """Expect one POST of a JSON object to /items."""
    posts = [exchange for exchange in trial.run.exchanges if exchange.method == "POST"]
    if not posts:
        raise NotYet(f"The server saw no POST, and {trial.run.size}. A POST to /items creates an item.")
    first = posts[0]
    if first.path.startswith("/items?"):
        raise NotYet(f"The server saw POST {first.path}: the fields are in the address. They belong in the body.")
    if first.path != "/items":
        raise NotYet(f"The server saw POST {first.path}; it expected POST /items.")
    if first.status == 422:
        raise NotYet("The server got a JSON text, not an object. `json=` encodes; do not encode before it.")
    if types[0] != "application/json":
        raise NotYet(
            f"The server answered {first.status} to a body that calls itself {types[0]}. "
            "`data=` sends forms and raw bytes; `json=` sends JSON and says so."
        )
    if len(posts) > 1:
        raise NotYet(f"The server created {len(posts)} items; it expected 1.")


def _expect_item_read(trial: Trial, result: Any) -> None:
    """Expect a GET of what was created, and its document as the result."""
    gets = [exchange.path for exchange in trial.run.exchanges if exchange.method == "GET"]
    if CREATED not in gets:
        saw = f"It saw GET {gets[0]}, not" if gets else "It saw no GET of"
        raise NotYet(f"The server created the item and named it in Location. {saw} {CREATED}.")
    expect_list([result], [{"id": SEEDED + 1, **FIELDS}])


async def _expect_refusal_raised(trial: Trial, session: aiohttp.ClientSession) -> None:
    try:
        await trial.call(session, ["no", "object"])
    except NotYet as symptom:
        raised = symptom.__cause__
        if isinstance(raised, aiohttp.ClientResponseError) and raised.status == 422:
            return
        raise NotYet(
            f"The server refused a list with 422. {symptom}; "
            "expected ClientResponseError: look at the status before you read Location."
        ) from raised
    raise NotYet("The server refused a list with 422, and your function returned as if nothing had happened.")


async def _json(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(path) as response:
        return await response.json()
