"""Planted to the exercises of lesson 03, wrong ones and right ones."""

import asyncio
import signal
import time
from contextlib import suppress
from itertools import islice

import aiohttp
from aiolimiter import AsyncLimiter

from mock_server import MockServer

from ..submissions import Planted

planted = Planted()


async def _get(session, path):
    async with session.get(path) as response:
        response.raise_for_status()
        return await response.json()


@planted.wrong("03.1", "Is there one semaphore for all?")
async def a_semaphore_in_each_task(session, paths):
    async def fetch(path):
        async with asyncio.Semaphore(8):
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.1", "The event loop stood still")
async def eight_workers_that_block_the_event_loop(session, paths):
    left = iter(enumerate(paths))
    documents = [None] * len(paths)

    async def work():
        for at, path in left:
            if at == 20:
                time.sleep(2)  # noqa: ASYNC251 - that is what is wrong with it
            documents[at] = await _get(session, path)

    await asyncio.gather(*(work() for _ in range(8)))
    return documents


@planted.wrong("03.1", "requests in flight; at most 8")
async def no_limit(session, paths):
    return await asyncio.gather(*(_get(session, path) for path in paths))


@planted.wrong("03.1", "Is a place held while you sleep?")
async def sleeping_in_the_semaphore(session, paths):
    places = asyncio.Semaphore(8)

    async def fetch(path):
        async with places:
            document = await _get(session, path)
            await asyncio.sleep(0.2)
            return document

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.1", "requests never reached the server")
async def a_limit_by_connector_with_a_total(session, paths):
    connector = aiohttp.TCPConnector(limit=8)
    timeout = aiohttp.ClientTimeout(total=1.6)
    async with aiohttp.ClientSession(MockServer.running().url, connector=connector, timeout=timeout) as own:
        return await asyncio.gather(*(_get(own, path) for path in paths))


@planted.wrong("03.1", "Does each eight wait for all of the eight before?")
async def in_batches(session, paths):
    documents = []
    for at in range(0, len(paths), 8):
        documents += await asyncio.gather(*(_get(session, path) for path in paths[at : at + 8]))
    return documents


@planted.wrong("03.1", "had 1 in flight at most; 8 were allowed")
async def one_by_one(session, paths):
    return [await _get(session, path) for path in paths]


@planted.wrong("03.1", "had 4 in flight at most; 8 were allowed")
async def too_few(session, paths):
    places = asyncio.Semaphore(4)

    async def fetch(path):
        async with places:
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.1", "not in the order of the addresses")
async def as_they_arrive(session, paths):
    places = asyncio.Semaphore(8)

    async def fetch(path):
        async with places:
            return await _get(session, path)

    return [await item for item in asyncio.as_completed([fetch(path) for path in paths])]


@planted.wrong("03.2", "One failure must not lose the rest")
async def plain_gather(session, paths):
    return await asyncio.gather(*(_get(session, path) for path in paths))


@planted.wrong("03.2", "A TaskGroup cancels the others when one fails")
async def a_task_group(session, paths):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_get(session, path)) for path in paths]
    return [task.result() for task in tasks]


