"""Right answers of another shape than the lessons' solutions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

import aiohttp

right: list[tuple[str, Callable[..., Any]]] = []


def answers(exercise: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the decorated function as a right answer to an exercise."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        right.append((exercise, function))
        return function

    return add


async def _get(session, path):
    async with session.get(path) as response:
        response.raise_for_status()
        return await response.json()


@answers("01.1")
async def a_task_group(session, paths):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_get(session, path)) for path in paths]
    return [task.result() for task in tasks]


@answers("01.2")
async def the_loops_own_threads(fetch, urls):
    loop = asyncio.get_running_loop()
    return await asyncio.gather(*(loop.run_in_executor(None, fetch, url) for url in urls))


@answers("02.1")
async def all_together_on_one_connection(url, ids):
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=1)) as session:
        return await asyncio.gather(*(_get(session, f"/items/{id}") for id in ids))


@answers("02.4")
async def a_limit_on_each_piece(session, path, file, stall):
    timeout = aiohttp.ClientTimeout(total=None)
    async with session.get(path, timeout=timeout, raise_for_status=True) as response:
        while piece := await asyncio.wait_for(response.content.readany(), stall):
            file.write(piece)


@answers("03.1")
async def eight_workers(session, paths):
    documents = [None] * len(paths)
    left = iter(enumerate(paths))

    async def work():
        for at, path in left:
            documents[at] = await _get(session, path)

    await asyncio.gather(*(work() for _ in range(8)))
    return documents


@answers("03.2")
async def a_task_group_that_hears_of_no_failure(session, paths):
    async def outcome(path):
        try:
            return await _get(session, path)
        except aiohttp.ClientError as error:
            return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(outcome(path)) for path in paths]
    return [task.result() for task in tasks]


@answers("03.3")
async def ten_workers_and_a_long_queue(session, paths, handle):
    queue = asyncio.Queue(maxsize=30)

    async def work():
        while True:
            path = await queue.get()
            with suppress(aiohttp.ClientError):
                handle(await _get(session, path))
            queue.task_done()

    crew = [asyncio.create_task(work()) for _ in range(10)]
    for path in paths:
        await queue.put(path)
    await queue.join()
    for worker in crew:
        worker.cancel()


@answers("03.3")
async def fifty_at_a_time(session, paths, handle):
    places = asyncio.Semaphore(10)

    async def visit(path):
        with suppress(aiohttp.ClientError):
            async with places:
                handle(await _get(session, path))

    while batch := list(islice(paths, 50)):
        await asyncio.gather(*map(visit, batch))


@answers("03.4")
async def a_start_each_twentieth_of_a_second(session, paths):
    async def fetch(number, path):
        await asyncio.sleep(number / 20)
        return await _get(session, path)

    return await asyncio.gather(*(fetch(number, path) for number, path in enumerate(paths)))


@answers("04.2")
async def a_loop_of_its_own(session, path, base, cap, rng):
    failures, ceiling = 0, base
    while True:
        try:
            return await _get(session, path)
        except aiohttp.ClientResponseError:
            failures += 1
            if failures == 5:
                raise
        await asyncio.sleep(rng.uniform(0, min(cap, ceiling)))
        ceiling *= 2


@answers("04.3")
async def a_date_less_the_unix_time(session, path, patience):
    tries = 0
    while True:
        try:
            return await _get(session, path)
        except aiohttp.ClientResponseError as error:
            tries += 1
            asked = error.headers.get("Retry-After", "0.1")
            date = None if asked[0].isdigit() else parsedate_to_datetime(asked)
            wait = date.timestamp() - time.time() if date else float(asked)
            if error.status not in (429, 503) or tries == 3 or wait > patience:
                raise
        await asyncio.sleep(wait)
