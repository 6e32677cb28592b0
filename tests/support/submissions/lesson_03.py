"""Planted submissions to exercises 03.1 and 03.2, right and wrong; two more modules have those to 03.3 and 03.4."""

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import aiohttp

from ..submissions import Planted
from . import lesson_03_memory, lesson_03_rate

planted = Planted()


async def _get(session, path):
    async with session.get(path) as response:
        response.raise_for_status()
        return await response.json()


async def _with_slots(slots, session, paths):
    """Fetch all paths, each in one of the slots."""

    async def fetch(path):
        async with slots:
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


IDLE = "paths were left. Does the next request wait for a whole batch, the oldest request, a lock or a pause? Or were"
SHARED = "67 requests in flight; at most 8 were allowed. Does each request hold a slot of one shared semaphore until"


@planted.wrong("03.1", SHARED)
async def a_semaphore_in_each_task(session, paths):
    async def fetch(path):
        async with asyncio.Semaphore(8):
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.1", "`time.sleep` blocks the event loop")
async def eight_workers_that_block_the_event_loop(session, paths):
    left = iter(enumerate(paths))
    documents = [None] * len(paths)

    async def work():
        for at, path in left:
            if at == 20:
                time.sleep(2)  # noqa: ASYNC251
            documents[at] = await _get(session, path)

    await asyncio.gather(*(work() for _ in range(8)))
    return documents


@planted.wrong("03.1", "67 requests in flight; at most 8")
async def no_limit(session, paths):
    return await asyncio.gather(*(_get(session, path) for path in paths))


async def _sleeping_in_the_slot(seconds, session, paths):
    slots = asyncio.Semaphore(8)

    async def fetch(path):
        async with slots:
            document = await _get(session, path)
            await asyncio.sleep(seconds)
            return document

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.1", "A slot was idle for 0.20 s while paths were left. Does the next request wait for")
async def sleeping_in_the_semaphore(session, paths):
    return await _sleeping_in_the_slot(0.2, session, paths)


@planted.wrong("03.1", "A slot was idle for 0.01 s while paths were left.")
async def sleeping_a_moment_in_the_semaphore(session, paths):
    return await _sleeping_in_the_slot(0.01, session, paths)


@planted.wrong("03.1", "Start the first 5 requests at once.")
async def sleeping_before_it_starts(session, paths):
    await asyncio.sleep(0.1)
    return await _with_slots(asyncio.Semaphore(8), session, paths)


@planted.wrong("03.1", "A slot was idle for 0.01 s while paths were left. Start the first 5 requests at once.")
async def a_task_each_hundredth_of_a_second(session, paths):
    slots, tasks = asyncio.Semaphore(8), []

    async def fetch(path):
        async with slots:
            return await _get(session, path)

    for path in paths:
        tasks.append(asyncio.create_task(fetch(path)))
        await asyncio.sleep(0.01)
    return await asyncio.gather(*tasks)


@planted.wrong("03.1", "A request's timeout also runs while it waits for a connection")
async def a_limit_by_the_connector(session, paths):
    session.connector._limit = 8
    return await asyncio.gather(*(_get(session, path) for path in paths))


@planted.wrong("03.1", "A request's timeout also runs while it waits for a connection")
async def a_limit_by_the_connector_and_a_task_group(session, paths):
    session.connector._limit = 8
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_get(session, path)) for path in paths]
    return [task.result() for task in tasks]


TIMEOUT = "A response takes up to 0.8 s. Start a timeout only once its request has a slot."


@planted.wrong("03.1", TIMEOUT)
async def a_timeout_of_half_a_second(session, paths):
    slots, timeout = asyncio.Semaphore(8), aiohttp.ClientTimeout(total=0.5)

    async def fetch(path):
        async with slots, session.get(path, timeout=timeout) as response:
            return await response.json()

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.1", TIMEOUT)
async def a_timeout_around_the_slot(session, paths):
    slots = asyncio.Semaphore(8)

    async def fetch(path):
        async with slots:
            return await _get(session, path)

    return await asyncio.gather(*(asyncio.wait_for(fetch(path), 1.6) for path in paths))


@planted.wrong("03.1", "Send every request with `session`.")
async def a_session_of_its_own(session, paths):
    connector = aiohttp.TCPConnector(limit=8)
    async with aiohttp.ClientSession(session._base_url, connector=connector) as own:
        return await asyncio.gather(*(_get(own, path) for path in paths))


