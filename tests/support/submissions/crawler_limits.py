"""Planted submissions to exercise 03.5: the learner's crawler within the server's limits."""

import asyncio
from collections import deque

import aiohttp
from aiolimiter import AsyncLimiter

from ..submissions import Planted

planted = Planted()


class Pace:
    """Lets requests begin evenly."""

    def __init__(self, a_second):
        self.gap, self.next = 1 / a_second, 0

    async def turn(self):
        now = asyncio.get_running_loop().time()
        self.next = max(now, self.next + self.gap)
        await asyncio.sleep(self.next - now)


class Minute(AsyncLimiter):
    """A limiter of so many a minute."""

    turn = AsyncLimiter.acquire


async def get_or_none(session, path):
    try:
        async with session.get(path, raise_for_status=True) as response:
            return await response.json()
    except (aiohttp.ClientError, TimeoutError):
        return None


async def _limited(url, paths, slots, pace, seconds=1.5):
    async def get(session, path):
        async with slots:
            await pace.turn()
            return await get_or_none(session, path)

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=seconds)) as session:
        return await asyncio.gather(*(get(session, path) for path in paths))


@planted.wrong("03.5", "with 503: it was serving 20 and 5 were queued")
async def a_pace_and_no_slots(url, paths):
    return await _limited(url, paths, asyncio.Semaphore(1000), Pace(45))


@planted.wrong("03.5", "with 429: more than 50 came within a second")
async def slots_and_no_pace(url, paths):
    return await _limited(url, paths, asyncio.Semaphore(20), Pace(1e9))


@planted.wrong("03.5", "with 429: more than 50 came within a second")
async def batches_of_twenty_and_no_pace(url, paths):
    documents = []
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1.5)) as session:
        for start in range(0, len(paths), 20):
            documents += await asyncio.gather(*(get_or_none(session, path) for path in paths[start : start + 20]))
    return documents


@planted.wrong("03.5", "this is a second one, with other arguments. It waits for something that never happens")
async def slots_that_failures_keep(url, paths):
    slots, pace = asyncio.Semaphore(20), Pace(45)

    async def get(session, path):
        await slots.acquire()
        await pace.turn()
        document = await get_or_none(session, path)
        if document is not None:
            slots.release()
        return document

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1.5)) as session:
        return await asyncio.gather(*(get(session, path) for path in paths))


@planted.wrong("03.5", "with 429")
async def a_burst_and_a_leak(url, paths):
    slots, limiter = asyncio.Semaphore(20), AsyncLimiter(45, 1)

    async def get(session, path):
        async with slots, limiter:
            return await get_or_none(session, path)

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1.5)) as session:
        return await asyncio.gather(*(get(session, path) for path in paths))


@planted.wrong("03.5", "Keep every slot and the full rate in use while paths are left")
async def far_too_slow(url, paths):
    return await _limited(url, paths, asyncio.Semaphore(10), Pace(14))


@planted.wrong("03.5", "It gave up on a stalled request only after 7.89 s.")
async def too_much_patience_with_stalls(url, paths):
    return await _limited(url, paths, asyncio.Semaphore(20), Pace(45), seconds=7)  # aiohttp rounds a longer timeout up


@planted.wrong("03.5", "`. By then the server had seen 120 requests; 4 had no complete response yet.")
async def no_timeout(url, paths):
    slots, pace = asyncio.Semaphore(20), Pace(45)

    async def get(path):
        async with slots:
            await pace.turn()
            return await get_or_none(session, path)

    async with aiohttp.ClientSession(url) as session:
        return await asyncio.gather(*map(get, paths))


@planted.wrong("03.5", "`. By then the server had seen 90 requests")
async def forty_five_a_minute(url, paths):
    return await _limited(url, paths, asyncio.Semaphore(20), Minute(45))


@planted.wrong("03.5", "The server had at most 2 requests in flight. Keep more in flight.")
async def two_at_a_time(url, paths):
    return await _limited(url, paths, asyncio.Semaphore(2), Pace(45))


@planted.wrong("03.5", "gave up on requests after 0.50 s, but the server kept working on them")
async def no_patience_with_slow_items(url, paths):
    return await _limited(url, paths, asyncio.Semaphore(20), Pace(45), seconds=0.5)


@planted.wrong("03.5", "with 429")
async def a_pace_in_front_of_the_queue(url, paths):
    pace = Pace(45)

    async def get(session, path):
        await pace.turn()
        return await get_or_none(session, path)

    connector, timeout = aiohttp.TCPConnector(limit=10), aiohttp.ClientTimeout(total=0.9)
    async with aiohttp.ClientSession(url, connector=connector, timeout=timeout) as session:
        return await asyncio.gather(*(get(session, path) for path in paths))


@planted.wrong("03.5", "this is a second one, with other arguments. The server refused")
async def retries_without_a_turn(url, paths):
    slots, pace = asyncio.Semaphore(20), Pace(45)

    async def get(session, path):
        async with slots:
            await pace.turn()
            for _ in range(4):
                try:
                    async with session.get(path) as response:
                        if response.ok:
                            return await response.json()
                except (aiohttp.ClientError, TimeoutError):
                    break
            return None

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1.5)) as session:
        return await asyncio.gather(*(get(session, path) for path in paths))


