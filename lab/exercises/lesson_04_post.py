"""The exercise of lesson 04 on a POST whose work is done once."""

from __future__ import annotations

from typing import Any

import aiohttp

from ..checking.symptoms import NotYet
from ..checking.trial import Trial
from . import exercise
from .retries import Ending, expect_attempts, expect_ending, expect_prompt_end, outcome
from .time_of_day import reach_fraction

LAMP: dict[str, Any] = {"name": "a lamp", "price": 20}
CHAIR: dict[str, Any] = {"name": "a chair", "colors": ["red", "green"]}
TWO_LOST = 68  # a seed: the responses to the POSTs 1 and 2 are lost, those to 3, 4 and 5 are not
FIVE_LOST = 41  # a seed: the responses to the POSTs 1 to 5 are lost, the one to 6 is not
FINAL_STATUSES = (422, 400, 401, 404, 409, 413, 429, 500, 502, 503, 504)
POST_FAULTS = ("empty", "reset")
LOST = aiohttp.ClientConnectionError


@exercise("04.4", fault="empty", fault_rate=0.5, seed=89)  # the response to POST 1 is lost, the one to 2 is not
async def post_once(trial: Trial) -> None:
    """Orders whose responses are lost after the work is done, and orders that are refused."""
    async with aiohttp.ClientSession(trial.url) as session:
        last_id = await _count(session)
        await reach_fraction()  # the two orders come within the same second
        for id, item in enumerate((LAMP, LAMP, CHAIR), start=last_id + 1):
            await _creates(trial, session, item, id, 2)
        main = trial.run
        for id, fault in enumerate(POST_FAULTS, start=last_id + 4):
            with trial.configured(fault=fault, seed=TWO_LOST):
                await _creates(trial, session, LAMP, id, 3)
        for fault in POST_FAULTS:
            with trial.configured(fault=fault, seed=FIVE_LOST):
                await _raises(trial, session, 3, LOST, "and it may make three attempts")
        for status in FINAL_STATUSES:
            with trial.configured(fault=None, failure_rate=1.0, failure_statuses=[status]):
                await _raises(trial, session, 1, status, "which is raised at once")
    trial.run = main


async def _creates(trial: Trial, session: aiohttp.ClientSession, item: dict[str, Any], id: int, made: int) -> None:
    """Expect one new item with the id `id`, after `made` attempts."""
    result = await outcome(trial, session, dict(item))
    for exchange in trial.run.exchanges:
        if exchange.method == "POST" and (exchange.status or 0) >= 400:
            raise NotYet(f"The server refused a POST with {exchange.status}. Send the item unchanged, as JSON.")
    _expect_posts(trial, made, "which is returned")
    created = await _created(session, id)
    if created == 0:
        raise NotYet("Two calls made one item. Each call is an order of its own, and needs a key of its own.")
    if created > 1:
        raise NotYet(
            f"One call made {created} items: the work was done although the response was lost. "
            "Send the same Idempotency-Key with every attempt of a call."
        )
    expect_prompt_end(trial.run)
    expect_ending(result, {"id": id, **item}, trial.run, "/items")


async def _raises(trial: Trial, session: aiohttp.ClientSession, made: int, ending: Ending, why_last: str) -> None:
    result = await outcome(trial, session, dict(LAMP))
    _expect_posts(trial, made, why_last)
    expect_prompt_end(trial.run)
    expect_ending(result, ending, trial.run, "/items")


def _expect_posts(trial: Trial, made: int, why_last: str) -> None:
    expect_attempts(trial.run, "/items", made, why_last, method="POST")


async def _count(session: aiohttp.ClientSession) -> int:
    async with session.get("/items?per_page=1&fault=null") as response:
        return int(response.headers["X-Total-Count"])


async def _created(session: aiohttp.ClientSession, id: int) -> int:
    """Return how many items have this id or a higher one, without a gap."""
    found = 0
    while True:
        async with session.get(f"/items/{id + found}?fault=null") as response:
            if response.status == 404:
                return found
        found += 1
