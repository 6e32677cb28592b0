"""Planted submissions to exercises 01.1 to 01.3."""

import asyncio
import subprocess
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed, wait
from functools import lru_cache
from multiprocessing.pool import ThreadPool

import requests

from ..submissions import Planted
from . import crawler

planted = Planted()


async def _get(session, path):
    async with session.get(path) as response:
        return await response.json()


# 01.1 fetch twelve items together


@planted.wrong("01.1", "The server had at most 1 of 12 requests in flight. Start them all")
async def one_by_one(session, paths):
    return [await _get(session, path) for path in paths]


@planted.wrong("01.1", "The server had at most 1 of 12 requests in flight. Start them all")
async def tasks_awaited_at_once(session, paths):
    return [await asyncio.create_task(_get(session, path)) for path in paths]


@planted.wrong("01.1", "The server had at most 4 of 12 requests in flight")
async def four_at_a_time(session, paths):
    places = asyncio.Semaphore(4)

    async def fetch(path):
        async with places:
            return await _get(session, path)

    return await asyncio.gather(*map(fetch, paths))


@planted.wrong("01.1", "The server had at most 6 of 12 requests in flight")
async def two_batches(session, paths):
    first = await asyncio.gather(*(_get(session, path) for path in paths[:6]))
    return [*first, *await asyncio.gather(*(_get(session, path) for path in paths[6:]))]


@planted.wrong("01.1", "in the wrong order")
async def as_they_arrive(session, paths):
    return [await item for item in asyncio.as_completed([_get(session, path) for path in paths])]


@planted.wrong("01.1", "in the wrong order")
async def sorted_by_id(session, paths):
    return sorted(await asyncio.gather(*(_get(session, path) for path in paths)), key=lambda item: item["id"])


@planted.wrong("01.1", "The server saw 11 of 12 requests: 1 for /items/3?latency=1.1, not 2.")
async def each_path_once(session, paths):
    return await asyncio.gather(*(_get(session, path) for path in dict.fromkeys(paths)))


@planted.wrong("01.1", "The server saw 2 requests for /items/")
async def each_twice(session, paths):
    await asyncio.gather(*(_get(session, path) for path in paths))
    return await asyncio.gather(*(_get(session, path) for path in paths))


@planted.wrong("01.1", "It returned None. Is there a `return`?")
async def no_return(session, paths):
    await asyncio.gather(*(_get(session, path) for path in paths))


@planted.wrong("01.1", "Is every coroutine awaited?")
async def not_awaited(session, paths):
    for coroutine in [_get(session, path) for path in paths]:
        coroutine.close()
    return paths


@planted.wrong("01.1", "a separate argument: `gather(*[fetch(path) for path in paths])`. Look at line")
async def without_the_star(session, paths):
    coroutines = [_get(session, path) for path in paths]
    try:
        return await asyncio.gather(coroutines)
    finally:
        for coroutine in coroutines:
            coroutine.close()


@planted.wrong("01.1", "The list holds a ClientResponse where a dict was expected")
async def responses_unread(session, paths):
    return await asyncio.gather(*(session.get(path) for path in paths))


@planted.wrong("01.1", "holds a builtin_function_or_method where a dict was expected. Call it: `()` is missing")
async def results_that_are_not_called(session, paths):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_get(session, path)) for path in paths]
    return [task.result for task in tasks]


@planted.wrong("01.1", "It needs a coroutine, but got an object of type dict. Is there one `await` too many? Look at")
async def awaited_one_by_one_and_gathered(session, paths):
    return await asyncio.gather(*[await _get(session, path) for path in paths])


@planted.wrong("01.1", "Call it: `()` is missing after its name. Look at line")
async def functions_gathered(session, paths):
    return await asyncio.gather(*[_get for _ in paths])


@planted.wrong("01.1", "An argument is None. Is there a `return`? Look at line")
async def nothing_gathered(session, paths):
    def start(path):
        asyncio.create_task(_get(session, path))  # noqa: RUF006 - the mistake

    return await asyncio.gather(*map(start, paths))