@planted.wrong("03.1", "It closed `session`")
async def closing_the_session(session, paths):
    async with session:
        return await _with_slots(asyncio.Semaphore(8), session, paths)


@planted.wrong("03.1", IDLE)
async def in_batches(session, paths):
    documents = []
    for at in range(0, len(paths), 8):
        documents += await asyncio.gather(*(_get(session, path) for path in paths[at : at + 8]))
    return documents


@planted.wrong("03.1", "Or were the paths shared out beforehand?")
async def an_eighth_of_the_paths_for_each_worker(session, paths):
    documents = [None] * len(paths)

    async def work(first):
        for at in range(first, len(paths), 8):
            documents[at] = await _get(session, paths[at])

    await asyncio.gather(*(work(first) for first in range(8)))
    return documents


@planted.wrong("03.1", "9 requests in flight; at most 8 were allowed. Does each request hold a slot of one shared")
async def the_body_read_outside_the_semaphore(session, paths):
    slots = asyncio.Semaphore(8)

    async def fetch(path):
        async with slots:
            response = await session.get(path)
        return await response.json()

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.1", "at most 1 in flight; expected 5")
async def one_by_one(session, paths):
    return [await _get(session, path) for path in paths]


@planted.wrong("03.1", "at most 7 in flight; expected 8")
async def one_too_few(session, paths):
    return await _with_slots(asyncio.Semaphore(7), session, paths)


@planted.wrong("03.1", "9 requests in flight; at most 8 were allowed.")
async def one_too_many(session, paths):
    return await _with_slots(asyncio.Semaphore(9), session, paths)


@planted.wrong("03.1", "The documents are right, but in the wrong order.")
async def as_they_arrive(session, paths):
    slots = asyncio.Semaphore(8)

    async def fetch(path):
        async with slots:
            return await _get(session, path)

    return [await item for item in asyncio.as_completed([fetch(path) for path in paths])]


@planted.wrong("03.1", "The documents are right, but in the wrong order.")
async def in_the_order_of_the_ids(session, paths):
    documents = await _with_slots(asyncio.Semaphore(8), session, paths)
    return sorted(documents, key=lambda document: document.get("id", 0))


@planted.wrong("03.1", "The list holds None where a dict was expected.")
async def a_list_of_sixty_four(session, paths):
    documents = [None] * 64
    left = iter(enumerate(paths))

    async def work():
        for at, path in left:
            documents[at] = await _get(session, path)

    await asyncio.gather(*(work() for _ in range(8)))
    return documents


@planted.wrong("03.1", "Is there a `return`?")
async def no_documents(session, paths):
    await _with_slots(asyncio.Semaphore(8), session, paths)


@planted.wrong("03.1", "so it was stopped. Look at line")
async def slots_that_are_never_released(session, paths):
    slots = asyncio.Semaphore(8)

    async def fetch(path):
        await slots.acquire()
        return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.1", "Is an `await` or `async with` missing?")
async def a_semaphore_without_async(session, paths):
    slots = asyncio.Semaphore(8)

    async def fetch(path):
        async with slots:
            response = session.get(path)
            response.close()
            return response.json()

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.1", "It returned 66 documents; expected 67. One path is listed twice.")
async def a_document_for_each_key(session, paths):
    slots, documents = asyncio.Semaphore(8), dict.fromkeys(paths)

    async def fetch(path):
        async with slots:
            documents[path] = await _get(session, path)

    await asyncio.gather(*(fetch(path) for path in paths))
    return list(documents.values())


@planted.wrong("03.1", "The server saw 64 of 67 requests")
async def whole_eights_only_if_there_is_one(session, paths):
    whole = len(paths) // 8 * 8 or len(paths)
    return await _with_slots(asyncio.Semaphore(8), session, paths[:whole])


@planted.wrong("03.1", "this is a third one, with three paths. It returned 67 documents; expected 3.")
async def documents_kept_in_a_default(session, paths, documents={}):  # noqa: B006
    slots = asyncio.Semaphore(8)

    async def fetch(at, path):
        async with slots:
            documents[at] = await _get(session, path)

    await asyncio.gather(*(fetch(at, path) for at, path in enumerate(paths)))
    return [documents[at] for at in sorted(documents)]


