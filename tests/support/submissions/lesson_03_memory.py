"""Planted submissions to exercise 03.3, right and wrong."""

import asyncio
from contextlib import suppress
from itertools import chain, islice, tee

import aiohttp

from ..submissions import Planted

planted = Planted()

IDLE = "paths were left. Does the next request wait for a whole batch, the oldest request, a lock or a pause? Or were"


async def _get(session, path):
    async with session.get(path) as response:
        response.raise_for_status()
        return await response.json()


async def _visit(session, path, handle):
    """Handle one document, unless its path fails."""
    with suppress(aiohttp.ClientError):
        handle(await _get(session, path))


async def _workers(count, session, paths, handle):
    """Visit all paths with `count` workers on one iterator."""

    async def work():
        for path in paths:
            await _visit(session, path, handle)

    await asyncio.gather(*(work() for _ in range(count)))


async def _queue(waiting, session, paths, handle):
    """Visit all paths with ten workers on a queue, and return the workers, which still run."""
    queue = asyncio.Queue(maxsize=waiting)

    async def work():
        while True:
            await _visit(session, await queue.get(), handle)
            queue.task_done()

    crew = [asyncio.create_task(work()) for _ in range(10)]
    for path in paths:
        await queue.put(path)
    await queue.join()
    return crew


@planted.wrong("03.3", "`handle` was given one document twice and another one never.")
async def a_shared_document(session, paths, handle):
    document = None

    async def work():
        nonlocal document
        for path in paths:
            try:
                document = await _get(session, path)
                await asyncio.sleep(0)
            except (aiohttp.ClientError, TimeoutError):
                continue
            handle(document)

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "It raised TypeError: a coroutine was expected, got None. Call a plain function without")
async def a_task_for_each_document(session, paths, handle):
    tasks = []

    async def work():
        for path in paths:
            with suppress(aiohttp.ClientError):
                tasks.append(asyncio.create_task(handle(await _get(session, path))))

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "180 paths had been taken but not handled")
async def a_task_for_each(session, paths, handle):
    slots = asyncio.Semaphore(10)

    async def fetch(path):
        async with slots:
            handle(await _get(session, path))

    await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.wrong("03.3", "51 paths had been taken but not handled")
async def a_queue_that_is_one_too_long(session, paths, handle):
    for worker in await _queue(40, session, paths, handle):
        worker.cancel()


@planted.wrong("03.3", "An iterator has no length and no index; loop over it.")
async def the_length_of_an_iterator(session, paths, handle):
    for at in range(0, len(paths), 10):
        await asyncio.gather(*(_visit(session, path, handle) for path in paths[at : at + 10]))


@planted.wrong("03.3", "Loop over it with a plain `for`.")
async def an_asynchronous_loop(session, paths, handle):
    async for path in paths:
        await _visit(session, path, handle)


@planted.wrong("03.3", "Call a plain function without `await`.")
async def handle_that_is_awaited(session, paths, handle):
    async def work():
        for path in paths:
            with suppress(aiohttp.ClientError):
                await handle(await _get(session, path))

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "requests. Does a failure end a worker, or keep its slot?")
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


@planted.wrong("03.3", "requests. Does a failure end a worker, or keep its slot?")
async def workers_that_return_on_a_failure(session, paths, handle):
    async def work():
        for path in paths:
            try:
                handle(await _get(session, path))
            except aiohttp.ClientError:
                return

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "so it was stopped. Look at line")
async def a_task_that_is_never_done(session, paths, handle):
    queue = asyncio.Queue(maxsize=10)

    async def work():
        while True:
            with suppress(aiohttp.ClientError):
                handle(await _get(session, await queue.get()))
                queue.task_done()

    crew = [asyncio.create_task(work()) for _ in range(10)]
    for path in paths:
        await queue.put(path)
    await queue.join()
    for worker in crew:
        worker.cancel()


@planted.wrong("03.3", "It left 10 tasks running.")
async def workers_that_run_on(session, paths, handle):
    await _queue(10, session, paths, handle)