@planted.wrong("01.1", "The list holds a str where a dict was expected")
async def text_instead_of_json(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            return await response.text()

    return await asyncio.gather(*map(fetch, paths))


@planted.wrong("01.1", "It returned a dict; expected a list")
async def a_dict_by_path(session, paths):
    return dict(zip(paths, await asyncio.gather(*(_get(session, path) for path in paths)), strict=True))


@planted.wrong("01.1", "It returned before the results were ready")
async def gathered_and_not_awaited(session, paths):
    return asyncio.gather(*(_get(session, path) for path in paths))


@planted.wrong("01.1", "It returned before the results were ready")
async def tasks_and_no_results(session, paths):
    return [asyncio.create_task(_get(session, path)) for path in paths]


@planted.wrong("01.1", "It computed for too long, so it was stopped. Does its loop ever end?")
async def never_gives_way(session, paths):
    while True:
        pass


@planted.wrong("01.1", "define it with `async def`")
def no_coroutine(session, paths):
    return paths


@planted.wrong("01.1", "`time.sleep` blocks the event loop")
async def sleeps_before_it_asks(session, paths):
    time.sleep(0.01)  # noqa: ASYNC251 - what a learner may write
    return await asyncio.gather(*(_get(session, path) for path in paths))


@planted.wrong("01.1", "`requests.get` blocks the event loop")
async def with_requests(session, paths):
    return [requests.get(f"{session._base_url.origin()}{path}").json() for path in paths]  # noqa: ASYNC210


@planted.right("01.1")
async def a_task_group(session, paths):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_get(session, path)) for path in paths]
    return [task.result() for task in tasks]


@planted.right("01.1")
async def a_list_that_is_used_up(session, paths):
    return await asyncio.gather(*(_get(session, paths.pop(0)) for _ in range(len(paths))))


@planted.right("01.1")
async def responses_first_and_bodies_later(session, paths):
    responses = await asyncio.gather(*(session.get(path) for path in paths))
    return tuple([await response.json() for response in responses])


@planted.right("01.1")
async def as_completed_with_places(session, paths):
    async def numbered(place, path):
        return place, await _get(session, path)

    found = [await each for each in asyncio.as_completed([numbered(n, path) for n, path in enumerate(paths)])]
    return [document for _, document in sorted(found, key=lambda pair: pair[0])]


@planted.right("01.1")
async def a_worker_for_each(session, paths):
    found = [None] * len(paths)
    queue = asyncio.Queue()
    for pair in enumerate(paths):
        queue.put_nowait(pair)

    async def work():
        place, path = queue.get_nowait()
        found[place] = await _get(session, path)

    await asyncio.gather(*(work() for _ in paths))
    return found


# 01.2 keep the loop free


@planted.wrong("01.2", "`requests.get` blocks the event loop")
async def blocking_in_a_coroutine(fetch, urls):
    return [fetch(url) for url in urls]


@planted.wrong("01.2", "`requests.get` blocks the event loop")
async def blocking_under_gather(fetch, urls):
    async def coroutine(url):
        return fetch(url)

    return await asyncio.gather(*(coroutine(url) for url in urls))


@planted.wrong("01.2", "It runs before the thread begins: pass the function and its arguments separately")
async def called_before_the_thread_gets_it(fetch, urls):
    return await asyncio.gather(*(asyncio.to_thread(fetch(url)) for url in urls))


@planted.wrong("01.2", "`concurrent.futures.Executor.map` blocks the event loop")
async def a_pools_map(fetch, urls):
    with ThreadPoolExecutor() as pool:
        return list(pool.map(fetch, urls))


@planted.wrong("01.2", "The end of a `with` block waits for the pool's threads: await their results inside the block.")
async def awaited_after_the_pools_end(fetch, urls):
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(5) as pool:
        futures = [loop.run_in_executor(pool, fetch, url) for url in urls]
    return await asyncio.gather(*futures)