@planted.wrong(
    "03.5", "second one, with other arguments. It lost 3 documents that the server could have sent: no request for"
)
async def workers_that_end_at_a_failure(url, paths):
    pace, documents, places = Pace(45), [None] * len(paths), iter(enumerate(paths))

    async def work():
        for place, path in places:
            await pace.turn()
            async with session.get(path, raise_for_status=True) as response:
                documents[place] = await response.json()

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1.5)) as session:
        await asyncio.gather(*(work() for _ in range(20)), return_exceptions=True)
    return documents


@planted.wrong("03.5", "with 429")
async def a_limiter_for_each(url, paths):
    slots = asyncio.Semaphore(20)

    async def get(session, path):
        async with slots:
            await Pace(45).turn()
            return await get_or_none(session, path)

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1.5)) as session:
        return await asyncio.gather(*(get(session, path) for path in paths))


@planted.right("03.5")
async def workers_with_a_window(url, paths):
    found, begun = [None] * len(paths), deque(maxlen=45)
    queue = asyncio.Queue()
    for job in enumerate(paths):
        queue.put_nowait(job)
    lock, clock = asyncio.Lock(), asyncio.get_running_loop().time

    async def turn():
        async with lock:
            if len(begun) == begun.maxlen:
                await asyncio.sleep(max(0, begun[0] + 1.02 - clock()))
            begun.append(clock())

    async def work(session):
        while not queue.empty():
            place, path = queue.get_nowait()
            await turn()
            found[place] = await get_or_none(session, path)

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1.5)) as session:
        await asyncio.gather(*(work(session) for _ in range(20)))
    return found


@planted.right("03.5")
async def a_connector_and_a_steady_limiter(url, paths):
    limiter = AsyncLimiter(1, 1 / 45)
    slots = asyncio.BoundedSemaphore(18)

    async def get(session, path):
        async with slots, limiter:
            return await get_or_none(session, path)

    timeout = aiohttp.ClientTimeout(total=2)
    async with aiohttp.ClientSession(url, timeout=timeout) as session, asyncio.TaskGroup() as group:
        tasks = [group.create_task(get(session, path)) for path in paths]
    return [task.result() for task in tasks]


async def _bounded(url, paths):
    return await _limited(url, paths, asyncio.Semaphore(24), Pace(40))


planted.right("03.5")(_bounded)


_shared_pace = Pace(45)


@planted.right("03.5")
async def a_pace_that_is_kept_between_the_crawls(url, paths):
    return await _limited(url, paths, asyncio.Semaphore(20), _shared_pace)


@planted.wrong("03.5", "It raised ClientPayloadError")
async def only_timeouts_are_caught(url, paths):
    slots, pace = asyncio.Semaphore(20), Pace(45)

    async def get(session, path):
        async with slots:
            await pace.turn()
            try:
                async with session.get(path) as response:
                    return await response.json() if response.status < 400 else None
            except TimeoutError:
                return None

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1.5)) as session:
        return await asyncio.gather(*(get(session, path) for path in paths))


@planted.right("03.5")
async def exactly_fifty_a_second(url, paths):
    return await _limited(url, paths, asyncio.Semaphore(16), Pace(50), seconds=2)


TOGETHER = "Some came at once. Take a slot first, then a turn from a limiter without bursts"


@planted.wrong("03.5", TOGETHER)
async def a_turn_before_a_slot(url, paths):
    slots, pace = asyncio.Semaphore(20), Pace(45)

    async def get(session, path):
        await pace.turn()
        async with slots:
            return await get_or_none(session, path)

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1.5)) as session:
        return await asyncio.gather(*(get(session, path) for path in paths))


@planted.wrong("03.5", "more than 50 came within a second. Space them further apart.")
async def sixty_a_second(url, paths):
    return await _limited(url, paths, asyncio.Semaphore(20), Pace(60))


@planted.right("03.5")
async def a_loop_in_a_thread(url, paths):
    async def crawl():
        return await _limited(url, paths, asyncio.Semaphore(20), Pace(45))

    return await asyncio.to_thread(asyncio.run, crawl())


@planted.wrong("03.5", "requests for 120 paths. Retries take time, and `None` is allowed for a path that fails.")
async def retries_with_pauses(url, paths):
    slots, pace = asyncio.Semaphore(20), Pace(45)

    async def get(session, path):
        for attempt in range(3):
            async with slots:
                await pace.turn()
                if document := await get_or_none(session, path):
                    return document
            await asyncio.sleep(2**attempt)
        return None

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1.5)) as session:
        return await asyncio.gather(*(get(session, path) for path in paths))


@planted.wrong("03.5", "The list holds coroutines. Is `await asyncio.gather(*...)` missing?")
async def a_list_of_coroutines(url, paths):
    async with aiohttp.ClientSession(url) as session:
        return [get_or_none(session, path) for path in paths]
