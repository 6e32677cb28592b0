"""Planted submissions to exercise 04.5: the learner's crawler through an outage."""

import asyncio
import random
import uuid
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace

import aiohttp
import tenacity

from ..submissions import Planted
from .crawler_limits import Pace

planted = Planted()

RETRYABLE = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Crawl:
    """A right crawler; each field makes it wrong in one way."""

    name: str = "crawl"
    attempts: int = 6
    slots: int = 20
    a_second: float = 45
    seconds: float = 1.5
    obeys: bool = True
    keyed: bool = True
    key: object = lambda paths: str(uuid.uuid4())
    draw: object = random.uniform
    around: float = 0.0  # Retry-After: by which part a wait is shorter or longer
    retryable: frozenset = frozenset(RETRYABLE)
    posts: int = 6  # attempts
    counts_all: bool = False
    holds: bool = False  # its slot, while it waits to retry
    report_to: str = "/items"
    lost: tuple = (aiohttp.ClientError, TimeoutError)
    reports: object = lambda paths: True

    async def __call__(self, url, paths):
        slots, pace = asyncio.Semaphore(self.slots), Pace(self.a_second)

        async def attempt(session, method, path, options):
            async with nullcontext() if self.holds else slots:
                await pace.turn()
                try:
                    async with session.request(method, path, **options) as response:
                        if response.status in self.retryable:
                            return None, float(response.headers.get("Retry-After", 0)) if self.obeys else 0.0
                        return (await response.json() if response.ok else None), None
                except self.lost:
                    return None, 0.0

        async def send(session, method, path, attempts, **options):
            async with slots if self.holds else nullcontext():
                for number in range(attempts):
                    document, wait = await attempt(session, method, path, options)
                    if wait is None:
                        return document
                    asked = wait * random.uniform(1 - self.around, 1 + self.around)
                    await asyncio.sleep(asked + self.draw(0, 0.2 * 2**number))
            return None

        async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=self.seconds)) as session:
            documents = await asyncio.gather(*(send(session, "GET", path, self.attempts) for path in paths))
            found = len(documents) if self.counts_all else sum(each is not None for each in documents)
            headers = {"Idempotency-Key": self.key(paths)} if self.keyed else {}
            report = {"name": "crawl", "found": found}
            if self.reports(paths):
                await send(session, "POST", self.report_to, self.posts, json=report, headers=headers)
        return documents


def _plant(symptom, name, **fields):
    function = replace(Crawl(), name=name, **fields)
    object.__setattr__(function, "__name__", name)
    (planted.wrong("04.5", symptom) if symptom else planted.right("04.5"))(function)


_plant("It lost ", "one_attempt", attempts=1)
_plant("documents; it gave up on ", "two_attempts", attempts=2)
_plant("said Retry-After: 1, but your crawl retried after", "never_reads_retry_after", obeys=False)
_plant("said Retry-After: 1, but your crawl retried after", "jitter_around_retry_after", around=0.2)
_plant(
    "said Retry-After: 1, but your crawl retried after 0.999 s.",
    "too_soon_by_less_than_a_millisecond",
    around=0.0009,
    draw=lambda low, high: random.choice((low, high)),
)
_plant("before the response came.", "impatient_by_a_little", seconds=0.8)
_plant(
    "It asked for /items/99999 again after a 404 response, which is not retryable.",
    "asks_for_ever_for_what_is_not_there",
    attempts=10**9,
    retryable=frozenset({404, *RETRYABLE}),
)
_plant("One crawl created 2 items; expected 1. The server saw no header", "no_key", keyed=False)
_plant("Each crawl needs an Idempotency-Key of its own", "one_key_for_ever", key=lambda paths: "crawl")
_plant("Each crawl needs an Idempotency-Key of its own", "its_first_path_is_the_key", key=lambda paths: paths[0])
_plant(
    "the waits after the first failure were 0.20 s and differed by 0 ms;",
    "the_same_wait_for_all",
    draw=lambda low, high: high,
)
_plant("the waits after the first failure were 0.02 s and differed by 0 ms;", "no_backoff", draw=lambda low, high: 0)
_plant(
    "In 5 crawls of /status/503,503,200, the waits after the second failure were 0.40 s and differed by 0 ms;",
    "only_the_first_wait_is_random",
    draw=lambda low, high: random.uniform(low, high) if high < 0.3 else high,
)
_plant("which is not retryable", "asks_again_for_what_is_not_there", retryable=frozenset({404, *RETRYABLE}))
_plant("with 503: it was serving 20", "too_many_slots", slots=80)
_plant("with 429", "too_fast", a_second=90)
_plant("The POST did not succeed in 1 attempt", "a_single_report", posts=1)
_plant(
    "The server refused POST /reports with 404; expected a POST",
    "reports_elsewhere",
    report_to="/reports",
)
_plant("The server saw no POST", "no_report", posts=0)
_plant(
    "The server saw no POST. Report each crawl with POST /items at its end, and await it.",
    "no_report_of_a_small_crawl",
    reports=lambda paths: len(paths) > 1,
)
_plant("It raised ClientPayloadError", "timeouts_only", lost=(TimeoutError,))
_plant("expected {'name': 'crawl', 'found': 119}", "counts_what_is_missing", counts_all=True)
_plant("gave up on requests after 0.40 s, but the server kept working on them", "no_patience", seconds=0.4)
_plant("The server had at most 2 requests in flight. Keep more in flight.", "too_few_slots", slots=2)
_plant(
    "Does a request keep its slot while it waits to retry,",
    "keeps_its_slot",
    slots=6,
    draw=lambda low, high: 20 * high * random.random(),
    holds=True,
)
_plant("It gave up on a stalled request only after 11.00 s.", "a_long_patience", seconds=10)
_plant("; expected 5 ms or more. Wait a", "hardly_random", draw=lambda low, high: high * random.uniform(0.97, 1))
_plant("It took 30.13 s; expected 20 s at most. Is the full rate in use?", "five_a_second", a_second=5)
_plant(None, "wide_waits", draw=lambda low, high: random.uniform(high / 2, high))
_plant(None, "slow_and_sure", a_second=25, slots=12, attempts=9, seconds=3)