@planted.wrong(
    "01.2", "`gather` takes each coroutine as a separate argument: `gather(*[fetch(path) for path in paths])`."
)
async def a_pool_without_the_star(fetch, urls):
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(5) as pool:
        return await asyncio.gather([loop.run_in_executor(pool, fetch, url) for url in urls])


@planted.wrong("01.2", "A pool's future cannot be awaited: `asyncio.wrap_future(future)` can. Look at line")
async def a_pools_futures_awaited(fetch, urls):
    with ThreadPoolExecutor(5) as pool:
        return [await future for future in [pool.submit(fetch, url) for url in urls]]


@planted.wrong("01.2", "A pool's future cannot be awaited: `asyncio.wrap_future(future)` can. Look at line")
async def a_pools_futures_gathered(fetch, urls):
    with ThreadPoolExecutor(5) as pool:
        return await asyncio.gather(*[pool.submit(fetch, url) for url in urls])


@planted.wrong("01.2", "It returned a pool's futures. Wait for their results")
async def a_pools_futures_returned(fetch, urls):
    pool = ThreadPoolExecutor(5)
    return [pool.submit(fetch, url) for url in urls]


@planted.wrong("01.2", "The list holds a builtin_function_or_method where a str was expected. Call it: `()` is missing")
async def reports_that_are_not_called(fetch, urls):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(asyncio.to_thread(fetch, url)) for url in urls]
    return [task.result for task in tasks]


@planted.wrong("01.2", "in the wrong order")
async def reports_appended_as_they_arrive(fetch, urls):
    reports = []

    async def add(url):
        reports.append(await asyncio.to_thread(fetch, url))

    await asyncio.gather(*map(add, urls))
    return reports


@planted.wrong("01.2", "`concurrent.futures.Future.result` blocks the event loop")
async def a_pools_results(fetch, urls):
    pool = ThreadPoolExecutor(5)
    return [future.result() for future in [pool.submit(fetch, url) for url in urls]]


@planted.wrong("01.2", "`concurrent.futures.as_completed` blocks the event loop")
async def a_pools_as_completed(fetch, urls):
    pool = ThreadPoolExecutor(5)
    return [future.result() for future in as_completed([pool.submit(fetch, url) for url in urls])]


@planted.wrong("01.2", "`concurrent.futures.wait` blocks the event loop")
async def a_pools_wait(fetch, urls):
    pool = ThreadPoolExecutor(5)
    futures = [pool.submit(fetch, url) for url in urls]
    wait(futures)
    return [future.result() for future in futures]


@planted.wrong("01.2", "`time.sleep` blocks the event loop")
async def blocks_after_the_threads_have_begun(fetch, urls):
    tasks = [asyncio.create_task(asyncio.to_thread(fetch, url)) for url in urls]
    await asyncio.sleep(0.1)
    time.sleep(0.35)  # noqa: ASYNC251 - what a learner may write
    return await asyncio.gather(*tasks)


@planted.wrong("01.2", "The server had at most 1 of 5 requests in flight. Start all threads")
async def one_thread_at_a_time(fetch, urls):
    return [await asyncio.to_thread(fetch, url) for url in urls]


@planted.wrong("01.2", "The server had at most 2 of 5 requests in flight")
async def a_pool_of_two(fetch, urls):
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(2) as pool:
        return await asyncio.gather(*(loop.run_in_executor(pool, fetch, url) for url in urls))


@planted.wrong("01.2", "in the wrong order")
async def reports_as_they_come(fetch, urls):
    return sorted(await asyncio.gather(*(asyncio.to_thread(fetch, url) for url in urls)))


@planted.wrong("01.2", "The server saw no request")
async def reports_made_up(fetch, urls):
    return [f"report {url[-1]}" for url in urls]


@planted.wrong("01.2", "It returned before the results were ready")
async def threads_not_awaited(fetch, urls):
    return asyncio.gather(*(asyncio.to_thread(fetch, url) for url in urls))


