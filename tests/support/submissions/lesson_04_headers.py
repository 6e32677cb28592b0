"""Planted submissions to exercises 04.3 and 04.4, about Retry-After and Idempotency-Key."""

import asyncio
import calendar
import itertools
import json
import math
import random
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import mktime_tz, parsedate, parsedate_to_datetime, parsedate_tz
from functools import partial

import aiohttp
import tenacity

from ..submissions import Planted

planted = Planted()

MIXED = (
    "Not every call returned the item that it had made. "
    "4 calls overlapped: keep what belongs to a call, such as its key, in local variables."
)

HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"


async def _politely(session, path, patience, read, statuses=(429, 503), attempts=3):
    for attempt in range(1, attempts + 1):
        async with session.get(path) as response:
            header = response.headers.get("Retry-After")
            wait = read(header)
            if response.status not in statuses or attempt == attempts or (header and wait > patience):
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(wait)
    return None


def _read(header, date=lambda text: (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()):
    if header is None:
        return 0.1
    return float(header) if header.isdigit() else date(header)


@planted.wrong("04.3", "/status/503,200?retry_after=1")
async def no_patience_is_no_limit(session, path, patience):
    return await _politely(session, path, patience or math.inf, _read)


@planted.wrong("04.3", "A timedelta is no number: convert it with `.total_seconds()`.")
async def a_timedelta_for_seconds(session, path, patience):
    def until(text):
        return parsedate_to_datetime(text) - datetime.now(UTC)

    return await _politely(session, path, patience, lambda header: _read(header, until))


@planted.wrong("04.3", "ValueError: could not convert string to float: 'GMT'. Retry-After may be a date")
async def seconds_only(session, path, patience):
    return await _politely(session, path, patience, lambda header: float(header or 0.1))


@planted.wrong("04.3", "Retry-After may be a number of seconds. Look at line")
async def dates_only(session, path, patience):
    def read(header):
        return 0.1 if header is None else (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()

    return await _politely(session, path, patience, read)


@planted.wrong(
    "04.3", "A value is None: a missing header gives None, and so does a function without `return`. Look at line"
)
async def always_a_header(session, path, patience):
    return await _politely(session, path, patience, lambda header: float(header))


@planted.wrong("04.3", "One side is a string, as every header is: convert it with `float(...)`. Look at line")
async def the_header_as_it_is(session, path, patience):
    return await _politely(session, path, patience, lambda header: header or 0.1)


@planted.wrong(
    "04.3", "It waited 0.1 s after attempt 1, which got 503; expected 1.33 s. Retry-After was a date, in UTC."
)
async def dates_passed_over(session, path, patience):
    return await _politely(session, path, patience, partial(_read, date=lambda text: 0.1))


@planted.wrong("04.3", "It waited 0.1 s after attempt 1, which got 429; expected 2 s. Retry-After was 2.")
async def header_not_read(session, path, patience):
    return await _politely(session, path, patience, lambda header: 0.1)


@planted.wrong("04.3", "It waited 4 s after attempt 1, which got 429; expected 2 s. Retry-After was 2.")
async def waits_twice_as_long(session, path, patience):
    def read(header):
        return _read(header) * (2 if header else 1)

    return await _politely(session, path, patience + 10, read)


@planted.wrong("04.3", "It waited 2.5 s after attempt 1, which got 429; expected 2 s. Retry-After was 2.")
async def half_a_second_on_top(session, path, patience):
    return await _politely(session, path, patience, lambda header: _read(header) + (0.5 if header else 0))


@planted.wrong("04.3", "It waited 1.9 s after attempt 1, which got 429; expected 2 s. Retry-After was 2.")
async def a_tenth_too_soon(session, path, patience):
    return await _politely(session, path, patience, lambda header: _read(header) - (0.1 if header else 0))


@planted.wrong("04.3", "give both datetimes a time zone. Look at line")
async def now_without_a_zone(session, path, patience):
    def date(text):
        return (parsedate_to_datetime(text) - datetime.now()).total_seconds()

    return await _politely(session, path, patience, partial(_read, date=date))


@planted.wrong("04.3", "It waited 0 s after attempt 1, which got 503; expected 1.33 s. Retry-After was a date, in UTC.")
async def a_naive_date_as_local_time(session, path, patience):
    def date(text):
        return max(0, (datetime.strptime(text, HTTP_DATE) - datetime.now()).total_seconds())

    return await _politely(session, path, patience, partial(_read, date=date))


@planted.wrong("04.3", "It waited 0 s after attempt 1, which got 503; expected 1.33 s. Retry-After was a date, in UTC.")
async def mktime_of_a_date_in_utc(session, path, patience):
    def date(text):
        return max(0, time.mktime(parsedate(text)) - time.time())

    return await _politely(session, path, patience, partial(_read, date=date))


@planted.wrong("04.3", "It waited 0 s after attempt 1, which got 503; expected 1.33 s. Retry-After was a date, in UTC.")
async def the_zone_dropped_on_one_side(session, path, patience):
    def date(text):
        return max(0, (parsedate_to_datetime(text).replace(tzinfo=None) - datetime.now()).total_seconds())

    return await _politely(session, path, patience, partial(_read, date=date))


@planted.wrong("04.3", "It waited 1 s after attempt 1, which got 503; expected 1.33 s. Retry-After was a date, in UTC.")
async def the_seconds_of_a_timedelta(session, path, patience):
    def date(text):
        return (parsedate_to_datetime(text) - datetime.now(UTC)).seconds

    return await _politely(session, path, patience, partial(_read, date=date))


@planted.wrong("04.3", "It waited 2 s after attempt 1, which got 503; expected 1.33 s. Retry-After was a date, in UTC.")
async def a_wait_rounded_up(session, path, patience):
    def date(text):
        return math.ceil((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())

    return await _politely(session, path, patience, partial(_read, date=date))


@planted.wrong(
    "04.3", "expected 1. Attempt 1 got 503, and its Retry-After asked for 40 s, more than the patience of 5 s."
)
async def waits_as_long_as_it_is_told(session, path, patience):
    return await _politely(session, path, 3600, _read)


@planted.wrong("04.3", "and its Retry-After asked for 3 s, more than the patience of 2.5 s.")
async def a_patience_of_five_seconds(session, path, patience):
    return await _politely(session, path, max(5, patience), _read)


@planted.wrong("04.3", "It made 1 attempt at /status/503,200?retry_after=50; expected 2. Attempt 1 got 503")
async def a_patience_of_five_seconds_at_most(session, path, patience):
    return await _politely(session, path, min(5, patience), _read)


@planted.wrong("04.3", "It made 1 attempt at /status/503,200?retry_after=3&latency=0.2; expected 2.")
async def gives_up_at_its_patience(session, path, patience):
    return await _politely(session, path, patience - 1e-6, _read)


@planted.wrong("04.3", "It made 2 attempts at /status/429,503,200?retry_after=2; expected 3.")
async def patience_for_all_waits_together(session, path, patience):
    end = time.monotonic() + patience

    def read(header):
        return _read(header) if time.monotonic() + _read(header) <= end else math.inf

    return await _politely(session, path, patience, read)


@planted.wrong("04.3", "and its Retry-After asked for 40 s, more than the patience of 5 s.")
async def cuts_the_wait_short(session, path, patience):
    def read(header):
        wait = _read(header)
        return wait if wait <= patience else 0.1

    return await _politely(session, path, patience, read)


@planted.wrong("04.3", "It waited 5 s after its last attempt, which got 503. Return or raise at once.")
async def waits_before_it_gives_up(session, path, patience):
    try:
        return await _politely(session, path, patience, _read)
    except aiohttp.ClientResponseError as error:
        header = error.headers.get("Retry-After")
        if header and _read(header) > patience:
            await asyncio.sleep(patience)
        raise


@planted.wrong("04.3", "It waited 1 s after attempt 2, which got 429; expected 0.1 s.")
async def the_first_header_for_all(session, path, patience):
    first = None

    def read(header):
        nonlocal first
        if header is not None and header.isdigit():
            header = first = first or header
        return _read(header or first)

    return await _politely(session, path, patience, read)


@planted.wrong(
    "04.3", "Its last attempt got 503, and your function returned None. Raise the ClientResponseError of that attempt."
)
async def gives_up_without_a_word(session, path, patience):
    try:
        return await _politely(session, path, patience, _read)
    except aiohttp.ClientResponseError as error:
        if "Retry-After" in error.headers:
            return None
        raise


@planted.wrong("04.3", "Attempt 3 got 503, and three attempts are the limit.")
async def as_often_as_it_is_told(session, path, patience):
    return await _politely(session, path, patience, _read, attempts=1000)


@planted.wrong("04.3", "It made 2 attempts at /status/429,503,200?retry_after=2; expected 3.")
async def two_attempts(session, path, patience):
    return await _politely(session, path, patience, _read, attempts=2)


@planted.wrong("04.3", "It waited 0 s after attempt 1, which got 503; expected 0.1 s. The response had no Retry-After.")
async def no_wait_unless_told(session, path, patience):
    return await _politely(session, path, patience, lambda header: _read(header) if header else 0)


@planted.wrong(
    "04.3", "It waited 0.3 s after attempt 1, which got 503; expected 0.1 s. The response had no Retry-After."
)
async def a_third_of_a_second_unless_told(session, path, patience):
    return await _politely(session, path, patience, lambda header: _read(header) if header else 0.3)


@planted.wrong(
    "04.3", "It waited 0.2 s after attempt 2, which got 503; expected 0.1 s. The response had no Retry-After."
)
async def backoff_unless_told(session, path, patience):
    wait = 0.05

    def read(header):
        nonlocal wait
        wait *= 2
        return _read(header) if header else wait

    return await _politely(session, path, patience, read)


@planted.wrong("04.3", "Attempt 1 got 429, which is retryable: its Retry-After was 2 s, and the patience 3 s.")
async def service_unavailable_only(session, path, patience):
    return await _politely(session, path, patience, _read, statuses=(503,))


@planted.wrong("04.3", "Attempt 2 got 500, which is neither 429 nor 503.")
async def a_500_too(session, path, patience):
    return await _politely(session, path, patience, _read, statuses=(429, 500, 503))


@planted.wrong("04.3", "It made 3 attempts at /status/503,404,200; expected 2. Attempt 2 got 404")
async def every_failure(session, path, patience):
    return await _politely(session, path, patience, _read, statuses=range(400, 600))


@planted.wrong("04.3", "Its last attempt got 404, and your function returned a dict. Raise the ClientResponseError")
async def the_document_of_a_404(session, path, patience):
    for attempt in (1, 2, 3):
        async with session.get(path) as response:
            header = response.headers.get("Retry-After")
            wait = _read(header)
            if response.status not in (429, 503):
                return await response.json()
            if attempt == 3 or (header and wait > patience):
                response.raise_for_status()
        await asyncio.sleep(wait)
    return None


@planted.wrong("04.3", "got 503, and your function raised TimeoutError: 40 s is too long. Look at line")
async def gives_up_with_an_error_of_its_own(session, path, patience):
    def read(header):
        if header and (wait := _read(header)) > patience:
            raise TimeoutError(f"{wait:g} s is too long")
        return _read(header)

    return await _politely(session, path, patience, read)


@planted.wrong("04.3", "Its last attempt got 503, and your function raised the ClientResponseError of a 429.")
async def the_first_error(session, path, patience):
    errors = []
    for attempt in (1, 2, 3):
        try:
            async with session.get(path, raise_for_status=True) as response:
                return await response.json()
        except aiohttp.ClientResponseError as error:
            errors.append(error)
            wait = _read(error.headers.get("Retry-After"))
            if error.status not in (429, 503) or attempt == 3 or wait > patience:
                raise errors[0] from None
        await asyncio.sleep(wait)
    return None


@planted.wrong("04.3", "`time.sleep` blocks the event loop")
async def a_blocking_wait(session, path, patience):
    def read(header):
        if (wait := _read(header)) > patience:
            return wait
        time.sleep(wait)
        return 0

    return await _politely(session, path, patience, read)


@planted.wrong("04.3", "Attempt 1 got 413, which is neither 429 nor 503.")
async def a_413_too(session, path, patience):
    return await _politely(session, path, patience, _read, statuses=(413, 429, 503))


async def _slept(session, path, patience, sleep):
    for attempt in (1, 2, 3):
        async with session.get(path) as response:
            wait = _read(response.headers.get("Retry-After"))
            if response.status not in (429, 503) or attempt == 3:
                response.raise_for_status()
                return await response.json()
        await sleep(wait)
    return None


@planted.wrong("04.3", "its Retry-After was 3 s, and the patience 3 s. It raised TimeoutError. Look at line")
async def the_wait_limited_by_its_patience(session, path, patience):
    return await _slept(session, path, patience, lambda wait: asyncio.wait_for(asyncio.sleep(wait), patience))


@planted.wrong("04.3", "its Retry-After was 2 s, and the patience 3 s. It raised TimeoutError. Look at line")
async def the_whole_call_limited_by_its_patience(session, path, patience):
    async with asyncio.timeout(patience):
        return await _slept(session, path, patience, asyncio.sleep)


AHEAD = "and Retry-After was a date in UTC, at most 1.3 s ahead; the patience was 3 s."


@planted.wrong("04.3", AHEAD)
async def utc_read_as_local_time(session, path, patience):
    def date(text):
        return parsedate_to_datetime(text).timestamp() - datetime.now(UTC).replace(tzinfo=None).timestamp()

    return await _politely(session, path, patience, partial(_read, date=date))


@planted.wrong("04.3", "It used `session` 0 times for 3 requests. Send every request with `session`.")
async def a_session_of_its_own(session, path, patience):
    async with aiohttp.ClientSession(session._base_url) as own:
        return await _politely(own, path, patience, _read)


@planted.wrong("04.3", "Attempt 1 got 503, which is retryable, whatever the patience: it had no Retry-After.")
async def a_patience_for_its_own_waits(session, path, patience):
    for attempt in (1, 2, 3):
        async with session.get(path) as response:
            wait = _read(response.headers.get("Retry-After"))
            if response.status not in (429, 503) or attempt == 3 or wait > patience:
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(wait)
    return None


@planted.wrong(
    "04.3", "It waited 60 s after attempt 1, which got 503; expected 61.33 s. Retry-After was a date, in UTC."
)
async def a_minute_at_most(session, path, patience):
    def read(header):
        wait = _read(header)
        return wait if wait > patience else min(wait, 60)

    return await _politely(session, path, patience, read)


@planted.wrong("04.3", "Attempt 1 got 503, and Retry-After was a date in the past; the patience was 0.05 s.")
async def a_past_date_taken_for_a_future_one(session, path, patience):
    return await _politely(session, path, patience, lambda header: abs(_read(header)))


@planted.wrong("04.3", "It waited 1 s after attempt 1, which got 503; expected 0 s. Retry-After was 0.")
async def a_second_for_a_wait_of_none(session, path, patience):
    return await _politely(session, path, patience, lambda header: _read(header) or 1.0)


@planted.wrong("04.3", "It waited 1 s after attempt 1, which got 503; expected 0 s. Retry-After was 0.")
async def a_second_at_least(session, path, patience):
    return await _politely(session, path, patience, lambda header: max(1.0, _read(header)) if header else 0.1)


@planted.wrong("04.3", "and its Retry-After asked for 1.33 s, more than the patience of 1.3 s.")
async def its_patience_in_whole_seconds(session, path, patience):
    for attempt in (1, 2, 3):
        async with session.get(path) as response:
            header = response.headers.get("Retry-After")
            wait = _read(header)
            if response.status not in (429, 503) or attempt == 3 or (header and int(wait) > patience):
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(wait)
    return None


@planted.wrong("04.3", "expected 2. Attempt 2 got 201, which is neither 429 nor 503.")
async def only_a_200_is_a_success(session, path, patience):
    for attempt in (1, 2, 3):
        async with session.get(path) as response:
            header = response.headers.get("Retry-After")
            wait = _read(header)
            if response.status == 200:
                return await response.json()
            if response.status not in (429, 503) or attempt == 3 or (header and wait > patience):
                response.raise_for_status()
        await asyncio.sleep(wait if attempt < 3 else 0)
    return None


@planted.right("04.3")
async def a_date_less_the_unix_time(session, path, patience):
    failures = 0
    while True:
        try:
            async with session.get(path, raise_for_status=True) as response:
                return await response.json()
        except aiohttp.ClientResponseError as error:
            failures += 1
            asked = error.headers.get("Retry-After", "0")
            date = None if asked[0].isdigit() else parsedate_to_datetime(asked)
            wait = date.timestamp() - time.time() if date else float(asked)
            if error.status not in (429, 503) or failures == 3 or wait > patience:
                raise
        await asyncio.sleep(max(wait, 0.1))


@planted.right("04.3")
async def a_date_by_calendar(session, path, patience):
    def date(text):
        return calendar.timegm(time.strptime(text, HTTP_DATE)) - time.time()

    return await _politely(session, path, patience, partial(_read, date=date))


@planted.right("04.3")
async def a_date_by_mktime_tz(session, path, patience):
    return await _politely(
        session, path, patience, partial(_read, date=lambda text: mktime_tz(parsedate_tz(text)) - time.time())
    )


@planted.right("04.3")
async def naive_utc_on_both_sides(session, path, patience):
    def date(text):
        return (datetime.strptime(text, HTTP_DATE) - datetime.now(UTC).replace(tzinfo=None)).total_seconds()

    return await _politely(session, path, patience, partial(_read, date=date))


@planted.right("04.3")
async def a_moment_in_local_time(session, path, patience):
    def date(text):
        moment = parsedate_to_datetime(text).astimezone()
        return (moment - datetime.now().astimezone()) / timedelta(seconds=1)

    return await _politely(session, path, patience, partial(_read, date=date))


@planted.right("04.3")
async def a_little_jitter_on_top(session, path, patience):
    for attempt in (1, 2, 3):
        async with session.get(path) as response:
            header = response.headers.get("Retry-After")
            wait = _read(header)
            if response.status not in (429, 503) or attempt == 3 or (header and wait > patience):
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(max(0, wait) + (random.uniform(0, 0.1) if header else 0))
    return None


@planted.right("04.3")
async def polls_until_the_date(session, path, patience):
    for attempt in (1, 2, 3):
        async with session.get(path) as response:
            header = response.headers.get("Retry-After")
            until = time.time() + _read(header)
            late = header and until - time.time() > patience + 1e-6
            if response.status not in (429, 503) or attempt == 3 or late:
                response.raise_for_status()
                return await response.json()
        while (left := until - time.time()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left, 0.5))
    return None


async def _post(session, item, key):
    async with session.post("/items", json=item, headers={"Idempotency-Key": key}) as response:
        response.raise_for_status()
        return await response.json()


async def _three_times(post, pause=0.0, retry=aiohttp.ClientConnectionError, attempts=3):
    for attempt in range(1, attempts + 1):
        try:
            return await post()
        except retry:
            if attempt == attempts:
                raise
        await asyncio.sleep(pause * attempt)
    return None


@planted.right("04.4")
async def a_key_made_of_the_time(session, item):
    key = str(uuid.uuid1())
    return await _three_times(lambda: _post(session, item, key))


@planted.wrong("04.4", "It raised TimeoutError.")
async def one_second_for_all_attempts(session, item):
    key = str(uuid.uuid4())
    async with asyncio.timeout(1):
        return await _three_times(lambda: _post(session, item, key))


@planted.wrong("04.4", "One call made 2 items. The server saw no header `Idempotency-Key`.")
async def no_key(session, item):
    async def post():
        async with session.post("/items", json=item) as response:
            response.raise_for_status()
            return await response.json()

    return await _three_times(post)


@planted.wrong("04.4", "One call made 2 items. The work was done although the response was lost.")
async def a_new_key_for_each_attempt(session, item):
    return await _three_times(lambda: _post(session, item, str(uuid.uuid4())))


@planted.wrong("04.4", "One call made 2 items. The server saw no header `Idempotency-Key`.")
async def a_key_under_another_name(session, item):
    key = str(uuid.uuid4())

    async def post():
        async with session.post("/items", json=item, headers={"X-Idempotency-Key": key}) as response:
            response.raise_for_status()
            return await response.json()

    return await _three_times(post)


@planted.wrong("04.4", "The server refused a POST with 415. Send the item unchanged, with `json=`.")
async def a_form_in_place_of_json(session, item):
    key = str(uuid.uuid4())

    async def post():
        async with session.post("/items", data=item, headers={"Idempotency-Key": key}) as response:
            response.raise_for_status()
            return await response.json()

    return await _three_times(post)


@planted.wrong("04.4", "Two calls made one item.")
async def one_key_for_all(session, item):
    return await _three_times(lambda: _post(session, item, "order"))


@planted.wrong("04.4", "Two calls made one item.")
async def the_item_is_the_key(session, item):
    return await _three_times(lambda: _post(session, item, repr(item)))


@planted.wrong("04.4", "Two calls made one item.")
async def the_second_is_the_key(session, item):
    key = str(int(time.time()))
    return await _three_times(lambda: _post(session, item, key))


@planted.wrong("04.4", "It made 1 attempt at /items; expected 2. Attempt 1 lost its connection, which is retryable.")
async def not_repeated(session, item):
    return await _post(session, item, str(uuid.uuid4()))


@planted.wrong("04.4", "It made 2 attempts at /items; expected 3. Attempt 2 lost its connection, which is retryable.")
async def repeated_once(session, item):
    key = str(uuid.uuid4())
    return await _three_times(lambda: _post(session, item, key), attempts=2)


@planted.wrong("04.4", "The server saw GET /items?fault=null; expected only POST /items.")
async def looks_instead_of_repeating(session, item):
    try:
        return await _post(session, item, str(uuid.uuid4()))
    except aiohttp.ClientConnectionError:
        async with session.get("/items?fault=null") as response:
            return (await response.json())[-1]


@planted.wrong("04.4", "The server saw PUT /items/10001?fault=null; expected only POST /items.")
async def puts_where_it_thinks_the_item_will_be(session, item):
    async with session.put("/items/10001?fault=null", json=item) as response:
        return await response.json()


@planted.wrong("04.4", "expected 3. Attempt 3 lost its connection, and three attempts are the limit.")
async def until_it_is_there(session, item):
    key = str(uuid.uuid4())
    return await _three_times(lambda: _post(session, item, key), attempts=1000)


@planted.wrong("04.4", "It made 1 attempt at /items; expected 3. Attempt 1 lost its connection, which is retryable.")
async def a_reset_connection_is_no_disconnected_server(session, item):
    key = str(uuid.uuid4())
    return await _three_times(lambda: _post(session, item, key), retry=aiohttp.ServerDisconnectedError)


@planted.wrong("04.4", "and your function returned None. Raise the ServerDisconnectedError of that attempt as it is.")
async def three_attempts_and_no_word(session, item):
    key = str(uuid.uuid4())
    for _ in range(3):
        try:
            return await _post(session, item, key)
        except aiohttp.ClientConnectionError:
            continue
    return None


@planted.wrong("04.4", "lost its connection, and your function raised ClientError: the order may be lost. Look at line")
async def an_error_of_its_own(session, item):
    key = str(uuid.uuid4())
    try:
        return await _three_times(lambda: _post(session, item, key))
    except aiohttp.ClientConnectionError as error:
        raise aiohttp.ClientError("the order may be lost") from error


@planted.wrong("04.4", "It waited 1 s after its last attempt, which lost its connection. Return or raise at once.")
async def a_pause_after_the_last_attempt(session, item):
    key = str(uuid.uuid4())
    for _ in range(3):
        try:
            return await _post(session, item, key)
        except aiohttp.ClientConnectionError as error:
            last = error
        await asyncio.sleep(1)
    raise last


@planted.wrong("04.4", "Attempt 1 got 400, which is raised at once.")
async def on_any_error_with_a_key(session, item):
    key = str(uuid.uuid4())
    return await _three_times(lambda: _post(session, item, key), retry=aiohttp.ClientError)


class _Refused(aiohttp.ClientConnectionError):
    """A refusal to be retried."""


async def _retries_statuses(session, item, statuses):
    key = str(uuid.uuid4())

    async def post():
        async with session.post("/items", json=item, headers={"Idempotency-Key": key}) as response:
            if response.status in statuses:
                raise _Refused
            response.raise_for_status()
            return await response.json()

    return await _three_times(post)


@planted.wrong("04.4", "Attempt 1 got 500, which is raised at once.")
async def a_500_is_retried(session, item):
    return await _retries_statuses(session, item, {500})


@planted.wrong("04.4", MIXED)
async def a_global_result(session, item):
    global latest_result
    key = str(uuid.uuid4())
    latest_result = await _three_times(lambda: _post(session, item, key))
    await asyncio.sleep(0)
    return latest_result


def _one_at_a_time(places):
    slots = {}  # of each session: a semaphore belongs to its event loop

    async def create_once(session, item):
        key = str(uuid.uuid4())
        async with slots.setdefault(id(session), asyncio.Semaphore(places)):
            return await _three_times(lambda: _post(session, item, key), pause=0.1)

    return create_once


@planted.wrong("04.4", "4 calls overlapped, and one waited 0.99 s before its first attempt.")
async def two_calls_at_a_time(session, item):
    return await _two_calls_at_a_time(session, item)


_two_calls_at_a_time = _one_at_a_time(2)


@planted.wrong("04.4", "raised ClientOSError. Raise the ServerDisconnectedError of that attempt as it is.")
async def the_first_of_three_errors(session, item):
    key, errors = str(uuid.uuid4()), []
    for _ in range(3):
        try:
            return await _post(session, item, key)
        except aiohttp.ClientConnectionError as error:
            errors.append(error)
    raise errors[0]


async def _each_post_within(seconds, session, item):
    key = str(uuid.uuid4())

    async def post():
        async with asyncio.timeout(seconds):
            return await _post(session, item, key)

    return await _three_times(post)


@planted.wrong("04.4", "It gave up on attempt 1 at /items after 0.05 s, before the response came.")
async def a_limit_that_nobody_asked_for(session, item):
    return await _each_post_within(0.05, session, item)


@planted.right("04.4")
async def a_second_for_each_post(session, item):
    return await _each_post_within(1, session, item)


@planted.wrong("04.4", "Attempt 1 got 408, which is raised at once.")
async def retryable_statuses_are_retried(session, item):
    return await _retries_statuses(session, item, {408, 425, 429, 500, 502, 503, 504})


@planted.wrong("04.4", "Its last attempt got 400, and your function returned a dict. Raise the ClientResponseError")
async def a_refusal_returned_like_an_item(session, item):
    key = str(uuid.uuid4())

    async def post():
        async with session.post("/items", json=item, headers={"Idempotency-Key": key}) as response:
            return await response.json()

    return await _three_times(post)


@planted.wrong("04.4", "Its last attempt got 400, and your function returned None. Raise the ClientResponseError")
async def only_a_422_is_a_refusal(session, item):
    key = str(uuid.uuid4())

    async def post():
        async with session.post("/items", json=item, headers={"Idempotency-Key": key}) as response:
            if response.status == 422:
                response.raise_for_status()
            return await response.json() if response.ok else None

    return await _three_times(post)


@planted.wrong("04.4", "It returned a document other than the one the server sent.")
async def the_item_without_its_id(session, item):
    key = str(uuid.uuid4())
    await _three_times(lambda: _post(session, item, key))
    return item


@planted.wrong("04.4", "The server made an item of {'name': 'a chair', 'price': 20}; expected")
async def a_name_and_a_price(session, item):
    key = str(uuid.uuid4())
    item = {"name": item["name"], "price": item.get("price", 20)}
    return await _three_times(lambda: _post(session, item, key))


@planted.wrong("04.4", "Two calls made one item.")
async def the_identity_of_the_item_is_the_key(session, item):
    key = str(id(item))
    return await _three_times(lambda: _post(session, item, key))


@planted.wrong("04.4", "Two calls made one item.")
async def the_name_of_the_task_is_the_key(session, item):
    key = asyncio.current_task().get_name()
    return await _three_times(lambda: _post(session, item, key))


@planted.wrong("04.4", MIXED)
async def a_key_in_the_sessions_headers(session, item):
    session.headers["Idempotency-Key"] = str(uuid.uuid4())

    async def post():
        async with session.post("/items", json=item) as response:
            response.raise_for_status()
            return await response.json()

    return await _three_times(post)


@planted.wrong("04.4", MIXED)
async def a_global_key(session, item):
    global latest_key
    latest_key = str(uuid.uuid4())
    return await _three_times(lambda: _post(session, item, latest_key))


@planted.wrong("04.4", "Attempt 1 got 425, which is raised at once.")
async def a_425_is_retried(session, item):
    return await _retries_statuses(session, item, {425})


@planted.wrong("04.4", "which is successful. It raised ClientConnectionError: Connection closed. Read the body inside")
async def the_body_after_the_block(session, item):
    headers = {"Idempotency-Key": str(uuid.uuid4())}

    async def post():
        async with session.post("/items", json=item, headers=headers) as response:
            response.raise_for_status()
        return await response.json()

    return await _three_times(post)


@planted.wrong("04.4", "Attempt 1 lost its connection, which is retryable. It raised TimeoutError. Look at line")
async def a_second_for_the_whole_call(session, item):
    key = str(uuid.uuid4())
    async with asyncio.timeout(1):
        return await _three_times(lambda: _post(session, item, key), pause=2.0)


@planted.wrong("04.4", "and your function raised ClientConnectionError: gave up after 3 attempts. Look at line")
async def a_new_connection_error(session, item):
    key = str(uuid.uuid4())
    try:
        return await _three_times(lambda: _post(session, item, key))
    except aiohttp.ClientConnectionError:
        raise aiohttp.ClientConnectionError("gave up after 3 attempts") from None


@planted.wrong("04.4", "It used `session` 0 times for 2 requests. Send every request with `session`.")
async def a_session_of_its_own_for_the_order(session, item):
    key = str(uuid.uuid4())
    async with aiohttp.ClientSession(session._base_url) as own:
        return await _three_times(lambda: _post(own, item, key))


@planted.right("04.4")
async def the_last_error_after_the_loop(session, item):
    key = str(uuid.uuid4())
    for pause in (0, 2, 4):
        await asyncio.sleep(pause)
        try:
            return await _post(session, item, key)
        except aiohttp.ClientConnectionError as error:
            last = error
    raise last


@planted.right("04.4")
async def pauses_between_the_attempts(session, item):
    key = str(uuid.uuid4())
    return await _three_times(lambda: _post(session, item, key), pause=4.0)


@planted.right("04.4")
async def a_key_that_names_the_item(session, item):
    key = f"{item['name']} {uuid.uuid4()}"
    return await _three_times(lambda: _post(session, {**item}, key))


ORDERS = itertools.count(1)


@planted.right("04.4")
async def orders_numbered_by_the_client(session, item):
    key = f"order {next(ORDERS)}"
    return await _three_times(lambda: _post(session, item, key))


@planted.right("04.4")
async def the_body_written_once(session, item):
    headers = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
    body, failures = json.dumps(item), 0
    while True:
        try:
            async with session.request("post", "/items", data=body, headers=headers) as response:
                if response.status >= 400:
                    response.raise_for_status()
                return await response.json()
        except aiohttp.ClientConnectionError:
            failures += 1
            if failures == 3:
                raise


@planted.right("04.4")
async def tasks_in_a_group(session, item):
    key = str(uuid.uuid4())
    async with asyncio.timeout(10):
        return await asyncio.create_task(_three_times(lambda: _post(session, item, key), pause=0.1))


@planted.right("04.3")
async def a_second_for_each_attempt_that_is_welcome(session, path, patience):
    async with asyncio.timeout(None) as limit:
        for attempt in (1, 2, 3):
            limit.reschedule(asyncio.get_running_loop().time() + 1)
            async with session.get(path) as response:
                wait = _read(header := response.headers.get("Retry-After"))
                if response.status not in (429, 503) or attempt == 3 or (header and wait > patience):
                    response.raise_for_status()
                    return await response.json()
            limit.reschedule(None)
            await asyncio.sleep(wait)
    return None


@planted.wrong("04.3", "It made 3 attempts at /status/503,500,200; expected 2. Attempt 2 got 500, which is neither")
async def the_header_decides(session, path, patience):
    for attempt in (1, 2, 3):
        async with session.get(path) as response:
            header = response.headers.get("Retry-After")
            wait = _read(header)
            if (header is None and response.status not in (429, 503)) or attempt == 3 or (header and wait > patience):
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(wait)
    return None


@planted.wrong("04.4", "The server saw POST /item; expected only POST /items.")
async def the_wrong_path(session, item):
    async with session.post("/item", json=item, raise_for_status=True) as response:
        return await response.json()


@planted.wrong("04.4", "The server refused a POST with 415. Send the item unchanged, with `json=`.")
async def json_that_is_sent_as_text(session, item):
    key = str(uuid.uuid4())

    async def post():
        headers = {"Idempotency-Key": key}
        async with session.post("/items", data=json.dumps(item), headers=headers, raise_for_status=True) as response:
            return await response.json()

    return await _three_times(post)


RETURNED = "It returned an exception. Raise it."


@planted.wrong("04.3", RETURNED)
async def returns_the_error_when_it_gives_up(session, path, patience):
    try:
        return await _politely(session, path, patience, _read)
    except aiohttp.ClientResponseError as error:
        return error


@planted.wrong("04.4", RETURNED)
async def returns_the_last_connection_error(session, item):
    key = str(uuid.uuid4())
    try:
        return await _three_times(lambda: _post(session, item, key))
    except aiohttp.ClientError as error:
        return error


@planted.wrong("04.3", "It raised ValueError: sleep length must be non-negative. Look at line")
async def sleeps_in_a_thread_until_a_past_date(session, path, patience):
    return await _slept(session, path, patience, lambda wait: asyncio.to_thread(time.sleep, wait))


@planted.wrong("04.3", "A path needs a session that knows the server's URL. Look at line")
async def a_session_without_the_servers_url(session, path, patience):
    async with aiohttp.ClientSession() as own:
        return await _politely(own, path, patience, _read)


@planted.wrong("04.4", "A path needs a session that knows the server's URL. Look at line")
async def an_order_without_the_servers_url(session, item):
    key = str(uuid.uuid4())
    async with aiohttp.ClientSession() as own:
        return await _three_times(lambda: _post(own, item, key))


@planted.wrong(
    "04.3", "Attempt 2 got 429, and Retry-After was a date in UTC, at most 61.8 s ahead; the patience was 65 s."
)
async def tenacity_for_half_a_minute(session, path, patience):
    def asked(error):
        return _read(error.headers.get("Retry-After"))

    def is_retryable(error):
        return error.status in (429, 503) and ("Retry-After" not in error.headers or asked(error) <= patience)

    async def get():
        async with session.get(path, raise_for_status=True) as response:
            return await response.json()

    stop = tenacity.stop_after_attempt(3) | tenacity.stop_after_delay(30)
    retry = tenacity.retry_if_exception(is_retryable)
    return await tenacity.AsyncRetrying(
        retry=retry, stop=stop, wait=lambda state: max(0, asked(state.outcome.exception())), reraise=True
    )(get)


@planted.wrong(
    "04.3", "It waited 1.53 s after attempt 1, which got 503; expected 1.33 s. Retry-After was a date, in UTC."
)
async def counts_from_before_the_request(session, path, patience):
    for attempt in (1, 2, 3):
        now = datetime.now(UTC)
        async with session.get(path) as response:
            header = response.headers.get("Retry-After")
            wait = _read(header, lambda text, now=now: (parsedate_to_datetime(text) - now).total_seconds())
            if response.status not in (429, 503) or attempt == 3 or (header and wait > patience):
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(wait)
    return None


@planted.wrong("04.3", "a date in UTC, at most 1.3 s ahead; the patience was 1.9 s.")
async def compares_whole_seconds_rounded_up(session, path, patience):
    def read(header):
        wait = _read(header)
        return math.inf if math.ceil(wait) > patience and header else wait

    return await _politely(session, path, patience, read)


@planted.wrong(
    "04.3", "It waited 30 s after attempt 1, which got 503; expected 61.33 s. Retry-After was a date, in UTC."
)
async def half_a_minute_at_most_for_a_date(session, path, patience):
    def date(text):
        wait = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        return wait if wait > patience else min(wait, 30)

    return await _politely(session, path, patience, partial(_read, date=date))


@planted.wrong("04.3", "expected 2. Attempt 2 got 202, which is neither 429 nor 503.")
async def a_success_with_a_header_is_retried(session, path, patience):
    for attempt in (1, 2, 3):
        async with session.get(path) as response:
            header = response.headers.get("Retry-After")
            wait = _read(header)
            is_last = attempt == 3 or (header and wait > patience)
            if (response.ok and not header) or response.status not in (202, 429, 503) or is_last:
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(wait)
    return None


@planted.wrong("04.3", "Its last attempt got 300, and your function returned None. Return the JSON document.")
async def successes_below_300(session, path, patience):
    for attempt in (1, 2, 3):
        async with session.get(path) as response:
            header = response.headers.get("Retry-After")
            wait = _read(header)
            if 200 <= response.status < 300:
                return await response.json()
            if response.status not in (429, 503) or attempt == 3 or (header and wait > patience):
                response.raise_for_status()
                return None
        await asyncio.sleep(wait)
    return None


_one_call_at_a_time = _one_at_a_time(1)


@planted.wrong("04.4", "4 calls overlapped, and one waited 2.97 s before its first attempt. Make the first attempt at")
async def one_call_at_a_time(session, item):
    return await _one_call_at_a_time(session, item)


@planted.wrong("04.4", "Attempt 1 lost its connection, which is retryable, whatever kind of ClientConnectionError it")
async def a_timeout_is_no_lost_connection(session, item):
    key = str(uuid.uuid4())
    retry = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)
    return await _three_times(lambda: _post(session, item, key), retry=retry)


@planted.wrong("04.4", "Attempt 1 lost its connection, which is retryable, whatever kind of ClientConnectionError it")
async def errors_of_the_server_and_of_the_system(session, item):
    key = str(uuid.uuid4())
    retry = (aiohttp.ServerConnectionError, aiohttp.ClientOSError)
    return await _three_times(lambda: _post(session, item, key), retry=retry)


@planted.wrong("04.4", "The server made an item of {'name': 'a chair', 'colors': ['red', 'green']}; expected")
async def only_fields_with_a_value(session, item):
    key = str(uuid.uuid4())
    item = {name: value for name, value in item.items() if value}
    return await _three_times(lambda: _post(session, item, key))


@planted.wrong("04.3", "It waited 90 s after attempt 1, which got 503; expected 103 s. Retry-After was 103.")
async def a_minute_and_a_half_at_most(session, path, patience):
    def read(header):
        wait = _read(header)
        return wait if wait > patience else min(wait, 90)

    return await _politely(session, path, patience, read)


@planted.wrong("04.3", "got 202, and your function raised ValueError: asked to wait for 40 s. Look at line")
async def a_success_that_asks_for_a_long_wait(session, path, patience):
    for attempt in (1, 2, 3):
        async with session.get(path) as response:
            header = response.headers.get("Retry-After")
            wait = _read(header)
            if response.status not in (429, 503) or attempt == 3 or (header and wait > patience):
                response.raise_for_status()
                if header and wait > patience:
                    raise ValueError(f"asked to wait for {wait:g} s")
                return await response.json()
        await asyncio.sleep(wait)
    return None


@planted.wrong("04.3", "It waited 2.8 s after attempt 1, which got 503; expected 3 s. Retry-After was 3.")
async def counts_seconds_from_before_the_request(session, path, patience):
    for attempt in (1, 2, 3):
        began = time.monotonic()
        async with session.get(path) as response:
            header = response.headers.get("Retry-After")
            wait = _read(header)
            if response.status not in (429, 503) or attempt == 3 or (header and wait > patience):
                response.raise_for_status()
                return await response.json()
        is_number = header and header.isdigit()
        await asyncio.sleep(began + wait - time.monotonic() if is_number else wait)
    return None


@planted.wrong("04.3", "at /status/503,200?latency=0.99 after 0.05 s, before the response came.")
async def each_request_limited_by_its_patience(session, path, patience):
    for attempt in (1, 2, 3):
        async with session.get(path, timeout=aiohttp.ClientTimeout(total=patience)) as response:
            header = response.headers.get("Retry-After")
            wait = _read(header)
            if response.status not in (429, 503) or attempt == 3 or (header and wait > patience):
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(wait)
    return None


@planted.wrong("04.3", "Attempt 1 got 503, which is retryable: its Retry-After was 0 s, and the patience 0.05 s.")
async def a_tenth_at_least_counts_against_its_patience(session, path, patience):
    return await _politely(session, path, patience, lambda header: max(0.1, _read(header)))


@planted.wrong("04.3", "Attempt 1 got 503, and Retry-After was a date in the past; the patience was 0.05 s.")
async def a_tenth_at_least_until_a_date(session, path, patience):
    def date(text):
        return max(0.1, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())

    return await _politely(session, path, patience, partial(_read, date=date))


CALLS = itertools.count(1)


@planted.wrong("04.4", "422: its Idempotency-Key was already used with another body.")
async def a_key_for_every_two_orders(session, item):
    key = f"order {next(CALLS) // 2}"
    return await _three_times(lambda: _post(session, item, key))


@planted.wrong("04.4", "The server refused a POST with 422. Send the item unchanged, with `json=`.")
async def json_within_json(session, item):
    key = str(uuid.uuid4())
    return await _three_times(lambda: _post(session, json.dumps(item), key))


@planted.wrong("04.3", "got 503, and your function raised RuntimeError: the server asks for too much patience. Look at")
async def a_runtime_error_out_of_patience(session, path, patience):
    def read(header):
        if header and _read(header) > patience:
            raise RuntimeError("the server asks for too much patience")
        return _read(header)

    return await _politely(session, path, patience, read)


@planted.wrong("04.4", "lost its connection, and your function raised RuntimeError: gave up. Look at line")
async def a_runtime_error_after_three_losses(session, item):
    key = str(uuid.uuid4())
    try:
        return await _three_times(lambda: _post(session, item, key))
    except aiohttp.ClientConnectionError as error:
        raise RuntimeError("gave up") from error


@planted.wrong("04.4", "It made 3 attempts at /items; expected 1. Attempt 1 got 200, which is successful.")
async def retries_until_a_201(session, item):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    for attempt in (1, 2, 3):
        try:
            async with session.post("/items", json=item, headers=headers) as response:
                if response.status == 201:
                    return await response.json()
                response.raise_for_status()
        except aiohttp.ClientConnectionError:
            if attempt == 3:
                raise
    return None


@planted.wrong("04.4", "4 calls that overlapped made 1 item: they shared a key. A key belongs to one call.")
async def a_key_from_the_clock(session, item):
    key = str(time.monotonic())
    return await _three_times(lambda: _post(session, item, key))


attempts_so_far = 0


@planted.wrong("04.4", "4 calls overlapped: keep what belongs to a call, such as its key, in local variables")
async def a_count_for_all_calls(session, item):
    global attempts_so_far
    attempts_so_far, key = 0, str(uuid.uuid4())
    while True:
        attempts_so_far += 1
        try:
            return await _post(session, item, key)
        except aiohttp.ClientConnectionError:
            if attempts_so_far >= 3:
                raise


@planted.wrong(
    "04.3", "It waited 1.3 s after attempt 1, which got 503; expected 1.33 s. Retry-After was a date, in UTC."
)
async def a_wait_rounded_to_tenths(session, path, patience):
    return await _politely(session, path, patience, lambda header: round(_read(header), 1))


@planted.wrong("04.3", "It made 3 attempts at /items?page=1001")
async def an_empty_document_is_a_failure(session, path, patience):
    for attempt in range(3):
        async with session.get(path) as response:
            if response.status not in (429, 503):
                response.raise_for_status()
                if document := await response.json():
                    return document
            header = response.headers.get("Retry-After")
            wait = _read(header)
            if attempt == 2 or (header and wait > patience):
                response.raise_for_status()
        await asyncio.sleep(wait)
    return None


async def _posted(session, item, gives_up):
    """POST up to three times; `gives_up(error, attempt)` says which failures are raised before the third."""
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    for attempt in range(3):
        try:
            async with session.post("/items", json=item, headers=headers, raise_for_status=True) as response:
                return await response.json()
        except aiohttp.ClientError as error:
            if attempt == 2 or gives_up(error, attempt):
                raise
    return None


@planted.wrong("04.4", "which is retryable, whatever kind of ClientConnectionError it raised.")
async def a_server_that_is_not_there(session, item):
    def gives_up(error, _):
        return isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientResponseError)

    return await _posted(session, item, gives_up)


