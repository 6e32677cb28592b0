"""Planted submissions to exercises 01.4 and 02.5, the learner's crawler; also collects those to 03.5 and 04.5."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import requests
from aiolimiter import AsyncLimiter

from ..submissions import Planted
from . import crawler_limits, crawler_retries

planted = Planted()


async def _get(session, path):
    async with session.get(path, raise_for_status=True) as response:
        return await response.json()


async def _get_or_none(session, path):
    try:
        return await _get(session, path)
    except (aiohttp.ClientError, TimeoutError):
        return None


@planted.wrong("01.4", "It took 12.00 s; expected 0.5 s at most")
async def page_one(url, paths):
    documents = []
    for path in paths:
        async with aiohttp.request("GET", url + path, raise_for_status=True) as response:
            documents.append(await response.json())
    return documents


@planted.wrong("01.4", "It took 1.20 s")
async def ten_at_a_time(url, paths):
    documents = []
    async with aiohttp.ClientSession(url) as session:
        for begin in range(0, len(paths), 10):
            documents += await asyncio.gather(*(_get(session, path) for path in paths[begin : begin + 10]))
    return documents


@planted.wrong("01.4", "in the wrong order")
async def as_they_arrive(url, paths):
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=50)) as session:
        return [await each for each in asyncio.as_completed([_get(session, path) for path in paths])][::-1]


@planted.wrong("01.4", "`requests.get` blocks the event loop")
async def blocking(url, paths):
    return [requests.get(url + path).json() for path in paths]  # noqa: ASYNC210


@planted.wrong("01.4", "The server saw 119 of 120 requests: none for /items/1044.")
async def without_the_last(url, paths):
    async with aiohttp.ClientSession(url) as session:
        return await asyncio.gather(*(_get(session, path) for path in paths[:-1]))


@planted.wrong("01.4", "Is there a `return`?")
async def keeps_the_documents(url, paths):
    async with aiohttp.ClientSession(url) as session:
        await asyncio.gather(*(_get(session, path) for path in paths))


@planted.wrong("01.4", "Session is closed")
async def session_closed_too_early(url, paths):
    async with aiohttp.ClientSession(url) as session:
        tasks = [_get(session, path) for path in paths]
    return await asyncio.gather(*tasks)


@planted.wrong("01.4", "The server saw 2 requests for /items/1")
async def looks_first(url, paths):
    async with aiohttp.ClientSession(url) as session:
        await asyncio.gather(*(_get(session, path) for path in paths))
        return await asyncio.gather(*(_get(session, path) for path in paths))


@planted.right("01.4")
async def a_session_for_each(url, paths):
    async def get(path):
        async with aiohttp.ClientSession() as session:
            return await _get(session, url + path)

    return await asyncio.gather(*map(get, paths))


@planted.wrong("01.4", "It took 10.20 s; expected 0.5 s at most")
async def rests_at_the_end(url, paths):
    documents = await a_task_group(url, paths)
    await asyncio.sleep(10)
    return documents


@planted.wrong("01.4", "where a dict was expected. Is a `return` missing, is its place never filled, or does")
async def a_helper_that_returns_nothing(url, paths):
    async with aiohttp.ClientSession(url) as session:

        async def get(path):
            await _get(session, path)

        return await asyncio.gather(*map(get, paths))


@planted.right("01.4")
async def twenty_four_at_once(url, paths):
    slots = asyncio.Semaphore(24)
    async with aiohttp.ClientSession(url) as session:

        async def get(path):
            async with slots:
                return await _get(session, path)

        return await asyncio.gather(*map(get, paths))


@planted.right("01.4")
async def a_task_group(url, paths):
    async with aiohttp.ClientSession(url) as session, asyncio.TaskGroup() as group:
        tasks = [group.create_task(_get(session, path)) for path in paths]
    return [task.result() for task in tasks]


@planted.right("01.4")
async def tasks_and_a_tuple(url, paths):
    async with aiohttp.ClientSession(url) as session:
        tasks = [asyncio.create_task(_get(session, path)) for path in paths]
        await asyncio.wait(tasks)
        return tuple(task.result() for task in tasks)


async def in_one_session(url, paths, get, seconds=1.0, limit=100):
    """Crawl with a function that gets one path."""
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with aiohttp.ClientSession(url, timeout=timeout, connector=aiohttp.TCPConnector(limit=limit)) as session:
        return await asyncio.gather(*(get(session, path) for path in paths))


@planted.wrong("02.5", "It raised ClientResponseError: 503")
async def the_first_failure_ends_it(url, paths):
    return await in_one_session(url, paths, _get)


@planted.wrong("02.5", "It waits for something that never happens")
async def no_timeout(url, paths):
    return await in_one_session(url, paths, _get_or_none, seconds=None)


@planted.wrong("02.5", "By then the server had seen 121 requests; 5 had no complete response yet.")
async def aiohttps_own_timeout(url, paths):
    async with aiohttp.ClientSession(url) as session:
        return await asyncio.gather(*(_get_or_none(session, path) for path in paths))


@planted.wrong("02.5", "It raised TimeoutError")
async def timeouts_raised(url, paths):
    async def get(session, path):
        try:
            return await _get(session, path)
        except aiohttp.ClientError as error:
            if isinstance(error, TimeoutError):
                raise
            return None

    return await in_one_session(url, paths, get)


@planted.wrong("02.5", "It raised ClientPayloadError")
async def only_statuses_and_timeouts(url, paths):
    async def get(session, path):
        try:
            async with session.get(path) as response:
                return await response.json() if response.ok else None
        except (TimeoutError, aiohttp.ClientOSError):
            return None

    return await in_one_session(url, paths, get)


@planted.wrong("02.5", "the error document of a 503 response; expected None")
async def error_documents(url, paths):
    async def get(session, path):
        try:
            async with session.get(path) as response:
                return await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError):
            return None

    return await in_one_session(url, paths, get)


@planted.wrong(
    "02.5", "The server saw no request for /items/1041?failure_rate=1&failure_statuses=404. Keep the whole path"
)
async def without_the_query(url, paths):
    return await in_one_session(url, [path.partition("?")[0] for path in paths], _get_or_none)


@planted.wrong("02.5", "It opened 120 sessions; expected 1")
async def sessions(url, paths):
    async def get(path):
        async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1)) as session:
            return await _get_or_none(session, path)

    return await asyncio.gather(*map(get, paths))


@planted.wrong("02.5", "The session was still open when your function returned. Await its `close()`")
async def a_session_that_is_kept(url, paths, *, kept=[]):  # noqa: B006 - the mistake
    if not kept:
        kept.append(aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1)))
    return await asyncio.gather(*(_get_or_none(kept[0], path) for path in paths))


@planted.wrong("02.5", "The connector was still open when your function returned. Await its `close()`")
async def a_connector_that_nobody_closes(url, paths):
    timeout, connector = aiohttp.ClientTimeout(total=1), aiohttp.TCPConnector()
    async with aiohttp.ClientSession(url, timeout=timeout, connector=connector, connector_owner=False) as session:
        return await asyncio.gather(*(_get_or_none(session, path) for path in paths))


@planted.wrong("02.5", "holds {}; expected its document or None.")
async def empty_documents(url, paths):
    return [document or {} for document in await in_one_session(url, paths, _get_or_none)]


@planted.wrong("02.5", "expected a place for each of the 120 paths")
async def failures_left_out(url, paths):
    return [document for document in await in_one_session(url, paths, _get_or_none) if document]


@planted.wrong("02.5", "The list holds a ClientResponseError")
async def exceptions_in_the_list(url, paths):
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1)) as session:
        return await asyncio.gather(*(_get(session, path) for path in paths), return_exceptions=True)


@planted.wrong("02.5", "while it waited for a slot or a connection")
async def the_timeout_runs_in_the_queue(url, paths):
    return await in_one_session(url, paths, _get_or_none, seconds=0.25, limit=10)


@planted.wrong("02.5", "0.05 s after it had reached the server, not counting a wait for a slot")
async def too_short(url, paths):
    return await in_one_session(url, paths, _get_or_none, seconds=0.05, limit=0)


@planted.wrong("02.5", "The server saw the last request after 2.40 s. What do requests wait for")
async def in_batches(url, paths):
    documents = []
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1)) as session:
        for begin in range(0, len(paths), 20):
            documents += await asyncio.gather(*(_get_or_none(session, path) for path in paths[begin : begin + 20]))
    return documents


@planted.wrong("02.5", "The server saw the last request after 5.95 s. What do requests wait for")
async def twenty_a_second(url, paths):
    async def get(session, path):
        async with limiter:
            return await _get_or_none(session, path)

    limiter = AsyncLimiter(1, 1 / 20)
    return await in_one_session(url, paths, get)


@planted.wrong("02.5", "What do requests wait for: others to end, a pause, or a retry?")
async def a_pause_between_the_tasks(url, paths):
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1)) as session:
        tasks = []
        for path in paths:
            tasks.append(asyncio.create_task(_get_or_none(session, path)))
            await asyncio.sleep(0.05)
        return await asyncio.gather(*tasks)


@planted.wrong("02.5", "The server saw the last request after 4.10 s. What does your crawl wait for")
async def retries_with_backoff(url, paths):
    async def get(session, path):
        for attempt in range(4):
            if document := await _get_or_none(session, path):
                return document
            await asyncio.sleep(0.5 * 2**attempt)
        return None

    return await in_one_session(url, paths, get)


@planted.wrong("02.5", "The server saw the last request after 0.10 s. What does your crawl wait for")
async def rests_after_the_last(url, paths):
    documents = await in_one_session(url, paths, _get_or_none)
    await asyncio.sleep(10)
    return documents


@planted.wrong("02.5", "The server had at most 1 request in flight. Keep more in flight.")
async def one_at_a_time(url, paths):
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1)) as session:
        return [await _get_or_none(session, path) for path in paths]


@planted.wrong("02.5", "this is a second one, with other arguments. It took 14.40 s; expected 3 s at most")
async def failures_retried_in_turn(url, paths):
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1)) as session:
        documents = await asyncio.gather(*(_get_or_none(session, path) for path in paths))
        return [found or await _get_or_none(session, path) for found, path in zip(documents, paths, strict=True)]


@planted.wrong("02.5", "this is a second one, with other arguments. It opened 2 sessions; expected 1")
async def a_second_session_for_many_failures(url, paths):
    documents = await in_one_session(url, paths, _get_or_none)
    if documents.count(None) < len(paths) / 2:
        return documents
    return await in_one_session(url, paths, _get_or_none)


@planted.wrong("02.5", "the server saw a request for //items/1001, but none for /items/1001.")
async def a_slash_too_many(url, paths):
    return await in_one_session(url, [f"{url}/{path}" for path in paths], _get_or_none)


@planted.wrong("02.5", "the server saw a request for /items/1001/, but none for /items/1001.")
async def a_slash_at_the_end(url, paths):
    return await in_one_session(url, [path + "/" for path in paths], _get_or_none)


@planted.wrong("02.5", "A place holds the document of another path. Keep the order")
async def the_previous_document_again(url, paths):
    documents = await in_one_session(url, paths, _get_or_none)
    for place, document in enumerate(documents):
        documents[place] = document or documents[place - 1]
    return documents


@planted.wrong("02.5", "A place holds the document of another path. Keep the order")
async def order_of_arrival(url, paths):
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1)) as session:
        arriving = asyncio.as_completed([_get_or_none(session, path) for path in paths[::-1]])
        return [await each for each in arriving]


@planted.wrong("02.5", "It returned None. Is there a `return`, or does an `except`")
async def fills_a_list_and_returns_nothing(url, paths):
    found = []

    async def get(session, path):
        found.append(await _get_or_none(session, path))

    await in_one_session(url, paths, get)


@planted.wrong("02.5", "It returned a dict; expected a list with a place for each of the 120 paths")
async def documents_by_path(url, paths):
    return dict(zip(paths, await in_one_session(url, paths, _get_or_none), strict=True))


@planted.wrong("02.5", "the response to /items/1012 was 200")
async def one_hundred_are_enough(url, paths):
    documents = await in_one_session(url, paths, _get_or_none)
    return documents[:100] + [None] * len(documents[100:])


@planted.right("02.5")
async def asyncio_timeout(url, paths):
    async def get(session, path):
        try:
            async with asyncio.timeout(1.5):
                return await _get(session, path)
        except Exception:
            return None

    return await in_one_session(url, paths, get, seconds=None, limit=0)


@planted.right("02.5")
async def wait_for_and_exceptions(url, paths):
    async with aiohttp.ClientSession(url) as session:
        found = await asyncio.gather(
            *(asyncio.wait_for(_get(session, path), 1) for path in paths), return_exceptions=True
        )
    return [None if isinstance(each, Exception) else each for each in found]


@planted.right("02.5")
async def already_retries(url, paths):
    async def get(session, path):
        return await _get_or_none(session, path) or await _get_or_none(session, path)

    return await in_one_session(url, paths, get)


class Crawler:
    """A crawler that is an object."""

    __name__ = "crawler_object"

    async def __call__(self, url, paths):
        self.left, self.found = list(enumerate(paths)), [None] * len(paths)
        timeout = aiohttp.ClientTimeout(sock_read=1)
        async with aiohttp.ClientSession(url, timeout=timeout) as self.session, asyncio.TaskGroup() as group:
            for _ in range(60):
                group.create_task(self.work())
        return self.found

    async def work(self):
        while self.left:
            place, path = self.left.pop()
            self.found[place] = await _get_or_none(self.session, path)


planted.right("02.5")(Crawler())


async def _if_good(is_good, url, paths):
    async def get(path):
        try:
            async with session.get(path) as response:
                return await response.json() if is_good(response.status) else None
        except (aiohttp.ClientError, TimeoutError):
            return None

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1)) as session:
        return await asyncio.gather(*map(get, paths))


@planted.wrong("02.5", "The list holds the error document of a 400 response; expected None.")
async def failures_above_400(url, paths):
    return await _if_good(lambda status: status <= 400, url, paths)


@planted.wrong("02.5", "The list holds the error document of a 400 response; expected None.")
async def the_failures_of_the_first_crawl(url, paths):
    return await _if_good(lambda status: status not in (404, 503), url, paths)


@planted.wrong("02.5", "or an error ended the code that would have sent it.")
async def thirty_workers_that_die(url, paths):
    documents, places = [None] * len(paths), iter(enumerate(paths))

    async def work():
        for place, path in places:
            documents[place] = await _get(session, path)

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1)) as session:
        await asyncio.gather(*(work() for _ in range(30)), return_exceptions=True)
    return documents


planted += crawler_limits.planted
planted += crawler_retries.planted


@planted.wrong("01.4", "in the wrong order")
@planted.wrong("02.5", "A place holds the document of another path. Keep the order")
async def sorted_by_id(url, paths):
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1)) as session:
        documents = await asyncio.gather(*(_get_or_none(session, path) for path in paths))
    found = {document["id"]: document for document in documents if document}
    ids = sorted(int(path.partition("?")[0].removeprefix("/items/")) for path in paths)
    return [found.get(id) for id in ids]


@planted.wrong("01.4", "this is a second one, with other arguments. It returned 123 documents; expected 3.")
async def a_list_that_is_kept(url, paths, *, documents=[]):  # noqa: B006 - the mistake
    async with aiohttp.ClientSession(url) as session:
        documents.extend(await asyncio.gather(*(_get(session, path) for path in paths)))
    return documents


@planted.wrong("02.5", "The list holds a str; expected only documents and None.")
async def texts_in_place_of_documents(url, paths):
    async def get(session, path):
        try:
            async with session.get(path, raise_for_status=True) as response:
                return await response.text()
        except (aiohttp.ClientError, TimeoutError):
            return None

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1)) as session:
        return await asyncio.gather(*(get(session, path) for path in paths))


@planted.wrong("02.5", "It opened 0 sessions; expected 1. Open one aiohttp session and use it for all requests.")
async def requests_in_threads(url, paths):
    def read(path):
        try:
            response = requests.get(url + path, timeout=1)
            response.raise_for_status()
        except requests.RequestException:
            return None
        return response.json()

    with ThreadPoolExecutor(len(paths)) as pool:
        return await asyncio.gather(*(asyncio.get_running_loop().run_in_executor(pool, read, path) for path in paths))


@planted.wrong("02.5", "or wanted the result of a cancelled task. `task.cancelled()` tells")
async def a_session_closed_before_its_tasks_end(url, paths):
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(1)) as session:
        tasks = [asyncio.create_task(_get_or_none(session, path)) for path in paths]
        await asyncio.sleep(0.05)
    return await asyncio.gather(*tasks)


@planted.wrong(
    "02.5", "It lost 3 documents that the server could have sent: no request for /items/1001 reached the server."
)
async def a_hundred_workers_that_a_failure_ends(url, paths):
    documents, places = [None] * len(paths), iter(enumerate(paths))

    async def work(session):
        for place, path in places:
            documents[place] = await _get(session, path)

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(0.5)) as session:
        await asyncio.gather(*(work(session) for _ in range(100)), return_exceptions=True)
    return documents


@planted.wrong("02.5", "the response to /items/1001 was 203, but its place holds None. Any status below 400 is good.")
async def only_200_is_a_document(url, paths):
    async def get(session, path):
        try:
            async with session.get(path) as response:
                return await response.json() if response.status == 200 else None
        except (aiohttp.ClientError, TimeoutError):
            return None

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(1)) as session:
        return await asyncio.gather(*(get(session, path) for path in paths))


@planted.wrong("02.5", "One request that fails must not end the crawl.")
async def no_failure_caught(url, paths):
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(1)) as session:
        return await asyncio.gather(*(_get(session, path) for path in paths))


@planted.wrong("01.4", "The check calls your function with the arguments that the text names.")
async def other_parameters(paths):
    async with aiohttp.ClientSession() as session:
        return await asyncio.gather(*(_get(session, path) for path in paths))


@planted.right("01.4")
async def a_loop_in_a_thread(url, paths):
    async def together():
        async with aiohttp.ClientSession(url) as session:
            return await asyncio.gather(*(_get(session, path) for path in paths))

    return await asyncio.to_thread(asyncio.run, together())


@planted.wrong("02.5", "but its place holds None. Is a `return` missing, or does an `except` hide an error?")
async def documents_that_are_not_returned(url, paths):
    async def fetch(session, path):
        await _get_or_none(session, path)

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1)) as session:
        return await asyncio.gather(*(fetch(session, path) for path in paths))


@planted.wrong("02.5", "when another one failed. One failure must not end the others, as it does in a TaskGroup.")
async def a_group_whose_failures_are_ignored(url, paths):
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=2)) as session:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(_get(session, path)) for path in paths]
        except* (aiohttp.ClientError, TimeoutError):
            pass
    return [None if task.cancelled() or task.exception() else task.result() for task in tasks]


@planted.wrong("02.5", ": `return [None if task.exception() else task.result() for task in tasks]`.")
async def the_exception_of_a_cancelled_task(url, paths):
    async with aiohttp.ClientSession(url) as session:
        tasks = [asyncio.create_task(_get(session, path)) for path in paths]
        _, pending = await asyncio.wait(tasks, timeout=2)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        return [None if task.exception() else task.result() for task in tasks]


@planted.wrong("02.5", "Nothing is stored under this key. Does a request that fails store nothing?")
async def no_entry_for_a_failure(url, paths):
    documents = {}

    async def fetch(session, path):
        if document := await _get_or_none(session, path):
            documents[path] = document

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1)) as session:
        await asyncio.gather(*(fetch(session, path) for path in paths))
    return [documents[path] for path in paths]


@planted.wrong("02.5", "your crawl gave up on the request for /items/1001 0.05 s after it had reached the server")
async def impatient_with_all(url, paths):
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=0.05)) as session:
        return await asyncio.gather(*(_get_or_none(session, path) for path in paths))


@planted.wrong(
    "01.4", "A coroutine can be awaited only once. Is `gather` inside the loop that makes the coroutines? Look at line"
)
async def gathers_inside_the_loop(url, paths):
    calls, documents = [], []
    async with aiohttp.ClientSession(url) as session:
        for path in paths:
            calls.append(_get(session, path))
            documents = await asyncio.gather(*calls)
    return documents


@planted.wrong("01.4", "At most 5 were in flight. Does a semaphore, a batch or the number of threads limit them?")
async def requests_in_few_threads(url, paths):
    responses = await asyncio.gather(*(asyncio.to_thread(requests.get, url + path) for path in paths))
    return [response.json() for response in responses]