@planted.wrong("01.2", "which a check cannot follow. Use aiohttp, or threads for a blocking function.")
async def a_pool_of_processes(fetch, urls):
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(len(urls)) as pool:
        return await asyncio.gather(*(loop.run_in_executor(pool, fetch, url) for url in urls))


def _curl(url):
    return subprocess.run(["curl", url], check=True, capture_output=True).stdout


@planted.wrong("01.2", "which a check cannot follow. Use aiohttp, or threads for a blocking function.")
async def with_curl(fetch, urls):
    return [_curl(url) for url in urls]


@planted.wrong("01.2", "does not wake the event loop: use `call_soon_threadsafe`. Look at line")
async def an_event_set_in_a_thread(fetch, urls):
    reports, done = {}, asyncio.Event()

    def work(url):
        reports[url] = fetch(url)
        if len(reports) == len(urls):
            done.set()

    for url in urls:
        threading.Thread(target=work, args=[url]).start()
    await done.wait()
    return [reports[url] for url in urls]


@planted.wrong("01.2", "It runs before the thread begins: pass the function and its arguments separately")
async def a_thread_for_the_result_of_each_call(fetch, urls):
    threads = [threading.Thread(target=fetch(url)) for url in urls]
    for thread in threads:
        thread.start()
    return threads


@planted.wrong("01.2", "`time.sleep` blocks the event loop")
async def sleeps_until_all_threads_have_ended(fetch, urls):
    reports = {}
    threads = [threading.Thread(target=lambda url=url: reports.update({url: fetch(url)})) for url in urls]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.1)  # noqa: ASYNC251 - what a learner may write
    return [reports[url] for url in urls]


@planted.wrong("01.2", "It takes one URL. Did it get a list of them?")
async def all_urls_in_one_call(fetch, urls):
    return await asyncio.to_thread(fetch, urls)