@planted.wrong("04.4", "It made 3 attempts at /items; expected 2. Attempt 2 got 503, which is raised at once.")
async def a_status_retried_after_a_lost_connection(session, item):
    return await _posted(
        session, item, lambda error, attempt: isinstance(error, aiohttp.ClientResponseError) and attempt == 0
    )


@planted.wrong("04.3", "The body of the error response was HTML. It made 1 attempt")
async def documents_before_statuses(session, path, patience):
    for attempt in range(3):
        async with session.get(path) as response:
            document = await response.json()
            header = response.headers.get("Retry-After")
            wait = _read(header)
            if response.ok:
                return document
            if response.status not in (429, 503) or attempt == 2 or (header and wait > patience):
                response.raise_for_status()
        await asyncio.sleep(wait)
    return None


@planted.wrong("04.3", "expected 1. Attempt 1 lost half of its body")
async def a_broken_body_retried(session, path, patience):
    for attempt in range(3):
        try:
            return await _politely(session, path, patience, _read)
        except aiohttp.ClientPayloadError:
            if attempt == 2:
                raise
        await asyncio.sleep(0.1)
    return None


@planted.wrong("04.3", "and its Retry-After asked for 86402 s, more than the patience of 5 s.")
async def a_timedelta_without_its_days(session, path, patience):
    def until(text):
        wait = parsedate_to_datetime(text) - datetime.now(UTC)
        return wait.seconds + wait.microseconds / 1e6 if wait > timedelta() else 0

    return await _politely(session, path, patience, lambda header: _read(header, until))


