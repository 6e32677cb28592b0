"""Planted to the exercises of lesson 04, wrong ones and right ones."""

import asyncio
import random
import time
import uuid
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

from ..submissions import Planted

planted = Planted()

HEALING = {408, 425, 429, 500, 502, 503, 504}


def _heals(error):
    if isinstance(error, aiohttp.ClientResponseError):
        return error.status in HEALING
    return isinstance(error, aiohttp.ClientConnectionError | aiohttp.ClientPayloadError | TimeoutError)


async def _get(session, path):
    async with session.get(path) as response:
        response.raise_for_status()
        return await response.json()


@planted.wrong("04.1", "/status/404 3 times; it expected 1: such an answer does not heal")
async def on_any_error(session, path, tries):
    for attempt in range(1, tries + 1):
        try:
            return await _get(session, path)
        except aiohttp.ClientError:
            if attempt == tries:
                raise
        await asyncio.sleep(0.1 * 2 ** (attempt - 1))
    return None


@planted.wrong("04.1", "It slept after its last try")
async def sleeps_after_the_last(session, path, tries):
    last = None
    for attempt in range(tries):
        try:
            return await _get(session, path)
        except Exception as error:
            if not _heals(error):
                raise
            last = error
        await asyncio.sleep(0.1 * 2**attempt)
    raise last


@planted.wrong("04.1", "/status/503 4 times; it expected 3: it had 3 tries")
async def one_try_too_many(session, path, tries):
    for attempt in range(tries + 1):
        try:
            return await _get(session, path)
        except Exception as error:
            if attempt == tries or not _heals(error):
                raise
        await asyncio.sleep(0.1 * 2**attempt)
    return None


def _doubled(attempt):
    return 0.1 * 2 ** (attempt - 1)


async def _with_pauses(session, path, tries, pause=_doubled, heals=_heals):
    for attempt in range(1, tries + 1):
        try:
            return await _get(session, path)
        except Exception as error:
            if attempt == tries or not heals(error):
                raise
        await asyncio.sleep(pause(attempt))
    return None


@planted.wrong("04.1", "failed; expected 0.")  # of try 2 or, on a busy machine, of one after
async def no_wait(session, path, tries):
    return await _with_pauses(session, path, tries, lambda attempt: 0)


@planted.wrong("04.1", "The event loop stood still while it waited")
async def a_blocking_wait(session, path, tries):
    def pause(attempt):
        time.sleep(_doubled(attempt))
        return 0

    return await _with_pauses(session, path, tries, pause)


@planted.wrong("04.1", "failed; expected 0.")  # of try 3 or, on a busy machine, of try 4
async def the_same_wait_each_time(session, path, tries):
    return await _with_pauses(session, path, tries, lambda attempt: 0.1)


@planted.wrong("04.1", "failed; expected 0.")  # of try 4 or, on a busy machine, of one before
async def the_exponent_counted_from_one(session, path, tries):
    return await _with_pauses(session, path, tries, lambda attempt: 0.1 * 2**attempt)


@planted.wrong("04.1", "failed; expected 0.")  # of try 3 or, on a busy machine, of try 4
async def a_tenth_more_each_time(session, path, tries):
    return await _with_pauses(session, path, tries, lambda attempt: 0.1 * attempt)


@planted.wrong("04.1", "it expected 5: try 5 is answered")
async def only_what_the_server_takes_on_itself(session, path, tries):
    def heals(error):
        return _heals(error) and getattr(error, "status", 500) >= 500

    return await _with_pauses(session, path, tries, heals=heals)


@planted.wrong("04.1", "The server dropped the connection, and it did not try again")
async def no_dropped_connection(session, path, tries):
    def heals(error):
        return _heals(error) and not isinstance(error, aiohttp.ClientConnectionError)

    return await _with_pauses(session, path, tries, heals=heals)


@planted.wrong("04.1", "It met a TimeoutError, and it did not try again")
async def no_time_out(session, path, tries):
    def heals(error):
        return _heals(error) and not isinstance(error, TimeoutError)

    return await _with_pauses(session, path, tries, heals=heals)


@planted.wrong("04.1", "/status/501 3 times; it expected 1: such an answer does not heal")
async def all_that_the_server_takes_on_itself(session, path, tries):
    def heals(error):
        return _heals(error) or getattr(error, "status", 400) >= 500

    return await _with_pauses(session, path, tries, heals=heals)


@planted.wrong("04.1", "/status/400 3 times; it expected 1: such an answer does not heal")
async def all_but_what_is_not_there(session, path, tries):
    def heals(error):
        return getattr(error, "status", 500) not in (404, 501)

    return await _with_pauses(session, path, tries, heals=heals)