async def _look_for_a_free_slot(pause, session, paths):
    in_flight = 0

    async def read(path):
        nonlocal in_flight
        while in_flight >= 8:  # noqa: ASYNC110 - what a learner may write
            await asyncio.sleep(pause)
        in_flight += 1
        try:
            return await _get(session, path)
        finally:
            in_flight -= 1

    return await asyncio.gather(*map(read, paths))


@planted.right("03.1")
async def polls_for_a_free_slot(session, paths):
    return await _look_for_a_free_slot(0, session, paths)


@planted.wrong("03.1", IDLE)
async def polls_every_hundredth_of_a_second(session, paths):
    return await _look_for_a_free_slot(0.01, session, paths)


@planted.wrong("03.1", IDLE)
async def polls_every_second(session, paths):
    return await _look_for_a_free_slot(1, session, paths)


@planted.wrong("03.1", IDLE)
async def the_oldest_of_eight_tasks_awaited(session, paths):
    tasks = []
    for at, path in enumerate(paths):
        if at >= 8:
            await tasks[at - 8]
        tasks.append(asyncio.create_task(_get(session, path)))
    return await asyncio.gather(*tasks)


@planted.wrong("03.1", IDLE)
async def a_wait_of_a_tenth_of_a_second_for_all_tasks(session, paths):
    tasks, running = [], set()
    for path in paths:
        while len(running) == 8:
            _, running = await asyncio.wait(running, timeout=0.1)
        tasks.append(asyncio.create_task(_get(session, path)))
        running = {*running, tasks[-1]}
    return await asyncio.gather(*tasks)


@planted.right("03.1")
async def one_request_for_a_path_that_is_listed_twice(session, paths):
    own = list(dict.fromkeys(paths))
    documents = dict(zip(own, await _with_slots(asyncio.Semaphore(8), session, own), strict=True))
    return [documents[path] for path in paths]


@planted.right("03.1")
async def eight_workers(session, paths):
    documents = [None] * len(paths)
    left = iter(enumerate(paths))

    async def work():
        for at, path in left:
            documents[at] = await _get(session, path)

    await asyncio.gather(*(work() for _ in range(8)))
    return documents


@planted.right("03.1")
async def workers_and_a_queue(session, paths):
    queue, documents = asyncio.Queue(), {}
    for job in enumerate(paths):
        queue.put_nowait(job)

    async def work():
        while not queue.empty():
            at, path = queue.get_nowait()
            documents[at] = await _get(session, path)

    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(work())
    return [documents[at] for at in range(len(paths))]


@planted.right("03.1")
async def the_index_with_each(session, paths):
    slots = asyncio.BoundedSemaphore(8)

    async def fetch(at, path):
        async with slots, session.get(path) as response:
            return at, await response.json()

    found = [await each for each in asyncio.as_completed([fetch(at, path) for at, path in enumerate(paths)])]
    return [document for _, document in sorted(found, key=lambda pair: pair[0])]


@planted.right("03.1")
async def eight_tasks_at_a_time(session, paths):
    tasks, running = [], set()
    for path in paths:
        if len(running) == 8:
            _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        tasks.append(asyncio.create_task(_get(session, path)))
        running = {*running, tasks[-1]}
    return await asyncio.gather(*tasks)


class _Fetch:
    """A callable with an `async def __call__` in place of a coroutine function."""

    __name__ = "a_callable_object"

    async def __call__(self, session, paths):
        self.slots = asyncio.Semaphore(8)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.fetch(session, path)) for path in paths]
        return tuple(task.result() for task in tasks)

    async def fetch(self, session, path):
        await self.slots.acquire()
        try:
            return await _get(session, path)
        finally:
            self.slots.release()


planted.right("03.1")(_Fetch())


async def _at_most(concurrency, session, paths):
    return await _with_slots(asyncio.Semaphore(concurrency), session, paths)


eight_by_partial = partial(_at_most, 8)
eight_by_partial.__name__ = "eight_by_partial"
planted.right("03.1")(eight_by_partial)


@planted.right("03.1")
async def eight_threads_that_wait_for_coroutines(session, paths):
    loop = asyncio.get_running_loop()

    def fetch(path):
        return asyncio.run_coroutine_threadsafe(_get(session, path), loop).result()

    with ThreadPoolExecutor(8) as pool:
        return await asyncio.gather(*(loop.run_in_executor(pool, fetch, path) for path in paths))