@planted.wrong("04.4", "The body of the error response was HTML. Its last attempt got 502, and your function raised")
async def a_document_before_its_status(session, item):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    for attempt in range(3):
        try:
            async with session.post("/items", json=item, headers=headers) as response:
                document = json.loads(await response.text())
                response.raise_for_status()
                return document
        except aiohttp.ClientConnectionError:
            if attempt == 2:
                raise
    return None


FAILURES = Counter()


@planted.wrong("04.3", "An earlier call with this path was right: does a count, a wait or a document remain from it?")
async def a_count_for_each_path(session, path, patience):
    while True:
        async with session.get(path) as response:
            FAILURES[path] += response.status in (429, 503)
            wait = _read(response.headers.get("Retry-After"))
            if response.status not in (429, 503) or FAILURES[path] == 3 or wait > max(patience, 0.1):
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(max(wait, 0))


@planted.wrong("04.4", "they shared a key. A key belongs to one call. The time is no key: calls may begin together.")
async def the_time_in_nanoseconds(session, item):
    key = str(time.time_ns())
    return await _three_times(lambda: _post(session, item, key))


@planted.wrong("04.4", "The value is None, not a response: did the request fail?")
async def goes_on_without_a_response(session, item):
    response, headers = None, {"Idempotency-Key": str(uuid.uuid4())}
    for _ in range(3):
        try:
            response = await session.post("/items", json=item, headers=headers)
            break
        except aiohttp.ClientConnectionError:
            pass
    response.raise_for_status()
    return await response.json()


