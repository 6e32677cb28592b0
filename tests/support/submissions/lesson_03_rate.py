"""Planted submissions to exercise 03.4, right and wrong."""

import asyncio
import queue
import threading
import time
from collections import deque
from contextlib import suppress

from aiolimiter import AsyncLimiter

from ..submissions import Planted

planted = Planted()


async def _get(session, path):
    async with session.get(path) as response:
        response.raise_for_status()
        return await response.json()


async def _limited(limiter, session, paths):
    """Fetch all paths, each after it has passed the limiter."""

    async def fetch(path):
        async with limiter:
            pass
        return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


async def _started(moments, session, paths):
    """Fetch all paths, each after its number of seconds."""

    async def fetch(moment, path):
        await asyncio.sleep(moment)
        return await _get(session, path)

    return await asyncio.gather(*(fetch(moment, path) for moment, path in zip(moments, paths, strict=True)))


def _at_a_rate(rate):
    return lambda session, paths: _started([at / rate for at in range(len(paths))], session, paths)


@planted.wrong("03.4", "That limits how many are in flight, not how many start per second.")
async def a_semaphore_for_a_rate(session, paths):
    slots = asyncio.Semaphore(20)

    async def fetch(path):
        async with slots:
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.4", "That limits how many are in flight, not how many start per second.")
async def two_in_flight(session, paths):
    slots = asyncio.Semaphore(2)

    async def fetch(path):
        async with slots:
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.4", "All came at once. Before it starts, does each request wait for one shared limiter of twenty")
async def no_limit(session, paths):
    return await asyncio.gather(*(_get(session, path) for path in paths))


@planted.wrong("03.4", "All came at once. Before it starts, does each request wait for one shared limiter of twenty")
async def a_limiter_for_each(session, paths):
    async def fetch(path):
        async with AsyncLimiter(1, 1 / 20):
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.4", "All came at once. Before it starts, does each request wait for one shared limiter of twenty")
async def a_limiter_after_the_start(session, paths):
    limiter = AsyncLimiter(1, 1 / 20)

    async def fetch(path):
        async with session.get(path) as response, limiter:
            return await response.json()

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.4", "40 requests within one second; at most 20 are allowed. 2 came at once.")
async def two_limiters_in_turn(session, paths):
    limiters = AsyncLimiter(1, 1 / 20), AsyncLimiter(1, 1 / 20)

    async def fetch(at, path):
        async with limiters[at % 2]:
            return await _get(session, path)

    return await asyncio.gather(*(fetch(at, path) for at, path in enumerate(paths)))