async def _past_failures(session, paths):
    return await asyncio.gather(*(_get(session, path) for path in paths), return_exceptions=True)


@planted.wrong("03.2", "holds the exception Exception without a message; expected one that says why.")
async def exceptions_that_say_nothing(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            return await response.json() if response.ok else Exception()

    return await asyncio.gather(*map(fetch, paths), return_exceptions=True)


@planted.wrong("03.2", "It returned None. Is there a `return`?")
async def a_gather_that_is_not_returned(session, paths):
    await asyncio.gather(*(_get(session, path) for path in paths), return_exceptions=True)


@planted.wrong("03.2", "One failure must not cost you the rest")
async def plain_gather(session, paths):
    return await asyncio.gather(*(_get(session, path) for path in paths))


@planted.wrong("03.2", "A TaskGroup cancels the others when one fails: here it cut off 1 of 6 requests.")
async def a_task_group(session, paths):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_get(session, path)) for path in paths]
    return [task.result() for task in tasks]


@planted.wrong("03.2", "No task needs to be cancelled here, but a TaskGroup cancels the others when one fails.")
async def the_exceptions_of_cancelled_tasks(session, paths):
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_get(session, path)) for path in paths]
    except* aiohttp.ClientError:
        pass
    return [task.exception() or task.result() for task in tasks]


@planted.wrong("03.2", "'ClientResponse' object has no attribute 'jsn'.")
async def a_typing_mistake_in_a_task_group(session, paths):
    async def fetch(path):
        try:
            async with session.get(path, raise_for_status=True) as response:
                return await response.jsn()
        except aiohttp.ClientError as error:
            return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch(path)) for path in paths]
    return [task.result() for task in tasks]


async def _failing(is_failure, session, paths):
    """Raise for the statuses that are failures, and return exceptions in the list."""

    async def fetch(path):
        async with session.get(path) as response:
            if is_failure(response.status):
                response.raise_for_status()
                raise RuntimeError(response.status)
            return await response.json()

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.wrong("03.2", "holds the error document of /status/400; expected the exception")
async def no_status_looked_at(session, paths):
    return await _failing(lambda status: False, session, paths)


@planted.wrong("03.2", "holds the error document of /status/400; expected the exception")
async def failures_from_500_up(session, paths):
    return await _failing(lambda status: status >= 500, session, paths)


@planted.wrong("03.2", "holds the error document of /status/400; expected the exception")
async def failures_above_400(session, paths):
    return await _failing(lambda status: status > 400, session, paths)


@planted.wrong("03.2", "holds the error document of /status/404; expected the exception")
async def only_some_failures(session, paths):
    return await _failing(lambda status: status in (400, 500, 503, 599), session, paths)


@planted.wrong("03.2", "holds an exception; expected the JSON of /status/201?latency=0.4. It raised RuntimeError")
async def failures_other_than_200(session, paths):
    return await _failing(lambda status: status != 200, session, paths)


@planted.wrong("03.2", "Index 12 of the list holds an exception; expected the JSON of /status/202.")
async def failures_other_than_200_and_201(session, paths):
    return await _failing(lambda status: status not in (200, 201), session, paths)


@planted.wrong("03.2", "/status/200,201 is listed twice, and both places hold the same response.")
async def results_by_path(session, paths):
    results = {}

    async def fetch(path):
        try:
            results[path] = await _get(session, path)
        except aiohttp.ClientError as error:
            results[path] = error

    await asyncio.gather(*map(fetch, paths))
    return [results[path] for path in paths]


@planted.wrong(
    "03.2",
    "holds 'ValueError: /status/400 failed'; expected a message with the status, 400. The path does not say why.",
)
async def failures_without_a_reason(session, paths):
    async def fetch(path):
        try:
            return await _get(session, path)
        except aiohttp.ClientError:
            return ValueError(f"{path} failed")

    return await asyncio.gather(*map(fetch, paths))


@planted.wrong("03.2", "Index 13 of the list holds an exception; expected the JSON of /status/300.")
async def failures_from_300_up(session, paths):
    return await _failing(lambda status: status >= 300, session, paths)


@planted.wrong("03.2", "Index 14 of the list holds the error document of /status/451; expected the exception.")
async def failures_by_name(session, paths):
    return await _failing(lambda status: status in (400, 401, 403, 404, 429, 500, 502, 503, 504, 599), session, paths)


