"""Planted to the exercises of lesson 01, wrong ones and right ones."""

import asyncio
import time

from ..submissions import Planted
from . import crawler

planted = Planted()


async def _get(session, path):
    async with session.get(path) as response:
        return await response.json()


@planted.wrong("01.1", "never had more than 1 of 12")
async def one_by_one(session, paths):
    return [await _get(session, path) for path in paths]


@planted.wrong("01.1", "not in the order of the addresses")
async def as_they_arrive(session, paths):
    return [await item for item in asyncio.as_completed([_get(session, path) for path in paths])]


@planted.wrong("01.1", "is there a `return`?")
async def no_return(session, paths):
    await asyncio.gather(*(_get(session, path) for path in paths))


@planted.wrong("01.1", "Is every coroutine awaited?")
async def not_awaited(session, paths):
    for coroutine in [_get(session, path) for path in paths]:
        coroutine.close()
    return paths


@planted.wrong("01.1", "The list holds a ClientResponse")
async def responses_unread(session, paths):
    return await asyncio.gather(*(session.get(path) for path in paths))


@planted.wrong("01.1", "It returned before the results were there")
async def gathered_and_not_awaited(session, paths):
    return asyncio.gather(*(_get(session, path) for path in paths))


@planted.wrong("01.1", "It returned before the results were there")
async def tasks_and_no_results(session, paths):
    return [asyncio.create_task(_get(session, path)) for path in paths]


@planted.wrong("01.2", "It returned before the results were there")
async def threads_not_awaited(fetch, urls):
    return asyncio.gather(*(asyncio.to_thread(fetch, url) for url in urls))


@planted.wrong("01.1", "2 times; it expected 1")
async def each_twice(session, paths):
    await asyncio.gather(*(_get(session, path) for path in paths))
    return await asyncio.gather(*(_get(session, path) for path in paths))


@planted.wrong("01.1", "held up the event loop")
async def never_gives_way(session, paths):
    while True:
        pass


@planted.wrong("01.1", "begin it with `async def`")
def no_coroutine(session, paths):
    return paths


@planted.wrong("01.2", "The event loop stood still")
async def blocking_in_a_coroutine(fetch, urls):
    return [fetch(url) for url in urls]


@planted.wrong("01.2", "The event loop stood still")
async def blocking_under_gather(fetch, urls):
    async def coroutine(url):
        return fetch(url)

    return await asyncio.gather(*(coroutine(url) for url in urls))


@planted.wrong("01.2", "the reports still come one at a time")
async def one_thread_at_a_time(fetch, urls):
    return [await asyncio.to_thread(fetch, url) for url in urls]


@planted.wrong("01.2", "It raised TypeError")
async def gather_of_plain_values(fetch, urls):
    return await asyncio.gather(*(fetch(url) for url in urls))


@planted.wrong("01.3", "at most 1 in flight")
async def related_one_by_one(session, id):
    item = await _get(session, f"/items/{id}")
    return [item, *[await _get(session, f"/items/{other}") for other in item["related"]]]


@planted.wrong("01.3", "and not /items/7")
async def guessed_numbers(session, id):
    return await asyncio.gather(*(_get(session, f"/items/{other}") for other in range(id, id + 4)))


@planted.wrong("01.3", "It returned 3 documents; expected 4")
async def without_the_item(session, id):
    item = await _get(session, f"/items/{id}")
    return await asyncio.gather(*(_get(session, f"/items/{other}") for other in item["related"]))


@planted.right("01.1")
async def a_task_group(session, paths):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_get(session, path)) for path in paths]
    return [task.result() for task in tasks]


@planted.right("01.1")
async def a_list_that_is_used_up(session, paths):
    return await asyncio.gather(*(_get(session, paths.pop(0)) for _ in range(len(paths))))


STANDSTILLS = iter([0.8, 0.8])  # seconds


@planted.right("01.1")
async def all_at_once_on_a_machine_that_stands_still_twice(session, paths):
    async def fetch(path):
        if path == paths[-1]:
            await asyncio.sleep(0.1)  # the others are on their way
            time.sleep(next(STANDSTILLS, 0))  # noqa: ASYNC251 - all of it is to stand still
        return await _get(session, path)

    return await asyncio.gather(*map(fetch, paths))


@planted.right("01.2")
async def the_loops_own_threads(fetch, urls):
    loop = asyncio.get_running_loop()
    return await asyncio.gather(*(loop.run_in_executor(None, fetch, url) for url in urls))


planted += crawler.planted  # to the last exercise of all four lessons
