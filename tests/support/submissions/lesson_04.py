"""Planted submissions to exercises 04.1 and 04.2, right and wrong."""

import asyncio
import copy
import json
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import aiohttp
import stamina
import tenacity

from ..submissions import Planted
from .lesson_04_headers import planted as planted_headers

planted = Planted()

RETRYABLE = {408, 425, 429, 500, 502, 503, 504}
LOST = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError)


def _retryable(error):
    if isinstance(error, aiohttp.ClientResponseError):
        return error.status in RETRYABLE
    return isinstance(error, LOST)


async def _get(session, path):
    async with session.get(path) as response:
        response.raise_for_status()
        return await response.json()


def _doubled(attempt):
    return 0.1 * 2 ** (attempt - 1)


async def _retry(session, path, attempts, pause=_doubled, retryable=_retryable, get=_get):
    for attempt in range(1, attempts + 1):
        try:
            return await get(session, path)
        except Exception as error:
            if attempt == attempts or not retryable(error):
                raise
        await asyncio.sleep(pause(attempt))
    return None


@planted.wrong("04.1", "and its body is not JSON, which is not retryable.")
async def retries_malformed_json(session, path, attempts):
    return await _retry(
        session, path, attempts, retryable=lambda error: _retryable(error) or isinstance(error, json.JSONDecodeError)
    )


@planted.wrong("04.1", "fault=truncate&fault_rate=0.5&seed=8; expected 3.")
async def two_counters(session, path, attempts):
    refused = lost = 0
    while True:
        try:
            return await _get(session, path)
        except aiohttp.ClientResponseError as error:
            refused += 1
            if error.status not in RETRYABLE or refused == attempts:
                raise
        except LOST:
            lost += 1
            if lost == attempts:
                raise
        await asyncio.sleep(_doubled(refused + lost))


@planted.wrong("04.1", "It made 2 attempts at /status/400,200; expected 1. Attempt 1 got 400, which is not retryable.")
async def on_any_error(session, path, attempts):
    return await _retry(session, path, attempts, retryable=lambda error: isinstance(error, aiohttp.ClientError))


@planted.wrong("04.1", "The server saw no request; expected GET /status/503,500,429,502,200")
async def counts_down_without_a_step(session, path, attempts):
    for left in range(attempts, 0):
        try:
            return await _get(session, path)
        except LOST:
            await asyncio.sleep(_doubled(attempts - left + 1))
    return None


@planted.wrong(
    "04.1", "Its last attempt got 200, and your function raised the ClientResponseError of a 502. Return the JSON"
)
async def raises_the_last_error_after_a_success(session, path, attempts):
    last = None
    for attempt in range(1, attempts + 1):
        try:
            await _get(session, path)
            break
        except Exception as error:
            last = error
            if attempt == attempts or not _retryable(error):
                raise
            await asyncio.sleep(_doubled(attempt))
    raise last


@planted.wrong("04.1", "The URL 'http://[' is invalid, but your function returned None. Raise the InvalidURL.")
async def passes_over_invalid_urls(session, path, attempts):
    try:
        return await _retry(session, path, attempts)
    except aiohttp.InvalidURL:
        return None


@planted.wrong("04.1", "The response to /text is not JSON, but your function returned a str. Raise the error.")
async def text_where_there_is_no_json(session, path, attempts):
    async def document_or_text(session, path):
        async with session.get(path) as response:
            response.raise_for_status()
            try:
                return await response.json()
            except aiohttp.ContentTypeError:
                return await response.text()

    return await _retry(session, path, attempts, get=document_or_text)


@planted.wrong("04.1", "It waited 0.4 s after its last attempt, which got 500. Return or raise at once.")
async def sleeps_after_the_last(session, path, attempts):
    last = None
    for attempt in range(attempts):
        try:
            return await _get(session, path)
        except Exception as error:
            if not _retryable(error):
                raise
            last = error
        await asyncio.sleep(0.1 * 2**attempt)
    raise last


@planted.wrong("04.1", "It waited 0.1 s after its last attempt")
async def sleeps_after_a_success(session, path, attempts):
    try:
        return await _retry(session, path, attempts)
    finally:
        await asyncio.sleep(0.1)


@planted.wrong("04.1", "expected 3. Attempt 3 got 500, and `attempts` was 3.")
async def one_attempt_too_many(session, path, attempts):
    return await _retry(session, path, attempts + 1)


@planted.wrong("04.1", "It made 4 attempts at /status/503,500,429,502,200; expected 5")
async def one_attempt_too_few(session, path, attempts):
    return await _retry(session, path, max(1, attempts - 1))


@planted.wrong("04.1", "expected 3. Attempt 3 got 500, and `attempts` was 3.")
async def always_seven_attempts(session, path, attempts):
    return await _retry(session, path, 7)


@planted.wrong("04.1", "It waited 0 s after attempt 1, which got 503; expected 0.1 s.")
async def no_wait(session, path, attempts):
    return await _retry(session, path, attempts, lambda attempt: 0)


@planted.wrong("04.1", "`time.sleep` blocks the event loop")
async def a_blocking_wait(session, path, attempts):
    def pause(attempt):
        time.sleep(_doubled(attempt))
        return 0

    return await _retry(session, path, attempts, pause)


@planted.wrong("04.1", "It waited 0.1 s after attempt 2, which got 500; expected 0.2 s.")
async def the_same_wait_each_time(session, path, attempts):
    return await _retry(session, path, attempts, lambda attempt: 0.1)


@planted.wrong("04.1", "It waited 0.2 s after attempt 1, which got 503; expected 0.1 s.")
async def the_exponent_counted_from_one(session, path, attempts):
    return await _retry(session, path, attempts, lambda attempt: 0.1 * 2**attempt)


@planted.wrong("04.1", "It waited 0.65 s after attempt 1, which got 503; expected 0.1 s.")
async def a_first_wait_of_two_thirds_of_a_second(session, path, attempts):
    return await _retry(session, path, attempts, lambda attempt: 0.65 if attempt == 1 else _doubled(attempt))