@planted.wrong("03.3", "It left 10 tasks running. Await every task, or cancel it")
async def a_get_that_each_worker_leaves_behind(session, paths, handle):
    queue, stop = asyncio.Queue(maxsize=10), asyncio.Event()

    async def work():
        while True:
            getting, stopping = asyncio.create_task(queue.get()), asyncio.create_task(stop.wait())
            await asyncio.wait({getting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done():
                return
            stopping.cancel()
            await _visit(session, getting.result(), handle)
            queue.task_done()

    crew = [asyncio.create_task(work()) for _ in range(10)]
    for path in paths:
        await queue.put(path)
    await queue.join()
    stop.set()
    await asyncio.gather(*crew)


@planted.wrong("03.3", "It left 1 task running.")
async def a_sleep_that_goes_on(session, paths, handle):
    sleeping = asyncio.create_task(asyncio.sleep(3600))
    working = asyncio.create_task(_workers(10, session, paths, handle))
    await asyncio.wait({sleeping, working}, return_when=asyncio.FIRST_COMPLETED)


@planted.wrong("03.3", "It left 5 tasks running. Await every task")
async def tasks_that_are_not_awaited(session, paths, handle):
    slots, tasks = asyncio.Semaphore(10), set()

    async def visit(path):
        await _visit(session, path, handle)
        slots.release()

    for path in paths:
        await slots.acquire()
        tasks.add(asyncio.create_task(visit(path)))


@planted.wrong("03.3", "`handle` was not given the document of /status/300. Any status below 400 is a success.")
async def failures_other_than_200(session, paths, handle):
    await _workers_that_look_at(lambda status: status == 200, session, paths, handle)


@planted.wrong("03.3", "`handle` was not given the document of /status/201. Any status below 400 is a success.")
async def failures_other_than_200_and_300(session, paths, handle):
    await _workers_that_look_at(lambda status: status in (200, 300), session, paths, handle)


@planted.wrong("03.3", "a document with the status 451 that is not an item")
async def failures_by_name(session, paths, handle):
    await _workers_that_look_at(lambda status: status not in (400, 404, 500, 503), session, paths, handle)


@planted.wrong("03.3", "at most 10 were allowed. Does each request hold a slot of one shared semaphore until")
async def slots_given_back_before_the_body_is_read(session, paths, handle):
    slots = asyncio.Semaphore(10)

    async def read(response):
        with suppress(aiohttp.ClientError):
            async with response:
                response.raise_for_status()
                handle(await response.json())

    async with asyncio.TaskGroup() as group:

        async def start(path):
            response = await session.get(path)
            slots.release()
            await read(response)

        for path in paths:
            await slots.acquire()
            group.create_task(start(path))


@planted.wrong("03.3", "It raised TypeError: handle() takes 1 positional argument but 2 were given.")
async def the_path_handed_over_too(session, paths, handle):
    async def work():
        for path in paths:
            with suppress(aiohttp.ClientError):
                handle(path, await _get(session, path))

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "`handle` was called once after `visit` had returned.")
async def documents_handled_in_a_moment(session, paths, handle):
    def later(document):
        asyncio.get_running_loop().call_later(0.001, handle, document)

    await _workers(10, session, paths, later)


@planted.wrong("03.3", "`handle` was called once after `visit` had returned.")
async def a_task_for_handling_each_document(session, paths, handle):
    tasks = set()

    async def handle_soon(document):
        await asyncio.sleep(0.001)
        handle(document)

    await _workers(10, session, paths, lambda document: tasks.add(asyncio.create_task(handle_soon(document))))


@planted.wrong("03.3", "It raised ClientPayloadError")
async def the_first_of_each_worker_outside_the_try(session, paths, handle):
    async def work():
        if (path := next(paths, None)) is not None:
            handle(await _get(session, path))
        for path in paths:
            await _visit(session, path, handle)

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "It was idle after a request that failed. Does a failure end a worker, or keep its slot?")
async def workers_that_die_of_a_broken_body(session, paths, handle):
    async def work():
        for path in paths:
            async with session.get(path) as response:
                if response.ok:
                    handle(await response.json())

    await asyncio.gather(*(work() for _ in range(10)), return_exceptions=True)


@planted.wrong("03.3", "Does a failure end a worker, or keep its slot?")
async def a_window_that_failures_keep(session, paths, handle):
    slots, window = asyncio.Semaphore(10), asyncio.Semaphore(50)

    async def visit(path):
        async with slots:
            with suppress(aiohttp.ClientError):
                handle(await _get(session, path))
                window.release()

    async with asyncio.TaskGroup() as group:
        while True:
            await window.acquire()
            if (path := next(paths, None)) is None:
                return
            group.create_task(visit(path))


@planted.wrong("03.3", "It raised CancelledError")
async def cancelled_workers_that_are_awaited(session, paths, handle):
    crew = await _queue(10, session, paths, handle)
    for worker in crew:
        worker.cancel()
    await asyncio.gather(*crew)


@planted.wrong("03.3", "`handle` was given a str. Is everything awaited? Is the JSON read?")
async def texts_instead_of_documents(session, paths, handle):
    async def work():
        for path in paths:
            with suppress(aiohttp.ClientError):
                async with session.get(path) as response:
                    if response.ok:
                        handle(await response.text())

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "It raised ClientPayloadError")
async def workers_under_gather_that_die(session, paths, handle):
    async def work():
        for path in paths:
            handle(await _get(session, path))

    await asyncio.gather(*(work() for _ in range(10)))