@planted.wrong("03.2", "its error document stands in the list like an item")
async def no_status_looked_at(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            return await response.json()

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.wrong("03.2", "its place holds a dict; expected the exception")
async def a_dict_of_the_learners_own(session, paths):
    async def fetch(path):
        try:
            return await _get(session, path)
        except Exception as error:
            return {"error": str(error)}

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.2", "the exception AttributeError: ")
async def await_forgotten_in_each(session, paths):
    async def fetch(path):
        answer = session.get(path)
        answer.close()  # without a warning that nobody awaited it
        answer.json()

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.wrong("03.2", "It raised ClientPayloadError")
async def only_statuses_caught(session, paths):
    async def fetch(path):
        try:
            return await _get(session, path)
        except aiohttp.ClientResponseError as error:
            return error

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.2", "It returned 11 results for 12 addresses")
async def a_dict_by_address(session, paths):
    found = {}

    async def fetch(path):
        try:
            found[path] = await _get(session, path)
        except aiohttp.ClientError as error:
            found[path] = error

    await asyncio.gather(*(fetch(path) for path in paths))
    return list(found.values())


@planted.wrong("03.2", "its place holds None; expected the exception")
async def failures_as_none(session, paths):
    found = await asyncio.gather(*(_get(session, path) for path in paths), return_exceptions=True)
    return [None if isinstance(value, Exception) else value for value in found]


@planted.wrong("03.2", "had 2 of 12 requests in flight at most")
async def two_at_a_time(session, paths):
    places = asyncio.Semaphore(2)

    async def fetch(path):
        async with places:
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.wrong("03.2", "had 1 of 12 requests in flight at most")
async def one_after_another(session, paths):
    found = []
    for path in paths:
        try:
            found.append(await _get(session, path))
        except aiohttp.ClientError as error:
            found.append(error)
    return found


@planted.wrong("03.2", "results for 12 addresses; each has a place, if it fails, too")
async def the_good_ones_only(session, paths):
    found = await asyncio.gather(*(_get(session, path) for path in paths), return_exceptions=True)
    return [value for value in found if not isinstance(value, Exception)]


@planted.wrong("03.3", "288 addresses had been taken")
async def a_task_for_each(session, paths, handle):
    places = asyncio.Semaphore(10)

    async def fetch(path):
        async with places:
            handle(await _get(session, path))

    await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.wrong("03.3", "Does a worker die of a bad answer, or is it stopped too soon?")
async def workers_that_die(session, paths, handle):
    queue = asyncio.Queue(maxsize=10)

    async def work():
        while True:
            handle(await _get(session, await queue.get()))
            queue.task_done()

    crew = [asyncio.create_task(work()) for _ in range(10)]
    try:
        for path in paths:
            await queue.put(path)
        await queue.join()
    finally:
        for worker in crew:
            worker.cancel()
        await asyncio.gather(*crew, return_exceptions=True)


async def _ten_workers(session, paths, handle, waiting):
    """Handle all the paths and return the workers, cancelled."""
    queue = asyncio.Queue(maxsize=waiting)

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
    return crew


@planted.wrong("03.3", "It raised CancelledError")
async def workers_whose_end_is_awaited_as_an_error(session, paths, handle):
    await asyncio.gather(*await _ten_workers(session, paths, handle, 10))


@planted.wrong("03.3", "`handle` was given a str. Is everything awaited, and the JSON read?")
async def texts_instead_of_documents(session, paths, handle):
    async def work():
        for path in paths:
            with suppress(aiohttp.ClientError):
                async with session.get(path) as response:
                    if response.ok:
                        handle(await response.text())

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "It raised ClientResponseError")
async def workers_under_gather_that_die(session, paths, handle):
    async def work():
        for path in paths:
            handle(await _get(session, path))

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "It raised ClientPayloadError")
async def good_statuses_taken_for_whole_documents(session, paths, handle):
    async def work():
        for path in paths:
            async with session.get(path) as response:
                if response.ok:
                    handle(await response.json())

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "had 1 in flight at most; expected 10")
async def a_single_worker(session, paths, handle):
    for path in paths:
        with suppress(aiohttp.ClientError):
            handle(await _get(session, path))


@planted.wrong("03.3", "288 addresses had been taken")
async def a_queue_without_bound(session, paths, handle):
    queue = asyncio.Queue()
    for path in paths:
        queue.put_nowait(path)

    async def work():
        while not queue.empty():
            with suppress(aiohttp.ClientError):
                handle(await _get(session, queue.get_nowait()))

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "Leave out those that fail.")
async def errors_handed_over(session, paths, handle):
    async def work():
        for path in paths:
            try:
                handle(await _get(session, path))
            except aiohttp.ClientError as error:
                handle(error)

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "error documents are among them")
async def errors_handled_like_items(session, paths, handle):
    async def work():
        for path in paths:
            with suppress(aiohttp.ClientError):
                async with session.get(path) as response:
                    handle(await response.json())

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.4", "So many at once is not so many a second.")
async def a_semaphore_for_a_rate(session, paths):
    places = asyncio.Semaphore(20)

    async def fetch(path):
        async with places:
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.4", "Does the limiter let a burst through at once")
async def a_limiter_with_a_burst(session, paths):
    limiter = AsyncLimiter(20, 1)

    async def fetch(path):
        async with limiter:
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.4", "Does the limiter let a burst through at once")
async def a_burst_after_the_first(session, paths):
    limiter = AsyncLimiter(20, 1)

    async def fetch(number, path):
        await asyncio.sleep(0.15 * (number > 0))
        async with limiter:
            return await _get(session, path)

    return await asyncio.gather(*(fetch(number, path) for number, path in enumerate(paths)))