@planted.wrong("04.1", "It waited 0.11 s after attempt 1, which got 503; expected 0.1 s.")
async def a_tenth_longer(session, path, attempts):
    return await _retry(session, path, attempts, lambda attempt: 1.1 * _doubled(attempt))


@planted.wrong("04.1", "It waited 0.1 s before its first attempt. Make the first attempt at once.")
async def sleeps_before_its_first_attempt(session, path, attempts):
    error = None
    for attempt in range(attempts):
        await asyncio.sleep(0.1 * 2**attempt)
        try:
            return await _get(session, path)
        except Exception as failure:
            if not _retryable(failure):
                raise
            error = failure
    raise error


@planted.wrong("04.1", "It waited 0.05 s before its first attempt. Make the first attempt at once.")
async def a_pause_before_the_first_attempt(session, path, attempts):
    await asyncio.sleep(0.05)
    return await _retry(session, path, attempts)


@planted.wrong("04.1", "Attempt 3 got 429, which is retryable.")
async def server_errors_only(session, path, attempts):
    def retryable(error):
        return _retryable(error) and getattr(error, "status", 500) >= 500

    return await _retry(session, path, attempts, retryable=retryable)


@planted.wrong("04.1", "Attempt 1 got 425, which is retryable.")
async def no_too_early(session, path, attempts):
    def retryable(error):
        return _retryable(error) and getattr(error, "status", 500) != 425

    return await _retry(session, path, attempts, retryable=retryable)


@planted.wrong("04.1", "expected 3. Attempt 1 lost its connection, which is retryable.")
async def no_dropped_connection(session, path, attempts):
    def retryable(error):
        return _retryable(error) and not isinstance(error, aiohttp.ClientConnectionError)

    return await _retry(session, path, attempts, retryable=retryable)


@planted.wrong("04.1", "fault=reset&fault_rate=0.8&seed=1316; expected 2. Attempt 1 lost its connection")
async def no_reset_connection(session, path, attempts):
    def retryable(error):
        return _retryable(error) and not isinstance(error, aiohttp.ClientOSError)

    return await _retry(session, path, attempts, retryable=retryable)


@planted.wrong("04.1", "Attempt 1 lost half of its body, which is retryable.")
async def no_broken_body(session, path, attempts):
    def retryable(error):
        return _retryable(error) and not isinstance(error, aiohttp.ClientPayloadError)

    return await _retry(session, path, attempts, retryable=retryable)


@planted.wrong("04.1", "Attempt 1 timed out, which is retryable.")
async def no_timeout(session, path, attempts):
    def retryable(error):
        return _retryable(error) and not isinstance(error, TimeoutError)

    return await _retry(session, path, attempts, retryable=retryable)


@planted.wrong("04.1", "Attempt 1 got 501, which is not retryable.")
async def every_server_error(session, path, attempts):
    def retryable(error):
        return _retryable(error) or getattr(error, "status", 400) >= 500

    return await _retry(session, path, attempts, retryable=retryable)


@planted.wrong("04.1", "Attempt 1 got 402, which is not retryable.")
async def all_but_what_the_table_names(session, path, attempts):
    def retryable(error):
        return getattr(error, "status", 500) not in (400, 401, 403, 404, 422, 501)

    return await _retry(session, path, attempts, retryable=retryable)


@planted.wrong("04.1", "The URL 'http://[' is invalid, but your function waited 0.30 s. Raise InvalidURL at once.")
async def a_bad_url_too(session, path, attempts):
    def retryable(error):
        return _retryable(error) or isinstance(error, aiohttp.InvalidURL)

    return await _retry(session, path, attempts, retryable=retryable)


@planted.wrong("04.1", "and its body is not JSON, which is not retryable")
async def a_wrong_type_too(session, path, attempts):
    def retryable(error):
        return _retryable(error) or isinstance(error, aiohttp.ContentTypeError)

    return await _retry(session, path, attempts, retryable=retryable)


@planted.wrong("04.1", "It returned a str; expected a dict")
async def the_text(session, path, attempts):
    return str(await _retry(session, path, attempts))


@planted.wrong("04.1", "It returned a document other than the one the server sent.")
async def always_the_same_document(session, path, attempts):
    await _retry(session, path, attempts)
    return {"status": 200, "title": "OK"}


@planted.wrong(
    "04.1", "Its last attempt got 500, and your function returned None. Raise the ClientResponseError of that attempt."
)
async def gives_up_in_silence(session, path, attempts):
    for attempt in range(1, attempts + 1):
        try:
            return await _get(session, path)
        except Exception as error:
            if not _retryable(error):
                raise
        if attempt < attempts:
            await asyncio.sleep(_doubled(attempt))
    return None


@planted.wrong("04.1", "Its last attempt got 500, and your function raised the ClientResponseError of a 503.")
async def the_first_error(session, path, attempts):
    errors = []
    for attempt in range(1, attempts + 1):
        try:
            return await _get(session, path)
        except Exception as error:
            errors.append(error)
            if attempt == attempts or not _retryable(error):
                raise errors[0] from None
        await asyncio.sleep(_doubled(attempt))
    return None


@planted.wrong("04.1", "got 400, and your function raised ClientError: gave up. Look at line")
async def an_error_of_its_own(session, path, attempts):
    try:
        return await _retry(session, path, attempts)
    except aiohttp.ClientResponseError as error:
        raise aiohttp.ClientError("gave up") from error


@planted.wrong("04.1", "It raised RuntimeError: No active exception to reraise. A bare `raise` works only inside")
async def a_bare_raise_after_the_clause(session, path, attempts):
    for attempt in range(1, attempts + 1):
        try:
            return await _get(session, path)
        except Exception as error:
            if not _retryable(error):
                raise
        if attempt < attempts:
            await asyncio.sleep(_doubled(attempt))
    raise