async def _workers_that_look_at(is_good, session, paths, handle):
    async def work():
        for path in paths:
            with suppress(aiohttp.ClientPayloadError):
                async with session.get(path) as response:
                    if is_good(response.status):
                        handle(await response.json())

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "a document with the status 400 that is not an item")
async def no_status_looked_at(session, paths, handle):
    await _workers_that_look_at(lambda status: True, session, paths, handle)


@planted.wrong("03.3", "a document with the status 400 that is not an item")
async def failures_from_500_up(session, paths, handle):
    await _workers_that_look_at(lambda status: status < 500, session, paths, handle)


@planted.wrong("03.3", "a document with the status 400 that is not an item")
async def failures_above_400(session, paths, handle):
    await _workers_that_look_at(lambda status: status <= 400, session, paths, handle)


@planted.wrong("03.3", "It raised ClientPayloadError")
async def good_statuses_taken_for_whole_documents(session, paths, handle):
    async def work():
        for path in paths:
            async with session.get(path) as response:
                if response.ok:
                    handle(await response.json())

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "Leave out the paths that fail.")
async def errors_handed_over(session, paths, handle):
    async def work():
        for path in paths:
            try:
                handle(await _get(session, path))
            except aiohttp.ClientError as error:
                handle(error)

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "`handle` was given None")
async def none_handed_over(session, paths, handle):
    async def work():
        for path in paths:
            document = None
            with suppress(aiohttp.ClientError):
                document = await _get(session, path)
            handle(document)

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "`handle` was called 26 times; expected 13")
async def each_document_twice(session, paths, handle):
    def twice(document):
        handle(document)
        handle(document)

    await _workers(10, session, paths, twice)


@planted.wrong("03.3", "at most 1 in flight; expected 10")
async def a_single_worker(session, paths, handle):
    await _workers(1, session, paths, handle)


@planted.wrong("03.3", "at most 9 in flight; expected 10")
async def nine_workers(session, paths, handle):
    await _workers(9, session, paths, handle)


@planted.wrong("03.3", "11 requests in flight; at most 10 were allowed")
async def eleven_workers(session, paths, handle):
    await _workers(11, session, paths, handle)


@planted.wrong("03.3", IDLE)
async def the_oldest_of_ten_tasks_awaited(session, paths, handle):
    tasks = []
    for path in paths:
        if len(tasks) == 10:
            await tasks.pop(0)
        tasks.append(asyncio.create_task(_visit(session, path, handle)))
    await asyncio.gather(*tasks)


@planted.wrong("03.3", IDLE)
async def one_body_read_at_a_time(session, paths, handle):
    lock = asyncio.Lock()

    async def work():
        for path in paths:
            with suppress(aiohttp.ClientError):
                async with session.get(path, raise_for_status=True) as response, lock:
                    handle(await response.json())

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", IDLE)
async def ten_at_a_time(session, paths, handle):
    while batch := list(islice(paths, 10)):
        await asyncio.gather(*(_visit(session, path, handle) for path in batch))


@planted.wrong("03.3", "Or were the paths shared out beforehand?")
async def a_tenth_of_the_paths_for_each_worker(session, paths, handle):
    async def work(own):
        for path in own:
            await _visit(session, path, handle)

    await asyncio.gather(*(work(islice(own, first, None, 10)) for first, own in enumerate(tee(paths, 10))))


@planted.wrong("03.3", IDLE)
async def fifty_at_a_time(session, paths, handle):
    slots = asyncio.Semaphore(10)

    async def visit(path):
        async with slots:
            await _visit(session, path, handle)

    while batch := list(islice(paths, 50)):
        await asyncio.gather(*map(visit, batch))


@planted.wrong("03.3", "The server saw 10 of 13 requests. Are some paths left out?")
async def whole_tens_only(session, paths, handle):
    while len(batch := list(islice(paths, 10))) == 10:
        await asyncio.gather(*(_visit(session, path, handle) for path in batch))


@planted.wrong("03.3", IDLE)
async def a_pause_after_each(session, paths, handle):
    async def work():
        for path in paths:
            await _visit(session, path, handle)
            await asyncio.sleep(0.01)

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "It closed `session`")
async def closing_the_session(session, paths, handle):
    async with session:
        await _workers(10, session, paths, handle)


@planted.right("03.3")
async def ten_workers(session, paths, handle):
    await _workers(10, session, paths, handle)


@planted.right("03.3")
async def ten_workers_and_a_long_queue(session, paths, handle):
    for worker in await _queue(30, session, paths, handle):
        worker.cancel()