@planted.wrong("03.2", "Connection closed. Read the body inside the response's `async with` block. Look at line")
async def the_body_read_outside_the_block(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            response.raise_for_status()
        return await response.json()

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.wrong("03.2", "index 0 holds a dict; expected the exception")
async def a_dict_of_the_learners_own(session, paths):
    async def fetch(path):
        try:
            return await _get(session, path)
        except Exception as error:
            return {"error": str(error)}

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.2", "index 0 holds a str; expected the exception")
async def messages(session, paths):
    return [str(value) if isinstance(value, Exception) else value for value in await _past_failures(session, paths)]


@planted.wrong("03.2", "index 0 holds a type; expected the exception")
async def types_of_exceptions(session, paths):
    return [type(value) if isinstance(value, Exception) else value for value in await _past_failures(session, paths)]


@planted.wrong("03.2", "index 0 holds None; expected the exception")
async def failures_as_none(session, paths):
    return [None if isinstance(value, Exception) else value for value in await _past_failures(session, paths)]


@planted.wrong("03.2", "index 0 holds a tuple; expected the exception")
async def pairs_of_document_and_error(session, paths):
    found = await _past_failures(session, paths)
    return [(None, value) if isinstance(value, Exception) else (value, None) for value in found]


@planted.wrong("03.2", "Is an `await` or `async with` missing?")
async def await_forgotten_in_each(session, paths):
    async def fetch(path):
        response = session.get(path)
        response.close()  # without a warning that nobody awaited it
        response.json()

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.wrong("03.2", "After `except ... as name:`, Python deletes the name.")
async def the_name_of_a_deleted_exception(session, paths):
    async def fetch(path):
        try:
            return await _get(session, path)
        except aiohttp.ClientError as error:  # noqa: F841
            await asyncio.sleep(0)
        return error  # noqa: F821

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.wrong("03.2", "It raised ClientPayloadError")
async def only_statuses_caught(session, paths):
    async def fetch(path):
        try:
            return await _get(session, path)
        except aiohttp.ClientResponseError as error:
            return error

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.2", "One path is listed twice, so it has two")
async def a_dict_by_path(session, paths):
    return list(dict(zip(paths, await _past_failures(session, paths), strict=True)).values())


@planted.wrong("03.2", "1 for /items/30, not 2")
async def each_path_once(session, paths):
    own = list(dict.fromkeys(paths))
    found = dict(zip(own, await _past_failures(session, own), strict=True))
    return [found[path] for path in paths]


@planted.wrong("03.2", "The server saw 2 requests for /status/400; expected 1")
async def failures_again(session, paths):
    found = await _past_failures(session, paths)
    failed = [at for at, value in enumerate(found) if isinstance(value, Exception)]
    for at, value in zip(failed, await _past_failures(session, [paths[at] for at in failed]), strict=True):
        found[at] = value
    return found


@planted.wrong("03.2", "The server had at most 2 of 6 requests in flight")
async def two_at_a_time(session, paths):
    slots = asyncio.Semaphore(2)

    async def fetch(path):
        async with slots:
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.wrong("03.2", "The last request started 0.05 s after the first.")
async def one_start_after_another(session, paths):
    async def fetch(at, path):
        await asyncio.sleep(at / 100)
        return await _get(session, path)

    return await asyncio.gather(*(fetch(at, path) for at, path in enumerate(paths)), return_exceptions=True)


@planted.wrong(
    "03.2",
    "The server had at most 50 of 63 requests in flight. Does a pool, a semaphore or a batch allow only 50 at once?",
)
async def fifty_at_a_time(session, paths):
    slots = asyncio.Semaphore(50)

    async def fetch(path):
        async with slots:
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.wrong("03.2", "The server had at most 1 of 6 requests in flight")
async def one_after_another(session, paths):
    found = []
    for path in paths:
        try:
            found.append(await _get(session, path))
        except aiohttp.ClientError as error:
            found.append(error)
    return found


@planted.wrong("03.2", "It returned 3 results; expected a place for each of 6 paths. A failure has one, too.")
async def the_good_ones_only(session, paths):
    return [value for value in await _past_failures(session, paths) if not isinstance(value, Exception)]


@planted.wrong("03.2", "The documents and exceptions are right, but in the wrong order.")
async def failures_at_the_end(session, paths):
    found = await _past_failures(session, paths)
    return sorted(found, key=lambda value: isinstance(value, Exception))


@planted.right("03.2")
async def a_response_error_for_a_broken_body(session, paths):
    async def fetch(path):
        async with session.get(path, raise_for_status=True) as response:
            try:
                return await response.json()
            except aiohttp.ClientPayloadError:
                said = "the body broke off"
                raise aiohttp.ClientResponseError(response.request_info, response.history, message=said) from None

    return await asyncio.gather(*map(fetch, paths), return_exceptions=True)


@planted.wrong("03.2", "failed in another way")
async def failures_in_another_order(session, paths):
    found = await _past_failures(session, paths)
    failures = iter([value for value in reversed(found) if isinstance(value, Exception)])
    return [next(failures) if isinstance(value, Exception) else value for value in found]


@planted.wrong("03.2", "The documents and exceptions are right, but in the wrong order.")
async def outcomes_as_they_arrive(session, paths):
    async def outcome(path):
        try:
            return await _get(session, path)
        except aiohttp.ClientError as error:
            return error

    found = [await each for each in asyncio.as_completed([outcome(path) for path in paths])]
    return sorted(found, key=lambda value: isinstance(value, dict) and -value.get("id", 0))


@planted.wrong("03.2", "It returned a dict; expected a list")
async def outcomes_by_path(session, paths):
    return dict(zip(paths, await _past_failures(session, paths), strict=True))


@planted.wrong("03.2", "It closed `session`")
async def closing_the_session_after_failures(session, paths):
    async with session:
        return await _past_failures(session, paths)


@planted.right("03.2")
async def a_task_group_that_sees_no_failure(session, paths):
    async def outcome(path):
        try:
            return await _get(session, path)
        except aiohttp.ClientError as error:
            return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(outcome(path)) for path in paths]
    return [task.result() for task in tasks]