@planted.wrong("04.1", "With `reraise=True`, tenacity raises the error of the last attempt. Look at line")
async def tenacity_without_reraise(session, path, attempts):
    stop, wait = tenacity.stop_after_attempt(attempts), tenacity.wait_exponential(multiplier=0.1)
    retry = tenacity.AsyncRetrying(retry=tenacity.retry_if_exception(_retryable), stop=stop, wait=wait)
    return await retry(_get, session, path)


@planted.wrong("04.1", "expected 3. Attempt 1 lost its connection, which is retryable.")
async def statuses_only(session, path, attempts):
    for attempt in range(1, attempts + 1):
        async with session.get(path) as response:
            if response.status not in RETRYABLE or attempt == attempts:
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(_doubled(attempt))
    return None


@planted.wrong(
    "04.1", "Python deletes the name. A variable of an enclosing function must be declared `nonlocal`. Look at line"
)
async def error_after_the_clause(session, path, attempts):
    for attempt in range(1, attempts + 1):
        try:
            return await _get(session, path)
        except Exception as error:
            if not _retryable(error):
                raise
        if attempt < attempts:
            await asyncio.sleep(_doubled(attempt))
    raise error  # noqa: F821


@planted.wrong("04.1", "It waited 10 s after attempt 8, which got 503; expected 12.8 s.")
async def a_cap_of_ten_seconds(session, path, attempts):
    return await _retry(session, path, attempts, lambda attempt: min(10, _doubled(attempt)))


def _or(*statuses):
    return lambda error: _retryable(error) or getattr(error, "status", None) in statuses


@planted.wrong("04.1", "Attempt 1 got 520, which is not retryable.")
async def the_statuses_of_a_proxy(session, path, attempts):
    return await _retry(session, path, attempts, retryable=_or(520, 521, 522, 523, 524))


@planted.wrong("04.1", "Attempt 1 got 413, which is not retryable.")
async def a_413_too(session, path, attempts):
    return await _retry(session, path, attempts, retryable=_or(413))


@planted.wrong(
    "04.1", "raised ClientConnectionError: Connection closed. Read the body inside the response's `async with`"
)
async def the_body_after_the_block(session, path, attempts):
    async def get(session, path):
        async with session.get(path) as response:
            response.raise_for_status()
        return await response.json()

    return await _retry(session, path, attempts, get=get)


@planted.wrong(
    "04.1", "It gave up on attempt 2 at /status/503,201?latency=0.99 after 0.91 s, before the response came."
)
async def two_seconds_for_the_whole_call(session, path, attempts):
    async with asyncio.timeout(2):
        return await _retry(session, path, attempts)


async def _retry_and_rename(session, path, attempts, kind):
    try:
        return await _retry(session, path, attempts)
    except kind:
        raise kind("gave up") from None


@planted.wrong("04.1", "ClientConnectionError: gave up. Look at line")
async def a_new_connection_error(session, path, attempts):
    return await _retry_and_rename(session, path, attempts, aiohttp.ClientConnectionError)


@planted.wrong("04.1", "Raise the ClientPayloadError of that attempt as it is.")
async def a_new_payload_error(session, path, attempts):
    return await _retry_and_rename(session, path, attempts, aiohttp.ClientPayloadError)


@planted.wrong("04.1", "Its last attempt timed out, and your function raised TimeoutError: gave up. Look at line")
async def a_new_timeout_error(session, path, attempts):
    return await _retry_and_rename(session, path, attempts, TimeoutError)


@planted.wrong("04.1", "It used `session` 0 times for 5 requests. Send every request with `session`.")
async def a_session_of_its_own(session, path, attempts):
    async with aiohttp.ClientSession(session._base_url) as own:
        return await _retry(own, path, attempts)


@planted.wrong("04.1", "It closed `session`, which its caller may still need. Use it without `async with`.")
async def closes_its_callers_session(session, path, attempts):
    async with session:
        return await _retry(session, path, attempts)


@planted.wrong("04.1", "It closed `session`, which its caller may still need. Use it without `async with`.")
async def closes_its_callers_session_after_a_failure(session, path, attempts):
    try:
        return await _retry(session, path, attempts)
    except aiohttp.ClientResponseError:
        await session.close()
        raise


@planted.wrong("04.1", "at /status/503,201?latency=0.99; expected 2. Attempt 2 got 201, which is successful.")
async def only_a_200_is_a_success(session, path, attempts):
    for attempt in range(1, attempts + 1):
        try:
            async with session.get(path) as response:
                if response.status == 200:
                    return await response.json()
                if response.status not in RETRYABLE or attempt == attempts:
                    response.raise_for_status()
        except LOST:
            if attempt == attempts:
                raise
        await asyncio.sleep(_doubled(attempt))
    return None


@planted.right("04.1")
async def raises_the_cause_of_an_error_of_its_own(session, path, attempts):
    async def get(session, path):
        try:
            return await _get(session, path)
        except Exception as error:
            raise RuntimeError from error

    for attempt in range(1, attempts + 1):
        try:
            return await get(session, path)
        except RuntimeError as error:
            last = error.__cause__
            if attempt == attempts or not _retryable(last):
                raise last from None
        await asyncio.sleep(_doubled(attempt))
    return None


@planted.right("04.1")
async def a_task_for_each_attempt(session, path, attempts):
    async def get(session, path):
        task = asyncio.create_task(_get(session, path))
        await asyncio.wait([task])
        if error := task.exception():
            raise error
        return task.result()

    return await _retry(session, path, attempts, get=get)


@planted.right("04.1")
async def statuses_by_a_middleware_of_its_own(session, path, attempts):
    async def raise_it(request, send):
        response = await send(request)
        response.raise_for_status()
        return response

    async def get(session, path):
        async with session.get(path, middlewares=[raise_it]) as response:
            return await response.json()

    return await _retry(session, path, attempts, get=get)