@planted.right("03.3")
async def fifty_paths_and_no_more(session, paths, handle):
    for worker in await _queue(39, session, paths, handle):
        worker.cancel()


@planted.right("03.3")
async def workers_that_are_told_to_end(session, paths, handle):
    queue = asyncio.Queue(maxsize=10)

    async def work():
        while (path := await queue.get()) is not None:
            await _visit(session, path, handle)

    async with asyncio.TaskGroup() as group:
        for _ in range(10):
            group.create_task(work())
        for path in paths:
            await queue.put(path)
        for _ in range(10):
            await queue.put(None)


async def _ten_tasks(session, paths, handle):
    """Visit all paths, each in its own task, and return the tasks that still run."""
    running = set()
    for path in paths:
        if len(running) == 10:
            _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        running.add(asyncio.create_task(_visit(session, path, handle)))
    return running


@planted.right("03.3")
async def ten_tasks_at_a_time(session, paths, handle):
    await asyncio.gather(*await _ten_tasks(session, paths, handle))


@planted.wrong("03.3", "this is a fourth one, without any path. It raised ValueError: Set of Tasks/Futures is empty.")
async def a_wait_for_no_task(session, paths, handle):
    await asyncio.wait(await _ten_tasks(session, paths, handle))


@planted.right("03.3")
async def a_slot_before_each_task(session, paths, handle):
    slots = asyncio.Semaphore(10)

    async def visit(path):
        try:
            await _visit(session, path, handle)
        finally:
            slots.release()

    async with asyncio.TaskGroup() as group:
        for path in paths:
            await slots.acquire()
            group.create_task(visit(path))


@planted.right("03.3")
async def documents_from_an_asynchronous_generator(session, paths, handle):
    async def documents():
        for path in paths:
            try:
                async with session.get(path) as response:
                    if response.status < 400:
                        yield await response.json()
            except aiohttp.ClientPayloadError:
                continue

    async def work():
        async for document in documents():
            handle(document)

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "`handle` was given None. Leave out the paths that fail.")
async def none_for_what_failed(session, paths, handle):
    async def worker():
        for path in paths:
            try:
                handle(await _get(session, path))
            except aiohttp.ClientError:
                handle(None)

    await asyncio.gather(*(worker() for _ in range(10)))


@planted.wrong("03.3", "this is a third one, with three paths. It raised RuntimeError: coroutine raised StopIteration.")
async def ten_paths_at_least(session, paths, handle):
    rest = chain([next(paths) for _ in range(10)], paths)

    async def work():
        for path in rest:
            with suppress(aiohttp.ClientError):
                async with session.get(path, raise_for_status=True) as response:
                    handle(await response.json())

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "was called 0 times; expected 13, once for each document. Does an `except` hide an error?")
async def an_error_of_its_own_hidden(session, paths, handle):
    async def work():
        for path in paths:
            with suppress(Exception):
                handle(path, await _get(session, path))

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "Does a failure end a worker, or keep its slot?")
async def a_stop_after_fifty_failures_in_a_row(session, paths, handle):
    failures = 0

    async def work():
        nonlocal failures
        for path in paths:
            if failures == 50:
                return
            try:
                handle(await _get(session, path))
                failures = 0
            except aiohttp.ClientError:
                failures += 1

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "It has no value here: did an exception skip its assignment?")
async def handles_outside_the_try(session, paths, handle):
    async def work():
        for path in paths:
            with suppress(aiohttp.ClientError):
                document = await _get(session, path)
            handle(document)

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "An async generator serves one task at a time. Share a plain iterator")
async def workers_on_an_async_generator(session, paths, handle):
    async def documents():
        for path in paths:
            with suppress(aiohttp.ClientError):
                yield await _get(session, path)

    shared = documents()

    async def work():
        async for document in shared:
            handle(document)

    await asyncio.gather(*(work() for _ in range(10)))


KEPT = {}


@planted.wrong("03.3", "The server saw 270 of 283 requests. Are documents of the first call kept?")
async def documents_kept_between_calls(session, paths, handle):
    async def work():
        for path in paths:
            with suppress(aiohttp.ClientError):
                if path not in KEPT:
                    KEPT[path] = await _get(session, path)
                handle(KEPT[path])

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "It computed for too long, so it was stopped. Does its loop ever end?")
async def looks_for_more_paths_for_ever(session, paths, handle):
    async def work():
        while True:
            if path := next(paths, None):
                await _visit(session, path, handle)

    await asyncio.gather(*(work() for _ in range(10)))


@planted.wrong("03.3", "The server saw no request; expected 13. Is every coroutine awaited? Is `paths` used up before")
async def counts_the_paths_first(session, paths, handle):
    count = sum(1 for _ in paths)
    await _workers(min(10, count), session, paths, handle)
