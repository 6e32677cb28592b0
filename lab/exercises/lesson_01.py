"""The exercises of lesson 01: why async."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import requests

from ..checking.trial import NotYet, Trial
from . import exercise
from .symptoms import expect_list, expect_requests

BEAT = 0.05  # seconds


@exercise("01.1")
async def fetch_together(trial: Trial) -> None:
    """Twelve items, asked for at once; those asked for first take longest."""
    paths = [f"/items/{id}?latency={0.5 - id / 40:g}" for id in range(1, 13)]
    async with aiohttp.ClientSession(trial.server.url) as session:
        wanted = [await _json(session, path.split("?")[0]) for path in paths]
        result = await trial.call_together(len(paths), session, paths)
    expect_requests(trial.run, paths)
    expect_list(result, wanted)
    if trial.run.peak_in_flight < len(paths):
        raise NotYet(
            f"The server never had more than {trial.run.peak_in_flight} of {len(paths)} requests in flight. "
            "Start them all before you wait for the first."
        )


@exercise("01.2")
async def keep_the_loop_free(trial: Trial) -> None:
    """Five reports by a blocking function, while a heartbeat on the same loop must go on."""
    paths = [f"/delay/0.5?report={number}" for number in range(1, 6)]
    urls = [trial.server.url + path for path in paths]
    async with aiohttp.ClientSession(trial.server.url) as session:
        with trial.watched():
            heart = asyncio.create_task(_beat(session))
            try:
                result = await trial.attempt(_blocking_fetch, urls)
            finally:
                heart.cancel()
                await asyncio.wait([heart])
    beats = [exchange for exchange in trial.run.exchanges if exchange.path.startswith("/text")]
    trial.run.exchanges = [exchange for exchange in trial.run.exchanges if exchange not in beats]
    expect_requests(trial.run, paths)
    during = [beat for beat in beats if any(r.arrived < beat.arrived < (r.ended or 0) for r in trial.run.exchanges)]
    if len(during) < 2:
        raise NotYet(
            "The event loop stood still: while the reports were fetched, the server heard nothing from the "
            "other coroutine. Call the blocking function in a thread."
        )
    expect_list(result, [f"report {number}" for number in range(1, 6)])
    overlap = sum(exchange.arrived < (trial.run.exchanges[0].ended or 0) for exchange in trial.run.exchanges)
    if overlap < len(paths):
        raise NotYet(
            "The loop is free, but the reports still come one at a time: "
            f"only {overlap} of {len(paths)} had been asked for when the first was there."
        )


@exercise("01.3", latency=0.4)
async def overlap_what_can(trial: Trial) -> None:
    """An item and then its three related ones, which nobody knows before the item is there."""
    related = [7, 70, 700]
    async with aiohttp.ClientSession(trial.server.url) as session:
        async with session.patch("/items/42?latency=0", json={"related": related}) as response:
            response.raise_for_status()
        wanted = [await _json(session, f"/items/{id}?latency=0") for id in (42, *related)]
        result = await trial.call_together(len(related), session, 42)
    expect_requests(trial.run, [f"/items/{id}" for id in (42, *related)])
    expect_list(result, wanted)
    first = trial.run.exchanges[0]
    if first.path != "/items/42":
        raise NotYet("The related items were asked for before item 42 could tell which they are.")
    if trial.run.peak_in_flight < len(related):
        raise NotYet(
            f"The three related items do not wait for one another, yet the server had at most "
            f"{trial.run.peak_in_flight} in flight. Ask for them together."
        )


def _blocking_fetch(url: str) -> str:
    """Fetch a report the blocking way, as a library that you cannot change would."""
    requests.get(url, timeout=5).raise_for_status()
    return f"report {url.rpartition('=')[2]}"


async def _beat(session: aiohttp.ClientSession) -> None:
    beat = 0
    while True:
        beat += 1
        async with session.get("/text", params={"beat": beat}) as response:
            await response.read()
        await asyncio.sleep(BEAT)


async def _json(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(path) as response:
        response.raise_for_status()
        return await response.json()