@planted.wrong("04.1", "/status/405 3 times; it expected 1: such an answer does not heal")
async def all_but_what_the_table_names(session, path, tries):
    def heals(error):
        return getattr(error, "status", 500) not in (400, 401, 403, 404, 422, 501)

    return await _with_pauses(session, path, tries, heals=heals)


@planted.wrong("04.1", "It returned a str; expected a dict")
async def the_text(session, path, tries):
    return str(await _with_pauses(session, path, tries))


@planted.wrong("04.1", "it returned None")
async def gives_up_in_silence(session, path, tries):
    for attempt in range(1, tries + 1):
        try:
            return await _get(session, path)
        except Exception as error:
            if not _heals(error):
                raise
        if attempt < tries:
            await asyncio.sleep(0.1 * 2 ** (attempt - 1))
    return None


@planted.wrong("04.1", "once; it expected 2: try 2 is answered")
async def statuses_only(session, path, tries):
    for attempt in range(1, tries + 1):
        async with session.get(path) as response:
            if response.status not in HEALING or attempt == tries:
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(0.1 * 2 ** (attempt - 1))
    return None


@planted.wrong("04.1", "It raised UnboundLocalError")
async def error_after_the_clause(session, path, tries):
    for attempt in range(1, tries + 1):
        try:
            return await _get(session, path)
        except Exception as error:
            if not _heals(error):
                raise
        if attempt < tries:
            await asyncio.sleep(0.1 * 2 ** (attempt - 1))
    raise error  # noqa: F821


async def _with_waits(session, path, wait):
    for attempt in range(1, 6):
        async with session.get(path) as response:
            if response.ok:
                return await response.json()
        await asyncio.sleep(wait(attempt))
    return None


@planted.wrong("04.2", "`rng.uniform` was never called")
async def no_jitter(session, path, base, cap, rng):
    return await _with_waits(session, path, lambda n: min(cap, base * 2 ** (n - 1)))


@planted.wrong("04.2", "it drew a wait from 0 to 0.15 s; full jitter draws from 0 to 0.3 s")
async def equal_jitter(session, path, base, cap, rng):
    def wait(attempt):
        half = min(cap, base * 2 ** (attempt - 1)) / 2
        return half + rng.uniform(0, half)

    return await _with_waits(session, path, wait)


@planted.wrong("04.2", "waited longer than they had drawn")
async def jitter_on_top(session, path, base, cap, rng):
    def wait(attempt):
        ceiling = min(cap, base * 2 ** (attempt - 1))
        return ceiling + rng.uniform(0, ceiling)

    return await _with_waits(session, path, wait)


@planted.wrong("04.2", "waited longer than they had drawn")
async def drawn_and_thrown_away(session, path, base, cap, rng):
    def wait(attempt):
        ceiling = min(cap, base * 2 ** (attempt - 1))
        rng.uniform(0, ceiling)
        return ceiling

    return await _with_waits(session, path, wait)


@planted.wrong("04.2", "After failure 2 it drew a wait from 0 to 0.3 s")
async def never_doubles(session, path, base, cap, rng):
    return await _with_waits(session, path, lambda n: rng.uniform(0, min(cap, base)))


@planted.wrong("04.2", "After failure 3 it drew a wait from 0 to 1.2 s; full jitter draws from 0 to 0.9 s")
async def no_cap(session, path, base, cap, rng):
    return await _with_waits(session, path, lambda n: rng.uniform(0, base * 2 ** (n - 1)))


@planted.wrong("04.2", "`rng.uniform` was never called")
async def the_same_seed_for_all(session, path, base, cap, rng):
    own = random.Random(7)
    return await _with_waits(session, path, lambda n: own.uniform(0, min(cap, base * 2 ** (n - 1))))


@planted.wrong("04.2", "before the time that it had drawn")
async def drawn_and_halved(session, path, base, cap, rng):
    return await _with_waits(session, path, lambda n: rng.uniform(0, min(cap, base * 2 ** (n - 1))) / 2)


@planted.wrong("04.2", "After failure 1 it drew a wait from 0.3 to 0.9 s")
async def decorrelated(session, path, base, cap, rng):
    wait = base

    def next_wait(attempt):
        nonlocal wait
        wait = min(cap, rng.uniform(base, 3 * wait))
        return wait

    return await _with_waits(session, path, next_wait)


@planted.wrong("04.2", "it expected 5: it tries up to five times")
async def until_it_heals(session, path, base, cap, rng):
    failures = 0
    while True:
        try:
            return await _get(session, path)
        except aiohttp.ClientResponseError:
            failures += 1
        await asyncio.sleep(rng.uniform(0, min(cap, base * 2 ** (failures - 1))))