@planted.wrong("01.1", "The event loop is already running: use `await`.")
async def in_a_loop_of_its_own(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            return await response.json()

    async def together():
        return await asyncio.gather(*(fetch(path) for path in paths))

    with asyncio.Runner() as runner:
        return runner.run(together())


@planted.wrong("01.1", "It raised AttributeError: 'ClientResponse' object has no attribute 'jsn'")
async def exceptions_among_the_documents(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            return await response.jsn()

    return await asyncio.gather(*(fetch(path) for path in paths), return_exceptions=True)


@planted.wrong("01.2", "The list holds an exception. It raised TypeError: string indices must be integers")
async def exceptions_among_the_reports(fetch, urls):
    def read(url):
        return fetch(url)["reports"]

    return await asyncio.gather(*(asyncio.to_thread(read, url) for url in urls), return_exceptions=True)


shared_pool = ThreadPoolExecutor(5)


@planted.wrong("01.2", "It raised RuntimeError: cannot schedule new futures after shutdown")
async def a_shared_pool_shut_down(fetch, urls):
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.gather(*(loop.run_in_executor(shared_pool, fetch, url) for url in urls))
    finally:
        shared_pool.shutdown()


@planted.wrong("01.2", "It raised NameError: name 'futures' is not defined")
async def a_mistake_before_the_pool_ends(fetch, urls):
    loop = asyncio.get_running_loop()
    pool = ThreadPoolExecutor(5)
    try:
        calls = [loop.run_in_executor(pool, fetch, url) for url in urls]
        assert calls
        return await asyncio.gather(*futures)  # noqa: F821 - the mistake
    finally:
        pool.shutdown()


@planted.wrong("01.2", "It computed for too long")
async def a_busy_loop_in_a_pools_block(fetch, urls):
    with ThreadPoolExecutor() as pool:
        calls = [pool.submit(fetch, url) for url in urls]
        while not all(call.done() for call in calls):
            pass
        return [call.result() for call in calls]


@planted.right("01.2")
async def the_loops_own_threads(fetch, urls):
    loop = asyncio.get_running_loop()
    return await asyncio.gather(*(loop.run_in_executor(None, fetch, url) for url in urls))


@planted.right("01.2")
async def a_pool_of_its_own(fetch, urls):
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(len(urls)) as pool:
        return await asyncio.gather(*(loop.run_in_executor(pool, fetch, url) for url in urls))


@planted.right("01.2")
async def a_task_group_of_threads(fetch, urls):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(asyncio.to_thread(fetch, url)) for url in urls]
    return [task.result() for task in tasks]


@planted.right("01.2")
async def futures_of_a_pool_wrapped(fetch, urls):
    with ThreadPoolExecutor(len(urls)) as pool:
        return await asyncio.gather(*(asyncio.wrap_future(pool.submit(fetch, url)) for url in urls))


@planted.wrong("01.1", "The server saw a request for /{path}, but none for /items/7?latency=1.2. Is the `f` before a")
async def a_path_without_its_f(session, paths):
    return await asyncio.gather(*(_get(session, "{path}") for path in paths))


@planted.wrong(
    "01.1",
    "without `asyncio.run` or a thread. Look at line 20: `async with session.get(path) as response:`.",
)
async def a_loop_of_its_own(session, paths):
    async def together():
        return await asyncio.gather(*(_get(session, path) for path in paths))

    return await asyncio.to_thread(asyncio.run, together())


@planted.wrong("01.2", "Does your function await its threads, as with `await asyncio.to_thread(...)`?")
async def threads_that_nobody_awaits(fetch, urls):
    reports = [None] * len(urls)

    def work(place):
        reports[place] = fetch(urls[place])

    for place in range(len(urls)):
        threading.Thread(target=work, args=[place]).start()
    return reports


@planted.wrong(
    "01.2", "`concurrent.futures.Future.result` blocks the event loop: no other coroutine can run until it returns."
)
async def results_on_the_line_that_submits(fetch, urls):
    with ThreadPoolExecutor() as pool:
        return [future.result() for future in [pool.submit(fetch, url) for url in urls]]


@planted.wrong("01.1", "It returned a tuple that holds a list. Is there a comma after the value?")
async def a_comma_at_the_end(session, paths):
    return (await asyncio.gather(*(_get(session, path) for path in paths)),)


@planted.wrong("01.1", "An `await` before `for` makes an async generator. Gather the calls of a coroutine function")
async def awaits_inside_gather(session, paths):
    return await asyncio.gather(*(await _get(session, path) for path in paths))


@planted.wrong(
    "01.2", "The server had at most 4 of 5 requests in flight. Does a pool, a semaphore or a batch allow only 4"
)
async def a_pool_of_four(fetch, urls):
    pool, loop = ThreadPoolExecutor(4), asyncio.get_running_loop()
    return await asyncio.gather(*(loop.run_in_executor(pool, fetch, url) for url in urls))


@planted.wrong(
    "01.2",
    "The list holds coroutines. Is everything awaited? A thread needs a function without `async`.",
)
async def a_coroutine_function_in_threads(fetch, urls):
    async def report(url):
        return fetch(url)

    return await asyncio.gather(*(asyncio.to_thread(report, url) for url in urls))


# 01.3 overlap what can overlap


async def _item(session, id):
    return await _get(session, f"/items/{id}")


@planted.wrong("01.3", "The server had at most 1 of 3 requests in flight. Ask for the related items together")
async def related_one_by_one(session, id):
    item = await _get(session, f"/items/{id}")
    return [item, *[await _get(session, f"/items/{other}") for other in item["related"]]]


@planted.wrong("01.3", "a request for /items/43, but none for /items/700")
async def guessed_numbers(session, id):
    return await asyncio.gather(*(_get(session, f"/items/{other}") for other in range(id, id + 4)))


@planted.wrong("01.3", "It returned 3 documents; expected 4")
async def without_the_item(session, id):
    item = await _get(session, f"/items/{id}")
    return await asyncio.gather(*(_get(session, f"/items/{other}") for other in item["related"]))


@planted.wrong("01.3", "[90, 3, 600, 12, 54]: The server saw a request for /items/42, but none for /items/6.")
async def the_id_written_in(session, id):
    item = await _get(session, "/items/42")
    return [item, *await asyncio.gather(*(_get(session, f"/items/{other}") for other in item["related"]))]


@planted.wrong("01.3", "in the wrong order")
async def related_as_they_arrive(session, id):
    item = await _item(session, id)
    items = [item]

    async def add(number):
        items.append(await _item(session, number))

    await asyncio.gather(*map(add, item["related"]))
    return items


@planted.wrong("01.3", "The list holds a coroutine where a dict was expected. Is everything awaited?")
async def related_not_awaited(session, id):
    item = await _item(session, id)
    return [item, *[_item(session, number) for number in item["related"]]]


@planted.wrong("01.3", "The list holds a str where a dict was expected. A star, or `list(...)`, turns a dict into")
async def a_star_too_many(session, id):
    item = await _item(session, id)
    return [*item, *await asyncio.gather(*[_item(session, number) for number in item["related"]])]


@planted.wrong("01.3", "Is an `await` missing before `gather`? Look at line")
async def a_list_and_a_gathering(session, id):
    item = await _item(session, id)
    return [item] + asyncio.gather(*[_item(session, number) for number in item["related"]])


@planted.wrong("01.3", "'_asyncio.Task' object is not subscriptable. Is an `await` missing? Look at line")
async def a_task_in_place_of_the_item(session, id):
    item = asyncio.create_task(_item(session, id))
    return await asyncio.gather(item, *[_item(session, number) for number in item["related"]])


@planted.wrong("01.3", "The value is None. Is there a `return`? Look at line")
async def a_helper_without_return(session, id):
    async def read(number):
        await _item(session, number)

    item = await read(id)
    return [item, *await asyncio.gather(*[read(number) for number in item["related"]])]


@planted.wrong("01.3", "The list holds a list where a dict was expected. Unpack it with a star")
async def a_list_in_the_list(session, id):
    item = await _get(session, f"/items/{id}")
    return [item, await asyncio.gather(*(_get(session, f"/items/{other}") for other in item["related"]))]


@planted.wrong("01.3", "The server saw 2 requests for /items/42; expected 1")
async def the_item_again(session, id):
    item = await _get(session, f"/items/{id}")
    return await asyncio.gather(*(_get(session, f"/items/{other}") for other in (id, *item["related"])))


@planted.wrong("01.3", "in the wrong order")
async def related_in_order_of_id(session, id):
    item = await _get(session, f"/items/{id}")
    return [item, *await asyncio.gather(*(_get(session, f"/items/{other}") for other in sorted(item["related"])))]


@planted.wrong("01.3", "It raised ValueError: too many values to unpack")
async def three_related_and_no_other_number(session, id):
    item = await _get(session, f"/items/{id}")
    one, two, three = item["related"]
    return [item, *await asyncio.gather(*(_get(session, f"/items/{other}") for other in (one, two, three)))]


@planted.wrong("01.3", "It closed `session`, which its caller may still need.")
async def closes_the_session(session, id):
    async with session:
        item = await _get(session, f"/items/{id}")
        return [item, *await asyncio.gather(*(_get(session, f"/items/{number}") for number in item["related"]))]


@planted.wrong("01.3", "none for /items/7. Earlier calls read these items, and items may change.")
async def related_items_kept(session, id, kept={}):  # noqa: B006 - the mistake
    item = await _get(session, f"/items/{id}")

    async def read(number):
        if number not in kept:
            kept[number] = await _get(session, f"/items/{number}")
        return kept[number]

    return [item, *await asyncio.gather(*map(read, item["related"]))]


@lru_cache
def _item_task(session, id):
    return asyncio.ensure_future(_get(session, f"/items/{id}"))


@planted.wrong("01.3", "Earlier calls read these items, and items may change.")
async def a_cache_of_tasks(session, id):
    item = await _item_task(session, id)
    return [item, *await asyncio.gather(*(_item_task(session, number) for number in item["related"]))]


@planted.right("01.3")
async def related_in_a_task_group(session, id):
    item = await _get(session, f"/items/{id}")
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_get(session, f"/items/{other}")) for other in item["related"]]
    return [item, *(task.result() for task in tasks)]