@planted.right("03.2")
async def a_session_that_raises(session, paths):
    async def fetch(path):
        async with session.get(path, raise_for_status=True) as response:
            return await response.json()

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.right("03.2")
async def an_exception_of_its_own(session, paths):
    return await _failing(lambda status: status >= 400, session, paths)


@planted.right("03.2")
async def errors_of_its_own(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            if not response.ok:
                raise RuntimeError(f"{path}: {response.status}")
            return await response.json()

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


async def _told(reason, session, paths):
    """Return exceptions with a reason that is made of the path and the error."""

    async def fetch(path):
        try:
            return await _get(session, path)
        except aiohttp.ClientError as error:
            return RuntimeError(reason(path, error))

    return await asyncio.gather(*(fetch(path) for path in paths))


def _status_or_truncated(error):
    return getattr(error, "status", "truncated")


@planted.right("03.2")
async def the_path_and_the_status_without_a_space(session, paths):
    return await _told(lambda path, error: f"{path}={_status_or_truncated(error)}", session, paths)


@planted.right("03.2")
async def the_status_after_a_slash(session, paths):
    return await _told(lambda path, error: f"HTTP/{_status_or_truncated(error)}", session, paths)


@planted.right("03.2")
async def the_error_in_json(session, paths):
    return await _told(lambda path, error: json.dumps({"path": path, "why": str(error)}), session, paths)


@planted.wrong("03.2", "'RuntimeError: /status/400:ClientResponseError'; expected a message with the status, 400.")
async def the_kind_of_error_only(session, paths):
    return await _told(lambda path, error: f"{path}:{type(error).__name__}", session, paths)


@planted.wrong("03.2", "'RuntimeError: could not fetch /status/400'; expected a message with the status, 400.")
async def the_reason_as_the_cause_only(session, paths):
    async def fetch(path):
        try:
            return await _get(session, path)
        except aiohttp.ClientError as error:
            raise RuntimeError(f"could not fetch {path}") from error

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.wrong("03.2", "'LookupError: 404 not found'; expected a message with the status, 400.")
async def one_status_for_all(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            if response.status >= 400:
                raise LookupError("404 not found")
            return await response.json()

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


async def _told_by_the_response(reason, session, paths):
    """Return exceptions with a reason that is made of the response."""

    async def fetch(path):
        async with session.get(path) as response:
            try:
                response.raise_for_status()
                return await response.json()
            except aiohttp.ClientError:
                return RuntimeError(reason(response))

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.2", "'RuntimeError: HTTP 200'; expected a message that says that the body broke off.")
async def a_status_for_a_broken_body(session, paths):
    return await _told_by_the_response(lambda response: f"HTTP {response.status}", session, paths)


@planted.wrong("03.2", "'RuntimeError: 200 OK'; expected a message that says that the body broke off.")
async def a_status_and_its_phrase_for_a_broken_body(session, paths):
    return await _told_by_the_response(lambda response: f"{response.status} {response.reason}", session, paths)


@planted.wrong("03.2", "expected a message that says that the body broke off.")
async def the_path_for_a_broken_body(session, paths):
    return await _told(lambda path, error: getattr(error, "status", path), session, paths)


class _FetchError(Exception):
    def __init__(self, path, status, why):
        super().__init__(f"{path}: {why}")
        self.status = status


@planted.right("03.2")
async def an_attribute_with_the_whole_status_line(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            if not response.ok:
                raise _FetchError(path, f"{response.status} {response.reason}", f"status {response.status}")
            try:
                return await response.json()
            except aiohttp.ClientPayloadError as error:
                raise _FetchError(path, "incomplete", "the body broke off") from error

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.right("03.2")
async def a_key_error_of_its_own(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            if response.status >= 400:
                raise KeyError(f"{path}: status {response.status}")
            return await response.json()

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.right("03.2")
async def an_index_error_that_is_not_raised(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            return await response.json() if response.ok else IndexError(f"{path}: status {response.status}")

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.wrong("03.2", "`raise` needs an exception, and this is not one.")
async def a_text_that_is_raised(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            if response.status >= 400:
                raise f"{path}: status {response.status}"
            return await response.json()

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.wrong("03.2", "Index 0 of the list holds an exception that no request raises. It raised NameError")
async def a_mistake_in_a_raise(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            if response.status >= 400:
                raise RuntimeError(f"{path}: status {status}")  # noqa: F821
            return await response.json()

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.right("03.2")
async def tasks_that_are_waited_for(session, paths):
    tasks = [asyncio.create_task(_get(session, path)) for path in paths]
    await asyncio.wait(tasks)
    return [task.exception() or task.result() for task in tasks]


@planted.right("03.2")
async def tasks_in_a_loop(session, paths):
    tasks, found = [asyncio.create_task(_get(session, path)) for path in paths], []
    for task in tasks:
        try:
            found.append(await task)
        except Exception as error:
            found.append(error)
    return tuple(found)


@planted.right("03.2")
async def places_filled_in(session, paths):
    found = [None] * len(paths)

    async def fill(at):
        try:
            found[at] = await _get(session, paths[at])
        except Exception as error:
            found[at] = error

    await asyncio.gather(*map(fill, range(len(paths))))
    return found


planted += lesson_03_memory.planted
planted += lesson_03_rate.planted


@planted.wrong("03.1", "of the list holds None. /items/10?latency=0.203 is listed twice, so it has two places.")
async def places_by_index(session, paths):
    documents, slots = [None] * len(paths), asyncio.Semaphore(8)

    async def fetch(path):
        async with slots:
            documents[paths.index(path)] = await _get(session, path)

    await asyncio.gather(*map(fetch, paths))
    return documents


@planted.wrong("03.1", "A slot was idle for 0.06 s while paths were left.")
async def a_pause_as_long_as_a_response(session, paths):
    slots = asyncio.Semaphore(8)

    async def fetch(path):
        if slots.locked():
            await asyncio.sleep(0.2)
        async with slots:
            return await _get(session, path)

    return await asyncio.gather(*map(fetch, paths))


class _NotFound(LookupError):
    pass


@planted.right("03.2")
async def an_exception_of_its_own_that_is_a_lookup_error(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            if response.status >= 400:
                raise _NotFound(f"{path} is not there: {response.status}")
            return await response.json()

    return await asyncio.gather(*map(fetch, paths), return_exceptions=True)


@planted.wrong("03.2", "holds a ClientResponseError with the status 0; the status of /status/400 was 400.")
async def an_error_without_its_status(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            if not response.ok:
                raise aiohttp.ClientResponseError(response.request_info, response.history)
            return await response.json()

    return await asyncio.gather(*map(fetch, paths), return_exceptions=True)


@planted.wrong("03.1", "Or were the paths shared out beforehand?")
async def a_chunk_for_each_worker(session, paths):
    size = -(-len(paths) // 8)

    async def work(chunk):
        documents = []
        for path in chunk:
            async with session.get(path) as response:
                documents.append(await response.json())
        return documents

    parts = await asyncio.gather(*(work(paths[n : n + size]) for n in range(0, len(paths), size)))
    return [document for part in parts for document in part]


class _FetchError(Exception):
    def __init__(self, path, status, why):
        super().__init__(f"{path}: {why}")
        self.status = str(status)


@planted.right("03.2")
async def an_exception_with_the_responses_status(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            try:
                response.raise_for_status()
                return await response.json()
            except aiohttp.ClientError as error:
                return _FetchError(path, response.status, str(error))

    return await asyncio.gather(*map(fetch, paths))


@planted.right("03.2")
async def a_group_for_each_failure(session, paths):
    async def fetch(path):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(_get(session, path))
        return task.result()

    return await asyncio.gather(*map(fetch, paths), return_exceptions=True)


@planted.wrong(
    "03.1",
    "`threading.Semaphore.acquire` blocks the event loop: no other coroutine can run until it returns. Use `asyncio",
)
async def a_semaphore_for_threads(session, paths):
    slots = threading.Semaphore(8)

    async def fetch(path):
        with slots:
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.1", "'result'. It is the document itself: whatever was awaited has read it already.")
async def results_of_what_gather_returned(session, paths):
    return [task.result() for task in await _with_slots(asyncio.Semaphore(8), session, paths)]


@planted.wrong("03.2", "failed: None'; expected a message that says that the body broke off.")
async def a_status_that_a_broken_body_has_not(session, paths):
    async def fetch(path):
        try:
            return await _get(session, path)
        except aiohttp.ClientError as error:
            return RuntimeError(f"{path} failed: {getattr(error, 'status', None)}")

    return await asyncio.gather(*map(fetch, paths))


@planted.wrong("03.2", "holds an exception that no request raises. It raised KeyError: 'name'")
async def a_key_that_some_documents_lack(session, paths):
    async def fetch(path):
        document = await _get(session, path)
        document["name"]
        return document

    return await asyncio.gather(*map(fetch, paths), return_exceptions=True)


@planted.wrong("03.2", "Index 2 of the list holds None; expected the JSON of /status/201?latency=0.4.")
async def nothing_for_slow_paths(session, paths):
    results = await asyncio.gather(*(_get(session, path) for path in paths), return_exceptions=True)
    return [None if "latency" in path else result for path, result in zip(paths, results, strict=True)]


@planted.wrong("03.2", "failed in another way.")
async def a_status_for_every_failure(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            try:
                response.raise_for_status()
                return await response.json()
            except aiohttp.ClientError:
                status = response.status if response.status >= 400 else 500
                return aiohttp.ClientResponseError(response.request_info, (), status=status, message="failed")

    return await asyncio.gather(*map(fetch, paths))


@planted.wrong("03.2", "expected a message with the status, 400.")
async def a_class_for_each_status(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            if response.status >= 400:
                return type(f"HTTP{response.status}", (Exception,), {})("request failed")
            return await response.json()

    return await asyncio.gather(*map(fetch, paths), return_exceptions=True)


@planted.right("03.2")
async def a_gate_for_all(session, paths):
    gate = asyncio.Event()

    async def fetch(path):
        await gate.wait()
        return await _get(session, path)

    tasks = [asyncio.create_task(fetch(path)) for path in paths]
    await asyncio.sleep(0.1)
    gate.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


@planted.wrong("03.1", "`async with` takes the object itself: `async with slots:`, without `.acquire()`.")
async def acquires_in_async_with(session, paths):
    slots = asyncio.Semaphore(8)

    async def fetch(path):
        async with slots.acquire():
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.1", "Take a slot with `async with slots:`.")
async def awaits_the_slots(session, paths):
    slots = asyncio.Semaphore(8)

    async def fetch(path):
        await slots
        return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.2", "The documents and exceptions are right, but in the wrong order.")
async def in_the_order_of_their_ends(session, paths):
    results = []

    async def fetch(path):
        try:
            results.append(await _get(session, path))
        except aiohttp.ClientError as error:
            results.append(error)

    await asyncio.gather(*(fetch(path) for path in paths))
    return results