@planted.wrong("03.4", "40 requests within one second; at most 20 are allowed. 20 came at once.")
async def twenty_at_once_each_nine_tenths_of_a_second(session, paths):
    return await _started([0.9 * (at // 20) for at in range(len(paths))], session, paths)


BURST = "39 requests within one second; at most 20 are allowed. 20 came at once. Does the limiter allow a burst on top"


@planted.wrong("03.4", BURST)
async def a_limiter_with_a_burst(session, paths):
    return await _limited(AsyncLimiter(20, 1), session, paths)


@planted.wrong("03.4", "21 requests within one second; at most 20 are allowed. 2 came at once.")
async def a_limiter_with_a_burst_of_two(session, paths):
    return await _limited(AsyncLimiter(2, 1 / 10), session, paths)


@planted.wrong("03.4", "The server got 0.492 requests a second on average; expected at least 19.")
async def a_limiter_of_twenty_a_minute(session, paths):
    return await _limited(AsyncLimiter(20), session, paths)


@planted.wrong("03.4", "The server got 0.02 requests a second on average; expected at least 19.")
async def a_turn_every_fifty_seconds(session, paths):
    return await _started([50 * at for at in range(len(paths))], session, paths)


@planted.wrong("03.4", "so it was stopped. Look at line")
async def twenty_turns_in_all(session, paths):
    turns = asyncio.Semaphore(20)

    async def fetch(path):
        await turns.acquire()
        return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


HALF_A_SECONDS_WORTH = AsyncLimiter(10, 0.5)


@planted.wrong("03.4", "29 requests within one second; at most 20 are allowed. 10 came at once.")
async def a_limiter_of_ten_that_is_kept_between_the_calls(session, paths):
    return await _limited(HALF_A_SECONDS_WORTH, session, paths)


@planted.wrong("03.4", "21 requests within one second; at most 20 are allowed. 3 came at once.")
async def bursts_of_three(session, paths):
    return await _started([0.15 * (at // 3) for at in range(len(paths))], session, paths)


@planted.wrong("03.4", "40 requests within one second; at most 20 are allowed.")
async def twenty_at_once_and_again_too_soon(session, paths):
    return await _started([0.5 * ((at + 10) // 20) for at in range(len(paths))], session, paths)


for rate, symptom in {
    26: "26 requests within one second",
    23: "23 requests within one second",
    20.5: "21 requests within one second",
    18.5: "18.5 requests a second on average; expected at least 19",
    16: "16 requests a second on average; expected at least 19",
    10: "10 requests a second on average; expected at least 19",
}.items():
    function = _at_a_rate(rate)
    function.__name__ = f"{rate}_a_second"
    planted.wrong("03.4", symptom)(function)


@planted.wrong("03.4", "Each request starts when another ends.")
async def one_at_a_time(session, paths):
    limiter = AsyncLimiter(1, 1 / 20)
    documents = []
    for path in paths:
        async with limiter:
            documents.append(await _get(session, path))
    return documents


async def _limited_in(slots, session, paths):
    """Fetch all paths, each in one of the slots and after it has passed a limiter."""
    limiter = AsyncLimiter(1, 1 / 20)

    async def fetch(path):
        async with slots, limiter:
            return await _get(session, path)

    return await asyncio.gather(*map(fetch, paths))


@planted.wrong("03.4", "requests a second on average; expected at least 19.")
async def a_limiter_and_ten_slots(session, paths):
    return await _limited_in(asyncio.Semaphore(10), session, paths)


@planted.wrong("03.4", "requests a second on average; expected at least 19.")
async def a_limiter_and_seventeen_slots(session, paths):
    return await _limited_in(asyncio.Semaphore(17), session, paths)


@planted.right("03.4")
async def a_limiter_and_eighteen_slots(session, paths):
    return await _limited_in(asyncio.Semaphore(18), session, paths)


TIMEOUT = "A response takes up to 0.9 s. Start a timeout only once its request has its turn."


async def _each_within(seconds, session, paths):
    """Fetch all paths at the right rate, with a timeout for each request."""
    limiter = AsyncLimiter(1, 1 / 20)

    async def fetch(path):
        async with limiter, asyncio.timeout(seconds):
            return await _get(session, path)

    return await asyncio.gather(*map(fetch, paths))


@planted.wrong("03.4", TIMEOUT)
async def a_timeout_of_085_seconds(session, paths):
    return await _each_within(0.85, session, paths)


@planted.wrong("03.4", TIMEOUT)
async def a_timeout_around_the_limiter(session, paths):
    limiter = AsyncLimiter(1, 1 / 20)

    async def fetch(path):
        async with asyncio.timeout(1), limiter:
            return await _get(session, path)

    return await asyncio.gather(*map(fetch, paths))


@planted.right("03.4")
async def a_timeout_of_nine_tenths_of_a_second(session, paths):
    return await _each_within(0.9, session, paths)


@planted.wrong("03.4", "The server saw 80 of 87 requests")
async def whole_tens_only(session, paths):
    tasks = []
    for at in range(0, len(paths) // 10 * 10, 10):
        tasks += [asyncio.create_task(_get(session, path)) for path in paths[at : at + 10]]
        await asyncio.sleep(0.5)
    return await asyncio.gather(*tasks)


@planted.wrong("03.4", "this is a third one, with thirteen paths. It raised IndexError: pop from empty list.")
async def twenty_paths_at_least(session, paths):
    left, tasks = list(reversed(paths)), []
    for _ in range(20):
        tasks.append(asyncio.create_task(_get(session, left.pop())))
        await asyncio.sleep(1 / 20)
    while left:
        tasks.append(asyncio.create_task(_get(session, left.pop())))
        await asyncio.sleep(1 / 20)
    return await asyncio.gather(*tasks)


@planted.wrong("03.4", "requests a second on average; expected at least 19.")
async def a_pause_after_each_response(session, paths):
    turn = asyncio.Lock()

    async def fetch(path):
        async with turn:
            document = await _get(session, path)
            await asyncio.sleep(1 / 20)
            return document

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.4", "20 came at once")
async def a_semaphore_and_a_pause_of_its_own(session, paths):
    slots = asyncio.Semaphore(20)

    async def fetch(path):
        async with slots:
            await asyncio.sleep(1 / 20)
            return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.4", "`time.sleep` blocks the event loop")
async def a_blocking_pause_in_each(session, paths):
    async def fetch(path):
        time.sleep(1 / 20)  # noqa: ASYNC251
        return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.wrong("03.4", "Is there a `return`?")
async def nothing_returned(session, paths):
    await _limited(AsyncLimiter(1, 1 / 20), session, paths)


@planted.wrong("03.4", "The documents are right, but in the wrong order.")
async def documents_as_they_arrive(session, paths):
    documents = []

    async def fetch(at, path):
        await asyncio.sleep(at / 20)
        documents.append(await _get(session, path))

    await asyncio.gather(*(fetch(at, path) for at, path in enumerate(paths)))
    return documents


@planted.wrong("03.4", "It returned 106 documents; expected 107. One path is listed twice.")
async def a_document_for_each_key(session, paths):
    documents = dict.fromkeys(paths)

    async def fetch(at, path):
        await asyncio.sleep(at / 20)
        documents[path] = await _get(session, path)

    await asyncio.gather(*(fetch(at, path) for at, path in enumerate(paths)))
    return list(documents.values())


@planted.wrong("03.4", "It returned 20 documents; expected 87.")
async def the_latest_twenty_only(session, paths):
    return (await _at_a_rate(20)(session, paths))[-20:]


@planted.wrong("03.4", "It closed `session`")
async def closing_the_session(session, paths):
    async with session:
        return await _at_a_rate(20)(session, paths)


for rate in (20, 19.5, 19):
    function = _at_a_rate(rate)
    function.__name__ = f"{rate}_a_second"
    planted.right("03.4")(function)


@planted.right("03.4")
async def a_limiter_without_a_burst(session, paths):
    return await _limited(AsyncLimiter(1, 1 / 20), session, paths)


KEPT = AsyncLimiter(1, 1 / 20)


@planted.right("03.4")
async def a_limiter_that_is_kept_between_the_calls(session, paths):
    return await _limited(KEPT, session, paths)


@planted.right("03.4")
async def twenty_at_once_each_second(session, paths):
    return await _started([at // 20 for at in range(len(paths))], session, paths)


@planted.wrong("03.4", "The server got 11.3 requests a second on average; expected at least 19.")
async def twenty_slots_held_for_a_second_more(session, paths):
    slots = asyncio.Semaphore(20)

    async def fetch(path):
        async with slots:
            document = await _get(session, path)
            await asyncio.sleep(1)
            return document

    return await asyncio.gather(*map(fetch, paths))


@planted.wrong("03.4", "The server got 11.3 requests a second on average; expected at least 19.")
async def batches_of_twenty_with_a_second_between(session, paths):
    documents = []
    for begin in range(0, len(paths), 20):
        if begin:
            await asyncio.sleep(1)
        documents += await asyncio.gather(*(_get(session, path) for path in paths[begin : begin + 20]))
    return documents


@planted.right("03.4")
async def ten_at_once_each_half_second(session, paths):
    return await _started([at // 10 / 2 for at in range(len(paths))], session, paths)


@planted.right("03.4")
async def a_task_each_twentieth_of_a_second(session, paths):
    tasks = []
    async with asyncio.TaskGroup() as group:
        for path in paths:
            tasks.append(group.create_task(_get(session, path)))
            await asyncio.sleep(1 / 20)
    return [task.result() for task in tasks]


@planted.right("03.4")
async def a_lock_that_is_held_for_a_twentieth(session, paths):
    turn = asyncio.Lock()

    async def fetch(path):
        async with turn:
            await asyncio.sleep(1 / 20)
        return await _get(session, path)

    return await asyncio.gather(*(fetch(path) for path in paths))


@planted.right("03.4")
async def turns_by_the_clock(session, paths):
    begun = time.monotonic()

    async def fetch(at, path):
        await asyncio.sleep(begun + at / 20 - time.monotonic())
        return at, await _get(session, path)

    found = [await each for each in asyncio.as_completed([fetch(at, path) for at, path in enumerate(paths)])]
    return [document for _, document in sorted(found, key=lambda pair: pair[0])]


class _LatestTwenty:
    """A limiter that lets one pass once the twentieth before it is a second old."""

    def __init__(self):
        self.starts = deque(maxlen=20)

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        now = loop.time()
        turn = max(now, self.starts[0] + 1) if len(self.starts) == 20 else now
        self.starts.append(turn)
        await asyncio.sleep(turn - now)

    async def __aexit__(self, *_):
        pass


@planted.right("03.4")
async def a_window_over_the_latest_twenty(session, paths):
    return await _limited(_LatestTwenty(), session, paths)


@planted.right("03.4")
async def tokens_from_a_task(session, paths):
    tokens = asyncio.Queue()

    async def fill():
        while True:
            tokens.put_nowait(None)
            await asyncio.sleep(1 / 20)

    async def fetch(path):
        await tokens.get()
        return await _get(session, path)

    filling = asyncio.create_task(fill())
    try:
        return await asyncio.gather(*(fetch(path) for path in paths))
    finally:
        filling.cancel()


@planted.wrong("03.4", "The list holds None where a dict was expected.")
async def exactly_a_hundred(session, paths):
    documents = [None] * 100

    async def fetch(number, path):
        await asyncio.sleep(number / 20)
        documents[number] = await _get(session, path)

    await asyncio.gather(*(fetch(number, path) for number, path in enumerate(paths)))
    return documents


class _Steps:
    """Lets a request pass at each step of a clock that the caller may choose."""

    def __init__(self, seconds, clock=time.monotonic):
        self.seconds, self.clock, self.due = seconds, clock, clock()

    async def wait(self):
        await asyncio.sleep(max(0, self.due - self.clock()))
        self.due += self.seconds


@planted.right("03.4")
async def a_clock_as_a_default(session, paths):
    steps, tasks = _Steps(0.05), []
    for path in paths:
        await steps.wait()
        tasks.append(asyncio.create_task(_get(session, path)))
    return await asyncio.gather(*tasks)


@planted.right("03.4")
async def a_clock_as_a_keyword_default(session, paths, *, now=time.perf_counter):
    due, tasks = now(), []
    for path in paths:
        tasks.append(asyncio.create_task(_get(session, path)))
        due += 0.05
        await asyncio.sleep(max(0, due - now()))
    return await asyncio.gather(*tasks)


class _Stopwatch:
    now = time.monotonic

    def __init__(self):
        self.started = self.now()


@planted.right("03.4")
async def a_clock_in_a_class(session, paths):
    watch = _Stopwatch()

    async def fetch(number, path):
        await asyncio.sleep(max(0, watch.started + number / 20 - watch.now()))
        return await _get(session, path)

    return await asyncio.gather(*(fetch(number, path) for number, path in enumerate(paths)))


class _Turns:
    def __init__(self, a_second, clock=time.monotonic):
        self.gap, self.clock, self.next = 1 / a_second, clock, 0

    async def turn(self):
        self.next = mine = max(self.clock(), self.next + self.gap)
        while (left := mine - self.clock()) > 0:  # noqa: ASYNC110 - what a learner may write
            await asyncio.sleep(left)


TURNS = _Turns(20)


@planted.right("03.4")
async def turns_made_in_the_notebook(session, paths):
    async def fetch(path):
        await TURNS.turn()
        return await _get(session, path)

    return await asyncio.gather(*map(fetch, paths))


def _at_most(a_second, now=time.perf_counter):
    def decorate(function):
        turn = 0

        async def called(*arguments):
            nonlocal turn
            turn = mine = max(now(), turn + 1 / a_second)
            while (left := mine - now()) > 0:  # noqa: ASYNC110 - what a learner may write
                await asyncio.sleep(left)
            return await function(*arguments)

        return called

    return decorate


@_at_most(20)
async def _get_in_turn(session, path):
    return await _get(session, path)


@planted.right("03.4")
async def turns_by_a_decorator(session, paths):
    return await asyncio.gather(*(_get_in_turn(session, path) for path in paths))


def _paced_by(wait):
    """Return a submission whose requests are started by a thread, which waits 0.05 s between two of them."""

    async def submission(session, paths):
        loop, started = asyncio.get_running_loop(), []

        def start_all():
            for path in paths:
                if started:
                    wait(0.05)
                started.append(asyncio.run_coroutine_threadsafe(_get(session, path), loop))

        await asyncio.to_thread(start_all)
        return await asyncio.gather(*map(asyncio.wrap_future, started))

    submission.__name__ = f"a_thread_paced_by_{wait.__name__}"
    return submission


def an_event(seconds):
    threading.Event().wait(seconds)


def a_queue(seconds):
    with suppress(queue.Empty):
        queue.Queue().get(timeout=seconds)


for pause in an_event, a_queue:
    planted.right("03.4")(_paced_by(pause))


@planted.wrong("03.4", "20 came at once. The limit holds for any one second, whenever it begins.")
async def twenty_in_each_second_of_the_clock(session, paths):
    tasks, second, sent = [], int(time.time()), 0
    for path in paths:
        if sent == 20:
            await asyncio.sleep(second + 1 - time.time())
        if int(time.time()) != second:
            second, sent = int(time.time()), 0
        sent += 1
        tasks.append(asyncio.create_task(_get(session, path)))
    return await asyncio.gather(*tasks)