@planted.wrong("01.1", "has no attribute 'jsn'. Look at line")
async def a_typo_in_a_task_group(session, paths):
    async def get(path):
        async with session.get(path) as response:
            return await response.jsn()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(get(path)) for path in paths]
    return [task.result() for task in tasks]


@planted.wrong("01.1", "A task raised IndexError: list assignment index out of range. Look at line")
async def workers_that_fail(session, paths):
    queue, documents = asyncio.Queue(), []
    for each in enumerate(paths):
        queue.put_nowait(each)

    async def work():
        while True:
            place, path = await queue.get()
            documents[place] = await _get(session, path)
            queue.task_done()

    workers = [asyncio.create_task(work()) for _ in paths]
    await queue.join()
    return workers and documents


@planted.right("01.1")
async def looks_again_and_again(session, paths):
    tasks = [asyncio.create_task(_get(session, path)) for path in paths]
    while not all(task.done() for task in tasks):  # noqa: ASYNC110 - what a learner may write
        await asyncio.sleep(0)
    return [task.result() for task in tasks]


@planted.right("01.2")
async def a_pool_inside_a_thread(fetch, urls):
    def fetch_all():
        with ThreadPoolExecutor(5) as pool:
            return list(pool.map(fetch, urls))

    return await asyncio.to_thread(fetch_all)