@planted.right("04.1")
async def tenacity_with_reraise(session, path, attempts):
    stop, wait = tenacity.stop_after_attempt(attempts), tenacity.wait_exponential(multiplier=0.1)
    retry = tenacity.AsyncRetrying(retry=tenacity.retry_if_exception(_retryable), stop=stop, wait=wait, reraise=True)
    return await retry(_get, session, path)


@planted.right("04.1")
async def stamina_without_jitter(session, path, attempts):
    waits = {"wait_initial": 0.1, "wait_max": 1000, "wait_jitter": 0, "timeout": None}
    async for attempt in stamina.retry_context(on=_retryable, attempts=attempts, **waits):
        with attempt:
            return await _get(session, path)
    return None


@planted.right("04.1")
async def by_recursion(session, path, attempts, wait=0.1):
    try:
        return await _get(session, path)
    except Exception as error:
        if attempts == 1 or not _retryable(error):
            raise
    await asyncio.sleep(wait)
    return await by_recursion(session, path, attempts - 1, 2 * wait)


@planted.right("04.1")
async def the_last_error_after_the_loop(session, path, attempts):
    last = None
    for attempt in range(attempts):
        if attempt:
            await asyncio.sleep(0.1 * 2 ** (attempt - 1))
        try:
            return await _get(session, path)
        except (aiohttp.ClientError, TimeoutError) as error:
            if not _retryable(error):
                raise
            last = error
    raise last


@planted.right("04.1")
async def json_by_hand(session, path, attempts):
    async def get(session, path):
        response = await session.request("GET", path, raise_for_status=True)
        async with response:
            return json.loads(await response.text())

    return await _retry(session, path, attempts, get=get)


class Fetch:
    """A callable object in place of a function."""

    def __init__(self, name, waits):
        self.__name__, self.waits = name, waits

    async def __call__(self, session, path, attempts):
        """Fetch as a coroutine function would."""
        return await _retry(session, path, attempts, lambda attempt: self.waits[attempt - 1])


planted.right("04.1")(Fetch("a_callable_object", [0.1 * 2**number for number in range(20)]))


async def _with_waits(session, path, wait):
    for attempt in range(1, 6):
        async with session.get(path) as response:
            if response.ok or attempt == 5:
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(wait(attempt))
    return None


@planted.wrong("04.2", "`rng.uniform` was never called")
async def no_jitter(session, path, base, cap, rng):
    return await _with_waits(session, path, lambda n: min(cap, base * 2 ** (n - 1)))


@planted.wrong("04.2", "Draw 1 was from 0 to 0.15 s; full jitter draws from 0 to 0.3 s.")
async def equal_jitter(session, path, base, cap, rng):
    def wait(attempt):
        half = min(cap, base * 2 ** (attempt - 1)) / 2
        return half + rng.uniform(0, half)

    return await _with_waits(session, path, wait)


@planted.wrong(
    "04.2", "It waited 0.553 s after attempt 1, which got 503; expected 0.253 s. Each wait is one draw, in order"
)
async def jitter_on_top(session, path, base, cap, rng):
    def wait(attempt):
        ceiling = min(cap, base * 2 ** (attempt - 1))
        return ceiling + rng.uniform(0, ceiling)

    return await _with_waits(session, path, wait)


@planted.wrong("04.2", "It waited 0.3 s after attempt 1, which got 503; expected 0.253 s.")
async def drawn_and_thrown_away(session, path, base, cap, rng):
    def wait(attempt):
        ceiling = min(cap, base * 2 ** (attempt - 1))
        rng.uniform(0, ceiling)
        return ceiling

    return await _with_waits(session, path, wait)


@planted.wrong("04.2", "Draw 2 was from 0 to 0.3 s; full jitter draws from 0 to 0.6 s.")
async def never_doubles(session, path, base, cap, rng):
    return await _with_waits(session, path, lambda n: rng.uniform(0, min(cap, base)))


@planted.wrong("04.2", "Draw 3 was from 0 to 3 s; full jitter draws from 0 to 4 s.")
async def base_times_the_number(session, path, base, cap, rng):
    return await _with_waits(session, path, lambda n: rng.uniform(0, min(cap, base * n)))


@planted.wrong("04.2", "Draw 3 was from 0 to 1.2 s; full jitter draws from 0 to 0.9 s.")
async def no_cap(session, path, base, cap, rng):
    return await _with_waits(session, path, lambda n: rng.uniform(0, base * 2 ** (n - 1)))


@planted.wrong("04.2", "Draw 1 was from 0.01 to 0.3 s; full jitter draws from 0 to 0.3 s.")
async def never_quite_at_once(session, path, base, cap, rng):
    return await _with_waits(session, path, lambda n: rng.uniform(0.01, min(cap, base * 2 ** (n - 1))))


@planted.wrong("04.2", "`rng.uniform` was never called")
async def the_same_seed_for_all(session, path, base, cap, rng):
    own = random.Random(7)
    return await _with_waits(session, path, lambda n: own.uniform(0, min(cap, base * 2 ** (n - 1))))


@planted.wrong("04.2", "All clients drew the same waits. Each `rng` is already seeded.")
async def seeded_again(session, path, base, cap, rng):
    rng.seed(42)
    return await _with_waits(session, path, lambda n: rng.uniform(0, min(cap, base * 2 ** (n - 1))))


@planted.wrong("04.2", "It waited 0.127 s after attempt 1, which got 503; expected 0.253 s.")
async def drawn_and_halved(session, path, base, cap, rng):
    return await _with_waits(session, path, lambda n: rng.uniform(0, min(cap, base * 2 ** (n - 1))) / 2)


@planted.wrong("04.2", "It drew 1 wait, but it waited 3 times. Draw each wait.")
async def one_draw_for_all_waits(session, path, base, cap, rng):
    drawn = rng.uniform(0, base)
    return await _with_waits(session, path, lambda n: min(cap, drawn * 2 ** (n - 1)))