@planted.wrong("04.2", "The last answer was 503, and it returned None")
async def five_tries_and_no_word(session, path, base, cap, rng):
    return await _with_waits(session, path, lambda n: n < 5 and rng.uniform(0, min(cap, base * 2 ** (n - 1))))


@planted.wrong("04.2", "It waited after its fifth try")
async def waits_before_it_gives_up(session, path, base, cap, rng):
    for failure in range(1, 6):
        try:
            return await _get(session, path)
        except aiohttp.ClientResponseError as error:
            last = error
        await asyncio.sleep(rng.uniform(0, min(cap, base * 2 ** (failure - 1))))
    raise last


async def _politely(session, path, patience, read):
    for attempt in (1, 2, 3):
        async with session.get(path) as response:
            wait = read(response.headers.get("Retry-After"))
            if response.status not in (429, 503) or attempt == 3 or wait > patience:
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(wait)
    return None


def _read(header):
    if header is None:
        return 0.1
    if header.isdigit():
        return float(header)
    return (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()


@planted.wrong("04.3", "It raised ValueError")
async def seconds_only(session, path, patience):
    return await _politely(session, path, patience, lambda header: float(header or 0.1))


@planted.wrong("04.3", "said Retry-After: a date, and was asked again before that")
async def dates_passed_over(session, path, patience):
    return await _politely(session, path, patience, lambda h: float(h) if (h or "").isdigit() else 0.1)


@planted.wrong("04.3", "said Retry-After: 1, and was asked again before that")
async def header_not_read(session, path, patience):
    return await _politely(session, path, patience, lambda header: 0.1)


@planted.wrong("04.3", "It raised TypeError")
async def date_without_a_zone(session, path, patience):
    def read(header):
        if header is None or header.isdigit():
            return _read(header)
        return (parsedate_to_datetime(header) - datetime.now()).total_seconds()

    return await _politely(session, path, patience, read)


@planted.wrong("04.3", "before that. Is the wait a whole number?")
async def the_seconds_of_a_timedelta(session, path, patience):
    def read(header):
        if header is None or header.isdigit():
            return _read(header)
        return (parsedate_to_datetime(header) - datetime.now(UTC)).seconds

    return await _politely(session, path, patience, read)


@planted.wrong("04.3", "past its patience of 5 s, and it waited")
async def waits_as_long_as_it_is_told(session, path, patience):
    return await _politely(session, path, 3600, _read)


@planted.wrong("04.3", "past its patience of 5 s, and it asked again before that")
async def cuts_the_wait_short(session, path, patience):
    return await _politely(session, path, patience, lambda h: _read(h) if _read(h) <= patience else 0.1)


@planted.wrong("04.3", "It gave up and returned None")
async def gives_up_without_a_word(session, path, patience):
    try:
        return await _politely(session, path, patience, _read)
    except aiohttp.ClientResponseError as error:
        if "Retry-After" in error.headers:
            return None
        raise


@planted.wrong("04.3", "it expected 3: it tries three times at most")
async def as_often_as_it_is_told(session, path, patience):
    while True:
        async with session.get(path) as response:
            wait = _read(response.headers.get("Retry-After"))
            if response.status not in (429, 503) or wait > patience:
                response.raise_for_status()
                return await response.json()
        await asyncio.sleep(wait)


@planted.wrong("04.3", "sent no Retry-After, and was asked again after 0.0")
async def no_wait_unless_told(session, path, patience):
    return await _politely(session, path, patience, lambda header: _read(header) if header else 0)


@planted.wrong("04.3", "sent no Retry-After, and was asked again after 1.")
async def a_second_unless_told(session, path, patience):
    return await _politely(session, path, patience, lambda header: _read(header) if header else 1)


@planted.wrong("04.3", "It raised ClientResponseError: 429")
async def too_many_requests_not_tried_again(session, path, patience):
    async with session.get(path) as response:
        if response.status == 429:
            response.raise_for_status()
    return await _politely(session, path, patience, _read)


@planted.wrong("04.3", "It gave up and raised TimeoutError")
async def gives_up_with_an_error_of_its_own(session, path, patience):
    def read(header):
        if (wait := _read(header)) > patience:
            raise TimeoutError(f"{wait} s")
        return wait

    return await _politely(session, path, patience, read)


async def _post(session, item, key):
    async with session.post("/items", json=item, headers={"Idempotency-Key": key}) as response:
        response.raise_for_status()
        return await response.json()


async def _three_times(post, pause=0.0):
    for attempt in (1, 2, 3):
        try:
            return await post()
        except aiohttp.ClientConnectionError:
            if attempt == 3:
                raise
        await asyncio.sleep(pause * attempt)
    return None


@planted.right("04.4")
async def waits_between_the_tries(session, item):
    key = str(uuid.uuid4())
    return await _three_times(lambda: _post(session, item, key), pause=1.0)


@planted.wrong("04.4", "Each answer was lost, and it had not ended after 8 s.")
async def waits_too_long_between_the_tries(session, item):
    key = str(uuid.uuid4())
    return await _three_times(lambda: _post(session, item, key), pause=4.0)


@planted.wrong("04.4", "left 4 items in the store")
async def no_key(session, item):
    async def post():
        async with session.post("/items", json=item) as response:
            return await response.json()

    return await _three_times(post)


@planted.wrong("04.4", "left 4 items in the store")
async def a_new_key_for_each_try(session, item):
    return await _three_times(lambda: _post(session, item, str(uuid.uuid4())))


@planted.wrong("04.4", "Two calls left one item")
async def one_key_for_all(session, item):
    return await _three_times(lambda: _post(session, item, "order"))


@planted.wrong("04.4", "Two calls left one item")
async def the_item_is_the_key(session, item):
    return await _three_times(lambda: _post(session, item, repr(item)))


@planted.wrong("04.4", "It raised ServerDisconnectedError: Server disconnected. The first answer to each call is lost.")
async def not_repeated(session, item):
    return await _post(session, item, str(uuid.uuid4()))


@planted.wrong("04.4", "The server saw")
async def looks_instead_of_repeating(session, item):
    try:
        return await _post(session, item, str(uuid.uuid4()))
    except aiohttp.ClientConnectionError:
        async with session.get("/items?fault=null") as response:
            return (await response.json())[-1]


@planted.wrong("04.4", "it expected 3: each answer was lost")
async def until_it_is_there(session, item):
    key = str(uuid.uuid4())
    while True:
        try:
            return await _post(session, item, key)
        except aiohttp.ClientConnectionError:
            continue


@planted.wrong("04.4", "The server saw /items once; it expected 3: each answer was lost")
async def a_reset_connection_is_no_disconnected_server(session, item):
    key = str(uuid.uuid4())
    for _ in range(2):
        try:
            return await _post(session, item, key)
        except aiohttp.ServerDisconnectedError:
            continue
    return await _post(session, item, key)


@planted.wrong("04.4", "Three planted were lost, and it returned None")
async def three_tries_and_no_word(session, item):
    key = str(uuid.uuid4())
    for _ in range(3):
        try:
            return await _post(session, item, key)
        except aiohttp.ClientConnectionError:
            continue
    return None


@planted.wrong("04.4", "/items 3 times; it expected 1: it refused the item with 422")
async def on_any_error_with_a_key(session, item):
    key = str(uuid.uuid4())
    for attempt in (1, 2, 3):
        try:
            return await _post(session, item, key)
        except aiohttp.ClientError:
            if attempt == 3:
                raise
    return None


@planted.wrong("04.4", "The server refused the item with 422, and it returned a dict")
async def a_refusal_returned_like_an_item(session, item):
    key = str(uuid.uuid4())

    async def post():
        async with session.post("/items", json=item, headers={"Idempotency-Key": key}) as response:
            return await response.json()

    return await _three_times(post)


@planted.right("04.1")
async def statuses_by_a_middleware_of_its_own(session, path, tries):
    async def raise_it(request, send):
        response = await send(request)
        response.raise_for_status()
        return response

    for attempt in range(1, tries + 1):
        try:
            async with session.get(path, middlewares=[raise_it]) as response:
                return await response.json()
        except Exception as error:
            if attempt == tries or not _heals(error):
                raise
        await asyncio.sleep(_doubled(attempt))
    return None


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


@planted.right("04.4")
async def a_key_that_names_the_item(session, item):
    key = f"{item['name']} {uuid.uuid4()}"
    return await _three_times(lambda: _post(session, {**item}, key))


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


@planted.right("04.3")
async def a_date_less_the_unix_time(session, path, patience):
    tries = 0
    while True:
        try:
            return await _get(session, path)
        except aiohttp.ClientResponseError as error:
            tries += 1
            asked = error.headers.get("Retry-After", "0.1")
            date = None if asked[0].isdigit() else parsedate_to_datetime(asked)
            wait = date.timestamp() - time.time() if date else float(asked)
            if error.status not in (429, 503) or tries == 3 or wait > patience:
                raise
        await asyncio.sleep(wait)