@planted.wrong("01.3", "For item 6, whose `related` is [90, 3, 600, 12, 54]: The server saw 4 of 6 requests: none for")
async def the_first_three_related(session, id):
    item = await _get(session, f"/items/{id}")
    return [item, *await asyncio.gather(*(_get(session, f"/items/{other}") for other in item["related"][:3]))]


planted += crawler.planted  # those for the last exercise of all four lessons


@planted.wrong(
    "01.1", "The first call was right; this is a second one, with other arguments. It returned 15 documents;"
)
async def a_list_that_is_kept(session, paths, *, documents=[]):  # noqa: B006 - the mistake
    documents.extend(await asyncio.gather(*(_get(session, path) for path in paths)))
    return documents


@planted.wrong("01.1", "The server saw POST /items/7?latency=1.2; expected only GET.")
async def with_post(session, paths):
    async def post(path):
        async with session.post(path) as response:
            return await response.json()

    return await asyncio.gather(*map(post, paths))


@planted.wrong("01.1", "It raised TypeError: unhashable type: 'list'. Look at line")
async def the_list_as_a_key(session, paths):
    documents = {path: await _get(session, path) for path in paths}
    return [documents[paths] for path in paths]


@planted.right("01.2")
async def a_pool_for_each_call(fetch, urls):
    async def fetched(url):
        with ThreadPoolExecutor(1) as pool:
            return await asyncio.get_running_loop().run_in_executor(pool, fetch, url)

    return await asyncio.gather(*map(fetched, urls))


@planted.right("01.2")
async def looks_without_waiting(fetch, urls):
    pool = ThreadPoolExecutor(len(urls))
    calls = [pool.submit(fetch, url) for url in urls]
    while wait(calls, timeout=0).not_done:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    return [call.result(timeout=0) for call in calls]


@planted.wrong(
    "01.2", "a coroutine was expected, got <Future pending>. A future needs no task: await it, or gather it."
)
async def a_task_for_a_future(fetch, urls):
    async with asyncio.TaskGroup() as group:
        loop = asyncio.get_running_loop()
        tasks = [group.create_task(loop.run_in_executor(None, fetch, url)) for url in urls]
    return [task.result() for task in tasks]


@planted.wrong("01.2", "The list holds an exception. It raised TimeoutError.")
async def five_seconds_are_enough(fetch, urls):
    calls = (asyncio.wait_for(asyncio.to_thread(fetch, url), 5) for url in urls)
    return await asyncio.gather(*calls, return_exceptions=True)