@planted.wrong("04.2", "Draw 1 was from 0.3 to 0.9 s; full jitter draws from 0 to 0.3 s.")
async def decorrelated(session, path, base, cap, rng):
    wait = base

    def next_wait(attempt):
        nonlocal wait
        wait = min(cap, rng.uniform(base, 3 * wait))
        return wait

    return await _with_waits(session, path, next_wait)


@planted.wrong("04.2", "Attempt 5 got 504, and it may make five attempts.")
async def retries_for_ever(session, path, base, cap, rng):
    failures = 0
    while True:
        try:
            return await _get(session, path)
        except aiohttp.ClientResponseError:
            failures += 1
        await asyncio.sleep(rng.uniform(0, min(cap, base * 2 ** (failures - 1))))


async def _up_to(attempts, session, path, base, cap, rng):
    for failure in range(1, attempts + 1):
        async with session.get(path) as response:
            if response.ok or failure == attempts:
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(rng.uniform(0, min(cap, base * 2 ** (failure - 1))))
    return None


@planted.wrong("04.2", "It made 1 attempt at /status/503,503,503,200; expected 4.")
async def a_single_attempt(session, path, base, cap, rng):
    return await _up_to(1, session, path, base, cap, rng)


@planted.wrong(
    "04.2", "It made 3 attempts at /status/503,503,503,200; expected 4. Attempt 3 got 503, which is retryable."
)
async def three_attempts(session, path, base, cap, rng):
    return await _up_to(3, session, path, base, cap, rng)


@planted.wrong("04.2", "It made 4 attempts at /status/500,502,503,429,504,503,200; expected 5.")
async def four_attempts(session, path, base, cap, rng):
    return await _up_to(4, session, path, base, cap, rng)


@planted.wrong(
    "04.2", "Its last attempt got 504, and your function returned None. Raise the ClientResponseError of that attempt."
)
async def five_attempts_and_no_word(session, path, base, cap, rng):
    for failure in range(1, 6):
        async with session.get(path) as response:
            if response.ok:
                return await response.json()
        if failure < 5:
            await asyncio.sleep(rng.uniform(0, min(cap, base * 2 ** (failure - 1))))
    return None


@planted.wrong("04.2", "s after its last attempt, which got 504. Return or raise at once.")
async def waits_before_it_gives_up(session, path, base, cap, rng):
    for failure in range(1, 6):
        try:
            return await _get(session, path)
        except aiohttp.ClientResponseError as error:
            last = error
        await asyncio.sleep(rng.uniform(0, min(cap, base * 2 ** (failure - 1))))
    raise last


@planted.wrong("04.2", "before its first attempt. Make the first attempt at once.")
async def a_draw_before_the_first_attempt(session, path, base, cap, rng):
    for failure in range(5):
        await asyncio.sleep(rng.uniform(0, min(cap, base * 2**failure)))
        async with session.get(path) as response:
            if response.ok or failure == 4:
                response.raise_for_status()
                return await response.json()
    return None


@planted.wrong("04.2", "It waited 0.05 s before its first attempt. Make the first attempt at once.")
async def a_pause_before_the_first_attempt_of_five(session, path, base, cap, rng):
    await asyncio.sleep(0.05)
    return await _with_waits(session, path, lambda n: rng.uniform(0, min(cap, base * 2 ** (n - 1))))


@planted.right("04.2")
async def drawn_before_the_loop(session, path, base, cap, rng):
    waits = [rng.uniform(0, min(cap, base * 2**failures)) for failures in range(4)]
    return await _with_waits(session, path, lambda n: waits[n - 1])


@planted.right("04.2")
async def drawn_before_it_is_known_whether_to_wait(session, path, base, cap, rng):
    for failure in range(1, 6):
        try:
            return await _get(session, path)
        except aiohttp.ClientResponseError:
            wait = rng.uniform(0, min(cap, base * 2 ** (failure - 1)))
            if failure == 5:
                raise
        await asyncio.sleep(wait)
    return None


@planted.right("04.2")
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


sleepers = ThreadPoolExecutor(64)


@planted.right("04.2")
async def waits_in_threads(session, path, base, cap, rng):
    for failure in range(1, 6):
        async with session.get(path) as response:
            if response.ok or failure == 5:
                response.raise_for_status()
                return await response.json()
        wait = rng.uniform(0, min(cap, base * 2 ** (failure - 1)))
        await asyncio.get_running_loop().run_in_executor(sleepers, time.sleep, wait)
    return None


@planted.right("04.2")
async def draws_by_tenacity(session, path, base, cap, rng):
    def wait(state):
        return rng.uniform(a=0.0, b=min(cap, base * 2 ** (state.attempt_number - 1)))

    retry = tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception(_retryable), stop=tenacity.stop_after_attempt(5), wait=wait, reraise=True
    )
    return await retry(_get, session, path)


planted.extend(planted_headers)


@planted.wrong("04.1", "It gave up on attempt 1 at /status/503,201?latency=0.99 after 0.1 s, before the response came.")
async def a_tenth_of_a_second_for_each_attempt(session, path, attempts):
    async def get(session, path):
        async with asyncio.timeout(0.1):
            return await _get(session, path)

    return await _retry(session, path, attempts, get=get)


async def _retry_with_a_timeout(session, path, attempts, **limits):
    async def get(session, path):
        async with session.get(path, timeout=aiohttp.ClientTimeout(**limits), raise_for_status=True) as response:
            return await response.json()

    return await _retry(session, path, attempts, get=get)


@planted.wrong("04.1", "Attempt 1 at /fault/hang took 1 s. The session has a timeout of 100 s: set no other.")
async def a_second_for_each_attempt(session, path, attempts):
    async def get(session, path):
        async with asyncio.timeout(1):
            return await _get(session, path)

    return await _retry(session, path, attempts, get=get)