@planted.wrong("04.5", "A place holds the document of another path. Keep the order")
async def backwards(url, paths):
    return (await Crawl()(url, paths))[::-1]


@planted.wrong("04.5", "The server saw 2 attempts at /status/503,503,200; expected 3.")
async def one_path_is_not_worth_three_attempts(url, paths):
    return await replace(Crawl(), attempts=6 if len(paths) > 1 else 2)(url, paths)


@planted.wrong("04.5", "It raised TimeoutError")
async def the_report_is_not_caught(url, paths):
    documents = await replace(Crawl(), posts=0)(url, paths)
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1.5)) as session:
        await session.post("/items", json={"name": "crawl", "found": len(documents) - 1})
    return documents


class _Again(Exception):
    def __init__(self, wait):
        self.wait = wait


@planted.right("04.5")
async def by_tenacity(url, paths):
    slots, pace = asyncio.Semaphore(20), Pace(45)
    jitter = tenacity.wait_random_exponential(0.2, max=3)

    def wait(state):
        return getattr(state.outcome.exception(), "wait", 0) + jitter(state)

    @tenacity.retry(wait=wait, stop=tenacity.stop_after_attempt(6), reraise=True)
    async def send(session, method, path, **options):
        async with slots:
            await pace.turn()
            async with asyncio.timeout(2), session.request(method, path, **options) as response:
                if response.status in RETRYABLE:
                    raise _Again(float(response.headers.get("Retry-After", 0)))
                return await response.json() if response.ok else None

    async with aiohttp.ClientSession(url) as session, asyncio.TaskGroup() as group:
        tasks = [group.create_task(send(session, "GET", path)) for path in paths]
        documents = await asyncio.gather(*tasks)
        report = {"name": "crawl", "found": len([each for each in documents if each])}
        await send(session, "POST", "/items", json=report, headers={"Idempotency-Key": uuid.uuid4().hex})
    return documents


@planted.wrong("04.5", "The server saw no request. Does the session get `url`? Does an `except` hide an error?")
async def a_session_without_the_url(url, paths):
    async def get(session, path):
        try:
            async with session.get(path) as response:
                return await response.json()
        except (aiohttp.ClientError, ValueError):
            return None

    async with aiohttp.ClientSession() as session:
        return await asyncio.gather(*(get(session, path) for path in paths))


KEY = str(uuid.uuid4())


@planted.wrong("04.5", "with 422: an earlier crawl had sent its Idempotency-Key with another body. Each crawl needs")
async def one_key_for_all_crawls(url, paths):
    documents = await replace(Crawl(), posts=0)(url, paths)
    report = {"name": "crawl", "found": len([each for each in documents if each])}
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1.5), raise_for_status=True) as session:
        for _ in range(5):
            with suppress(TimeoutError):
                async with session.post("/items", json=report, headers={"Idempotency-Key": KEY}):
                    return documents
    return documents


@planted.wrong("04.5", "The server saw a GET after the POST. Report the crawl at its end.")
async def reports_what_it_will_find(url, paths):
    report, headers = {"name": "crawl", "found": max(1, len(paths) - 1)}, {"Idempotency-Key": str(uuid.uuid4())}
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1.5)) as session:
        for _ in range(5):
            with suppress(TimeoutError):
                async with session.post("/items", json=report, headers=headers):
                    break
    return await replace(Crawl(), reports=lambda paths: False)(url, paths)


@planted.right("04.5")
async def a_loop_in_a_thread(url, paths):
    return await asyncio.to_thread(asyncio.run, Crawl()(url, paths))


@planted.wrong("04.5", "items; expected 1. Is the POST in a loop?")
async def a_report_for_each_document(url, paths):
    documents = await replace(Crawl(), reports=lambda paths: False)(url, paths)
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=1.5)) as session:
        for document in documents[:5]:
            with suppress(TimeoutError):
                headers = {"Idempotency-Key": f"{document}"}
                async with session.post("/items", json={"name": "crawl", "found": 1}, headers=headers):
                    pass
    return documents