@planted.wrong("04.3", "The response has no such header: `headers.get(...)` returns None then.")
async def a_header_in_brackets(session, path, patience):
    for attempt in (1, 2, 3):
        async with session.get(path) as response:
            if response.status not in (429, 503) or attempt == 3:
                response.raise_for_status()
                return await response.json()
            wait = _read(response.headers["Retry-After"])
        await asyncio.sleep(wait)
    return None


@planted.wrong("04.3", "Retry-After was a date, in UTC.")
async def the_zone_without_summer_time(session, path, patience):
    def until(text):
        return max(0, time.mktime(parsedate(text)) - time.timezone - time.time())

    return await _politely(session, path, patience, partial(_read, date=until))


@planted.wrong("04.4", "A key began with '<function uuid4'. Is `()` missing after a name?")
async def a_key_without_brackets(session, item):
    key = str(uuid.uuid4)
    return await _three_times(lambda: _post(session, item, key))


@planted.wrong("04.4", "It returned a coroutine. Is an `await` missing?")
async def returns_a_coroutine(session, item, attempt=1, key=None):
    key = key or str(uuid.uuid4())
    try:
        return await _post(session, item, key)
    except aiohttp.ClientConnectionError:
        if attempt == 3:
            raise
        return returns_a_coroutine(session, item, attempt + 1, key)