REPLACED = "The session has a timeout of 0.4 s: set no other."


@planted.wrong("04.1", REPLACED)
async def a_minute_for_each_attempt(session, path, attempts):
    return await _retry_with_a_timeout(session, path, attempts, total=60)


@planted.wrong("04.1", f"Attempt 1 at /fault/hang took 1 s. {REPLACED}")
async def a_second_in_place_of_the_sessions_timeout(session, path, attempts):
    return await _retry_with_a_timeout(session, path, attempts, total=1)


@planted.wrong("04.1", REPLACED)
async def two_seconds_for_each_read(session, path, attempts):
    return await _retry_with_a_timeout(session, path, attempts, sock_read=2)


@planted.wrong("04.1", REPLACED)
async def changes_the_sessions_timeout(session, path, attempts):
    session._timeout = aiohttp.ClientTimeout(total=10)
    return await _retry(session, path, attempts)


@planted.wrong("04.1", "Its last attempt got 300, and your function raised the ClientResponseError of a 300.")
async def successes_below_300(session, path, attempts):
    async def get(session, path):
        async with session.get(path) as response:
            if response.status < 300:
                return await response.json()
            raise aiohttp.ClientResponseError(response.request_info, (), status=response.status)

    return await _retry(session, path, attempts, get=get)


@planted.wrong("04.1", "It waited 0.1 s after attempt 2, which lost half of its body; expected 0.2 s.")
async def a_backoff_for_each_kind_of_failure(session, path, attempts):
    waits = {}
    for attempt in range(1, attempts + 1):
        try:
            return await _get(session, path)
        except Exception as error:
            if attempt == attempts or not _retryable(error):
                raise
            kind = isinstance(error, aiohttp.ClientResponseError)
        waits[kind] = 2 * waits.get(kind, 0.05)
        await asyncio.sleep(waits[kind])
    return None


@planted.right("04.2")
async def a_second_for_each_attempt_with_jitter(session, path, base, cap, rng):
    for failures in range(5):
        async with asyncio.timeout(1), session.get(path) as response:
            if response.ok or failures == 4:
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(rng.uniform(0, min(cap, base * 2**failures)))
    return None


async def _until(is_last, session, path, base, cap, rng):
    for failures in range(5):
        async with session.get(path) as response:
            if is_last(response.status) or failures == 4:
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(rng.uniform(0, min(cap, base * 2**failures)))
    return None


@planted.wrong("04.2", "expected 4. Attempt 4 got 201, which is successful.")
async def until_a_200(session, path, base, cap, rng):
    return await _until(lambda status: status == 200, session, path, base, cap, rng)


@planted.wrong("04.2", "It made 1 attempt at /status/504,408,425,201; expected 4.")
async def a_few_retryable_statuses(session, path, base, cap, rng):
    return await _until(lambda status: status not in (429, 500, 502, 503), session, path, base, cap, rng)


@planted.wrong("04.1", "The server saw no request; expected GET /status/503,503,503,200?fault")
async def documents_that_are_kept(session, path, attempts, *, kept={}):  # noqa: B006 - the mistake
    if path not in kept:
        kept[path] = await _retry(session, path, attempts)
    return kept[path]


RETURNED = "It returned an exception. Raise it."


@planted.wrong("04.1", RETURNED)
async def returns_the_last_error(session, path, attempts):
    try:
        return await _retry(session, path, attempts)
    except Exception as error:
        return error


@planted.wrong("04.2", RETURNED)
async def returns_the_fifth_error(session, path, base, cap, rng):
    try:
        return await _with_waits(session, path, lambda n: rng.uniform(0, min(cap, base * 2 ** (n - 1))))
    except aiohttp.ClientResponseError as error:
        return error


@planted.wrong("04.1", "A path needs a session that knows the server's URL. Look at line")
async def a_session_without_the_servers_url(session, path, attempts):
    async with aiohttp.ClientSession() as own:
        return await _retry(own, path, attempts)


@planted.wrong("04.2", "It raised JSONDecodeError: ")
async def the_path_read_as_json(session, path, base, cap, rng):
    return json.loads(path)


@planted.wrong("04.1", "It waited 60 s after attempt 11, which got 503; expected 102.4 s.")
async def a_cap_of_a_minute(session, path, attempts):
    return await _retry(session, path, attempts, lambda attempt: min(60, _doubled(attempt)))


@planted.wrong("04.1", "It waited 2 s after attempt 1, which got 503; expected 0.1 s.")
async def follows_retry_after(session, path, attempts):
    asked = None

    async def get(session, path):
        nonlocal asked
        async with session.get(path) as response:
            asked = response.headers.get("Retry-After")
            response.raise_for_status()
            return await response.json()

    return await _retry(session, path, attempts, lambda attempt: float(asked or _doubled(attempt)), get=get)


@planted.wrong("04.1", "Attempt 2 got 200, which is successful.")
async def an_empty_document_taken_for_a_failure(session, path, attempts):
    for attempt in range(1, attempts + 1):
        try:
            if document := await _get(session, path):
                return document
        except Exception as error:
            if attempt == attempts or not _retryable(error):
                raise
        await asyncio.sleep(_doubled(attempt))
    return None


@planted.wrong("04.2", "Attempt 2 got 200, which is successful.")
async def an_empty_document_taken_for_a_failure_with_jitter(session, path, base, cap, rng):
    for failures in range(5):
        async with session.get(path) as response:
            if failures == 4:
                response.raise_for_status()
            if response.ok and (document := await response.json()):
                return document
        await asyncio.sleep(rng.uniform(0, min(cap, base * 2**failures)))
    return None


@planted.wrong("04.2", "Draw 4 was from 0 to 20 s; full jitter draws from 0 to 40 s.")
async def four_times_the_base_at_most(session, path, base, cap, rng):
    return await _with_waits(session, path, lambda n: rng.uniform(0, min(cap, base * 2 ** min(n - 1, 2))))