@planted.wrong("03.4", "Does each wait for the answer before it?")
async def one_at_a_time(session, paths):
    limiter = AsyncLimiter(1, 1 / 20)
    documents = []
    for path in paths:
        async with limiter:
            documents.append(await _get(session, path))
    return documents


@planted.wrong("03.4", "requests a second; 20 were allowed")
async def half_the_rate(session, paths):
    async def fetch(at, path):
        await asyncio.sleep(at / 10)
        return await _get(session, path)

    return await asyncio.gather(*(fetch(at, path) for at, path in enumerate(paths)))


async def _a_start_each_twentieth_after(at_once, session, paths):
    async def fetch(at, path):
        await asyncio.sleep(max(0, at - at_once + 1) / 20)
        return await _get(session, path)

    return await asyncio.gather(*(fetch(at, path) for at, path in enumerate(paths)))


@planted.wrong("03.4", "requests within a second; at most 20 were allowed")
async def a_start_each_twentieth_after_ten_at_once(session, paths):
    return await _a_start_each_twentieth_after(10, session, paths)


@planted.wrong("03.4", "Does each make a limiter of its own?")
async def a_limiter_for_each(session, paths):
    async def fetch(path):
        async with AsyncLimiter(1, 1 / 20):
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.4", "Does each make a limiter of its own?")
async def a_limiter_for_each_on_a_machine_that_sends_slowly(session, paths):
    async def fetch(number, path):
        async with AsyncLimiter(1, 1 / 20):
            await asyncio.sleep(number / 100)  # so that no more than twenty are in flight at once
            if number == 20:
                time.sleep(0.07)  # noqa: ASYNC251 - the machine is late
            return await _get(session, path)

    return await asyncio.gather(*(fetch(number, path) for number, path in enumerate(paths)))


@planted.wrong("03.4", "Does the limiter let a burst through at once")
async def a_limiter_with_a_long_burst_on_a_late_machine(session, paths):
    limiter = AsyncLimiter(30, 1.5)

    async def fetch(number, path):
        async with limiter:
            if number == len(paths) - 1:
                time.sleep(0.07)  # noqa: ASYNC251 - the machine is late
            return await _get(session, path)

    return await asyncio.gather(*(fetch(number, path) for number, path in enumerate(paths)))


HALF_A_SECONDS_WORTH = AsyncLimiter(10, 0.5)


@planted.wrong("03.4", "requests within a second; at most 20 were allowed")
async def a_limiter_of_ten_that_is_kept_between_the_calls(session, paths):
    async def fetch(path):
        async with HALF_A_SECONDS_WORTH:
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.4", "requests within a second; at most 20 were allowed.")
async def twenty_six_a_second(session, paths):
    async def fetch(at, path):
        await asyncio.sleep(at / 26)
        return await _get(session, path)

    return await asyncio.gather(*(fetch(at, path) for at, path in enumerate(paths)))


ARRIVING = iter([5])  # of the ten


@planted.wrong("03.4", "requests within a second; at most 20 were allowed")
async def ten_at_once_on_a_machine_that_holds_some_of_them_up_once(session, paths):
    return await _a_start_each_twentieth_after(next(ARRIVING, 10), session, paths)


async def _ten_at_once(spread_by, stands_still, session, paths):
    async def fetch(at, path):
        await asyncio.sleep(at * spread_by or max(0, at - 9) / 20)
        if at == len(paths) - 1:
            time.sleep(stands_still)  # noqa: ASYNC251 - the machine is late
        return await _get(session, path)

    return await asyncio.gather(*(fetch(at, path) for at, path in enumerate(paths)))


SPREADING = iter([(1 / 20, 0.25)])  # seconds between two, and of standing still