@planted.wrong("01.3", "The response to GET /items/{id} had the status 422.")
async def without_the_f(session, id):
    item = await _get(session, "/items/{id}")
    return [item, *await asyncio.gather(*(_get(session, f"/items/{other}") for other in item["related"]))]


@planted.wrong("01.2", "this is a second one, with other arguments. It returned 7 documents; expected 2.")
async def reports_that_are_kept(fetch, urls, *, reports=[]):  # noqa: B006 - the mistake
    reports.extend(await asyncio.gather(*(asyncio.to_thread(fetch, url) for url in urls)))
    return reports


@planted.wrong("01.2", "this is a second one, with other arguments. The server saw 1 of 2 requests")
async def reports_by_url(fetch, urls, *, reports={}):  # noqa: B006 - the mistake
    new = [url for url in urls if url not in reports]
    reports |= zip(new, await asyncio.gather(*(asyncio.to_thread(fetch, url) for url in new)), strict=True)
    return [reports[url] for url in urls]


@planted.wrong("01.3", "Does an `except` hide an error? Earlier calls read these items, and items may change.")
async def items_that_are_kept(session, id, *, items={}):  # noqa: B006 - the mistake
    async def read(id):
        if id not in items:
            items[id] = await _get(session, f"/items/{id}")
        return items[id]

    item = await read(id)
    return [item, *await asyncio.gather(*map(read, item["related"]))]


@planted.right("01.2")
async def a_thread_pool_that_is_left_open(fetch, urls):
    return await asyncio.to_thread(ThreadPool(len(urls)).map, fetch, urls, 1)


@planted.right("01.2")
async def a_thread_pool_that_calls_back(fetch, urls):
    loop = asyncio.get_running_loop()
    done, pool = loop.create_future(), ThreadPool(len(urls))
    pool.map_async(fetch, urls, callback=lambda reports: loop.call_soon_threadsafe(done.set_result, reports))
    pool.close()
    return await done


@planted.right("01.2")
async def a_thread_pool_that_is_closed(fetch, urls):
    with ThreadPool(len(urls)) as pool:
        return await asyncio.to_thread(pool.map, fetch, urls, 1)


@planted.wrong("01.2", "The list holds 8, which is not what `fetch` returned.")
async def lengths_of_reports(fetch, urls):
    return tuple(map(len, await asyncio.gather(*(asyncio.to_thread(fetch, url) for url in urls))))


@planted.wrong("01.1", "The server saw 3 requests for /items/3?latency=1.1; expected 2.")
async def the_second_path_in_place_of_the_first(session, paths):
    return await asyncio.gather(*(_get(session, path) for path in [paths[1], *paths[1:]]))


@planted.wrong("01.1", "The server saw 1 request for /items; expected none.")
async def one_request_more(session, paths):
    await _get(session, "/items")
    return await asyncio.gather(*(_get(session, path) for path in paths))


@planted.wrong("01.2", "at most 1 of 5 requests in flight. Start all threads before you wait for the first.")
async def a_lock_that_all_threads_share(fetch, urls):
    lock = threading.Lock()

    def fetch_alone(url):
        with lock:
            return fetch(url)

    return await asyncio.gather(*(asyncio.to_thread(fetch_alone, url) for url in urls))


@planted.wrong("01.3", "A dict is not a list: an empty list is `[]`, and `[item, *others]` puts a document into one.")
async def related_ones_appended_to_the_item(session, id):
    item = await _item(session, id)
    item.append(await asyncio.gather(*(_item(session, other) for other in item["related"])))
    return item


@planted.wrong("01.3", "The value is text: a key, if you loop over a dict, or a body that was not read as JSON.")
async def related_ones_of_the_keys(session, id):
    item = await _item(session, id)
    return [item, *await asyncio.gather(*(_item(session, other["id"]) for other in item))]


@planted.wrong("01.3", "The value is a number, such as an id, not a document.")
async def related_ids_taken_for_documents(session, id):
    item = await _item(session, id)
    return [item, *await asyncio.gather(*(_item(session, other["id"]) for other in item["related"]))]