@planted.wrong("04.2", "It made 5 attempts at /status/503,300; expected 2. Attempt 2 got 300, which is successful.")
async def successes_below_300_with_jitter(session, path, base, cap, rng):
    for failures in range(5):
        async with session.get(path) as response:
            if 200 <= response.status < 300:
                return await response.json()
            if failures == 4:
                response.raise_for_status()
        if failures < 4:
            await asyncio.sleep(rng.uniform(0, min(cap, base * 2**failures)))
    return None


@planted.wrong("04.2", "`rng.uniform` was never called: draw each wait with it.")
async def draws_from_a_copy(session, path, base, cap, rng):
    own = copy.copy(rng)
    return await _with_waits(session, path, lambda n: own.uniform(0, min(cap, base * 2 ** (n - 1))))


@planted.wrong("04.2", "It waited 2 s after attempt 1, which got 429; expected 4.541 s.")
async def two_seconds_at_most(session, path, base, cap, rng):
    return await _with_waits(session, path, lambda n: min(2, rng.uniform(0, min(cap, base * 2 ** (n - 1)))))


SHARED = "30 calls overlapped. Do they share anything but `session`?"
SLOTS, WAITS = asyncio.Semaphore(10), []


@planted.wrong("04.2", f"Each wait is one draw, in order, and nothing is added. {SHARED}")
async def the_waits_of_all_calls_in_one_list(session, path, base, cap, rng):
    WAITS.clear()
    WAITS.extend(rng.uniform(0, min(cap, base * 2**failures)) for failures in range(4))
    return await _with_waits(session, path, lambda n: WAITS[n - 1])


@planted.wrong("04.2", f"before its first attempt. Make the first attempt at once. {SHARED}")
async def ten_requests_at_a_time(session, path, base, cap, rng):
    for failures in range(5):
        async with SLOTS, session.get(path) as response:
            if response.ok or failures == 4:
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(rng.uniform(0, min(cap, base * 2**failures)))
    return None


@planted.wrong("04.1", "Attempt 1 at /fault/hang took 5 s. The session has a timeout of 100 s: set no other.")
async def waits_five_seconds_for_each_attempt(session, path, attempts):
    async def get(session, path):
        return await asyncio.wait_for(_get(session, path), 5)

    return await _retry(session, path, attempts, get=get)


WAIT = {"seconds": 0.1}


@planted.wrong(
    "04.1",
    "The first call was right; this is a later one. It waited 1.6 s after attempt 1, which got 408; expected 0.1 s.",
)
async def a_wait_kept_between_calls(session, path, attempts):
    def pause(attempt):
        WAIT["seconds"] *= 2
        return WAIT["seconds"] / 2

    return await _retry(session, path, attempts, pause)


@planted.wrong("04.1", "It made 1 attempt at /status/503,500,429,502,200; expected 5. Attempt 1 got 503, which is")
async def an_error_that_nobody_catches(session, path, attempts):
    async with session.get(path) as response:
        if response.status in RETRYABLE:
            raise RuntimeError("try again")
        response.raise_for_status()
        return await response.json()


GAVE_UP = "RuntimeError: gave up after {} attempts. Look at line"
OF_THAT_ATTEMPT = "Raise the ClientResponseError of that attempt."


@planted.wrong("04.1", f"Its last attempt got 500, and your function raised {GAVE_UP.format(3)}")
async def a_runtime_error_after_the_last_attempt(session, path, attempts):
    for attempt in range(1, attempts + 1):
        try:
            return await _get(session, path)
        except Exception as error:
            if not _retryable(error):
                raise
            if attempt == attempts:
                raise RuntimeError(f"gave up after {attempts} attempts") from error
        await asyncio.sleep(_doubled(attempt))
    return None


@planted.wrong("04.2", f"""raise RuntimeError("gave up after 5 attempts")`. {OF_THAT_ATTEMPT}""")
async def a_runtime_error_after_five_failures(session, path, base, cap, rng):
    for failures in range(5):
        async with session.get(path) as response:
            if response.ok:
                return await response.json()
        if failures < 4:
            await asyncio.sleep(rng.uniform(0, min(cap, base * 2**failures)))
    raise RuntimeError("gave up after 5 attempts")


@planted.wrong(
    "04.1", "An ExceptionGroup, such as a TaskGroup raises, wraps the error: raise the ClientResponseError itself."
)
async def a_task_group_for_each_attempt(session, path, attempts):
    async def get(session, path):
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(_get(session, path))
        return task.result()

    return await _retry(session, path, attempts, get=get)


@planted.wrong("04.1", "is not JSON, but your function returned None. Raise the error.")
async def nothing_for_malformed_json(session, path, attempts):
    try:
        return await _retry(session, path, attempts)
    except json.JSONDecodeError:
        return None


@planted.wrong("04.1", "The response to /text is not JSON, but your function raised ValueError. Raise the error.")
async def a_value_error_for_a_wrong_type(session, path, attempts):
    try:
        return await _retry(session, path, attempts)
    except aiohttp.ContentTypeError as error:
        raise ValueError(f"{path} is not JSON") from error


@planted.wrong("04.1", "Two lookups of the server's name failed, and your function raised ClientConnectorDNSError.")
async def a_server_that_is_not_there(session, path, attempts):
    def retryable(error):
        return _retryable(error) and not isinstance(error, aiohttp.ClientConnectorError)

    return await _retry(session, path, attempts, retryable=retryable)


@planted.wrong("04.1", "Raise the ClientPayloadError of that attempt as it is.")
async def a_status_before_a_lost_connection(session, path, attempts):
    status = lost = None
    for attempt in range(attempts):
        if attempt:
            await asyncio.sleep(_doubled(attempt))
        try:
            async with session.get(path) as response:
                if response.status not in RETRYABLE:
                    response.raise_for_status()
                    return await response.json()
                status = response
        except LOST as error:
            lost = error
    if status is not None:
        status.raise_for_status()
    raise lost