@planted.wrong("03.4", "requests within a second; at most 20 were allowed")
async def ten_at_once_on_a_machine_that_spreads_them_once(session, paths):
    return await _ten_at_once(*next(SPREADING, (0, 0)), session, paths)


SPREADING_LESS = iter([(1 / 23, 0.1)])


@planted.wrong("03.4", "requests within a second; at most 20 were allowed")
async def ten_at_once_on_a_machine_that_spreads_them_less_once(session, paths):
    return await _ten_at_once(*next(SPREADING_LESS, (0, 0)), session, paths)


@planted.wrong("03.4", "is there a `return`?")
async def nothing_returned(session, paths):
    limiter = AsyncLimiter(1, 1 / 20)

    async def fetch(path):
        async with limiter:
            return await _get(session, path)

    await asyncio.gather(*(fetch(path) for path in paths))


@planted.right("03.1")
async def eight_workers(session, paths):
    documents = [None] * len(paths)
    left = iter(enumerate(paths))

    async def work():
        for at, path in left:
            documents[at] = await _get(session, path)

    await asyncio.gather(*(work() for _ in range(8)))
    return documents


STOPS = iter([1.7])  # seconds


@planted.right("03.1")
async def eight_workers_on_a_machine_that_stands_still(session, paths):
    documents = [None] * len(paths)
    left = iter(enumerate(paths))
    server = MockServer.running()._process

    async def work():
        for at, path in left:
            if at == 20 and (stop := next(STOPS, 0)):
                server.send_signal(signal.SIGSTOP)
                time.sleep(stop)  # noqa: ASYNC251 - all of it is to stand still
                server.send_signal(signal.SIGCONT)
            documents[at] = await _get(session, path)

    await asyncio.gather(*(work() for _ in range(8)))
    return documents


@planted.right("03.2")
async def a_task_group_that_hears_of_no_failure(session, paths):
    async def outcome(path):
        try:
            return await _get(session, path)
        except aiohttp.ClientError as error:
            return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(outcome(path)) for path in paths]
    return [task.result() for task in tasks]


@planted.right("03.3")
async def ten_workers_and_a_long_queue(session, paths, handle):
    await _ten_workers(session, paths, handle, 30)


@planted.right("03.3")
async def fifty_at_a_time(session, paths, handle):
    places = asyncio.Semaphore(10)

    async def visit(path):
        with suppress(aiohttp.ClientError):
            async with places:
                handle(await _get(session, path))

    while batch := list(islice(paths, 50)):
        await asyncio.gather(*map(visit, batch))


@planted.right("03.4")
async def a_start_each_twentieth_of_a_second(session, paths):
    async def fetch(number, path):
        await asyncio.sleep(number / 20)
        return await _get(session, path)

    return await asyncio.gather(*(fetch(number, path) for number, path in enumerate(paths)))


@planted.right("03.4")
async def twenty_at_once_each_second(session, paths):
    documents = []
    for begin in range(0, len(paths), 20):
        if begin:
            await asyncio.sleep(1)
        documents += await asyncio.gather(*(_get(session, path) for path in paths[begin : begin + 20]))
    return documents


STANDSTILLS = iter([0.8, 0.8, 0.8])  # seconds


@planted.right("03.4")
async def a_start_each_twentieth_on_a_machine_that_stands_still_three_times(session, paths):
    async def fetch(number, path):
        await asyncio.sleep(number / 20)
        if number == 2:
            time.sleep(next(STANDSTILLS, 0))  # noqa: ASYNC251 - all of it is to stand still
        return await _get(session, path)

    return await asyncio.gather(*(fetch(number, path) for number, path in enumerate(paths)))


SHORT_STANDSTILLS = iter([0.35] * 8)  # seconds


@planted.right("03.4")
async def a_limiter_on_a_machine_that_stands_still_again_and_again(session, paths):
    limiter = AsyncLimiter(1, 1 / 20)

    async def fetch(number, path):
        async with limiter:
            if number % 5 == 4:
                time.sleep(next(SHORT_STANDSTILLS, 0))  # noqa: ASYNC251 - all of it is to stand still
            return await _get(session, path)

    return await asyncio.gather(*(fetch(number, path) for number, path in enumerate(paths)))