@planted.wrong("04.2", "It waited 4 s after attempt 1, which got 503; expected")
async def retry_after_before_a_draw(session, path, base, cap, rng):
    for failure in range(5):
        async with session.get(path) as response:
            if response.ok or failure == 4:
                response.raise_for_status()
                return await response.json()
            asked = float(response.headers.get("Retry-After", 0))
        await asyncio.sleep(max(asked, rng.uniform(0, min(cap, base * 2**failure))))
    return None


@planted.wrong("04.2", "Its last attempt got 504, and your function raised the ClientResponseError of a 500.")
async def the_first_of_five_errors(session, path, base, cap, rng):
    first = None
    for failure in range(5):
        try:
            return await _get(session, path)
        except aiohttp.ClientResponseError as error:
            first = first or error
        if failure < 4:
            await asyncio.sleep(rng.uniform(0, min(cap, base * 2**failure)))
    raise first


@planted.wrong("04.1", "The body of the error response was HTML. It made 1 attempt")
async def a_body_before_its_status(session, path, attempts):
    async def get(session, path):
        async with session.get(path) as response:
            document = json.loads(await response.text())
            response.raise_for_status()
            return document

    return await _retry(session, path, attempts, get=get)


@planted.wrong("04.1", "object has no attribute 'status'. Only a ClientResponseError has a status.")
async def a_status_of_every_error(session, path, attempts):
    return await _retry(session, path, attempts, retryable=lambda error: error.status in RETRYABLE)


@planted.wrong("04.2", "The body of the error response was HTML. It made 1 attempt")
async def a_document_before_its_status(session, path, base, cap, rng):
    for failure in range(5):
        async with session.get(path) as response:
            document = await response.json()
            if response.ok:
                return document
            if failure == 4:
                response.raise_for_status()
        await asyncio.sleep(rng.uniform(0, min(cap, base * 2**failure)))
    return None


@planted.wrong("04.2", "Draw 1 was from 0 to 0.5 s; full jitter draws from 0 to 0 s.")
async def no_cap_for_a_cap_of_zero(session, path, base, cap, rng):
    for failure in range(5):
        try:
            return await _get(session, path)
        except aiohttp.ClientResponseError:
            if failure == 4:
                raise
        ceiling = base * 2**failure
        await asyncio.sleep(rng.uniform(0, min(cap, ceiling) if cap else ceiling))
    return None


@planted.wrong("04.1", "It waited 0 s after attempt 1, which lost its connection; expected 0.1 s.")
async def waits_after_a_status_only(session, path, attempts):
    for attempt in range(1, attempts + 1):
        try:
            return await _get(session, path)
        except Exception as error:
            if attempt == attempts or not _retryable(error):
                raise
            await asyncio.sleep(_doubled(attempt) if isinstance(error, aiohttp.ClientResponseError) else 0)
    return None


FAILURES = Counter()
AGAIN = "An earlier call with this path was right: does a count, a wait or a document remain from it?"


@planted.wrong("04.1", AGAIN)
async def a_count_kept_after_the_last_attempt(session, path, attempts):
    try:
        document = await _get(session, path)
    except Exception as error:
        FAILURES[path] += 1
        if FAILURES[path] >= attempts or not _retryable(error):
            raise
    else:
        FAILURES.pop(path, None)
        return document
    await asyncio.sleep(_doubled(FAILURES[path]))
    return await a_count_kept_after_the_last_attempt(session, path, attempts)


FAILURES_WITH_JITTER = Counter()


@planted.wrong("04.2", AGAIN)
async def a_count_for_each_path(session, path, base, cap, rng):
    while True:
        async with session.get(path) as response:
            if response.ok:
                return await response.json()
            FAILURES_WITH_JITTER[path] += 1
            if FAILURES_WITH_JITTER[path] == 5:
                response.raise_for_status()
        await asyncio.sleep(rng.uniform(0, min(cap, base * 2 ** (FAILURES_WITH_JITTER[path] - 1))))


DOCUMENTS = {}


@planted.wrong("04.2", AGAIN)
async def documents_kept_between_calls(session, path, base, cap, rng):
    if path not in DOCUMENTS:
        DOCUMENTS[path] = await _up_to(5, session, path, base, cap, rng)
    return DOCUMENTS[path]


@lru_cache
def _drawn(failure, base, cap, rng):
    return rng.uniform(0, min(cap, base * 2 ** (failure - 1)))


@planted.wrong("04.2", AGAIN)
async def draws_kept_for_a_generator(session, path, base, cap, rng):
    return await _with_waits(session, path, lambda n: _drawn(n, base, cap, rng))


@planted.wrong("04.2", "A value is None: a missing header gives None, and so does a function without `return`.")
async def a_draw_without_return(session, path, base, cap, rng):
    def wait_after(failure):
        rng.uniform(0, min(cap, base * 2 ** (failure - 1)))

    return await _with_waits(session, path, wait_after)


@planted.wrong("04.2", "The last attempt raised nothing: let `response.raise_for_status()` raise in each attempt.")
async def retried_for_its_result(session, path, base, cap, rng):
    async def attempt():
        async with session.get(path) as response:
            return response.ok and await response.json()

    return await tenacity.AsyncRetrying(
        retry=tenacity.retry_if_not_result(bool),
        stop=tenacity.stop_after_attempt(5),
        wait=lambda state: rng.uniform(0, min(cap, base * 2 ** (state.attempt_number - 1))),
        reraise=True,
    )(attempt)


@planted.wrong("04.1", "s after its last attempt, which got 200. Return or raise at once.")
async def a_document_that_is_not_returned(session, path, attempts):
    for attempt in range(1, attempts + 1):
        try:
            await _get(session, path)
        except Exception as error:
            if attempt == attempts or not _retryable(error):
                raise
        await asyncio.sleep(_doubled(attempt))
