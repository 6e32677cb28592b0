"""Planted submissions to exercise 02.3, right and wrong."""

import asyncio
import time
from functools import partial
from typing import NamedTuple

import aiohttp

from ..submissions import Planted

planted = Planted()


async def _document(session, path, **options):
    async with session.get(path, **options) as response:
        document = await response.json()
        return ("ok" if response.ok else "refused"), document


async def _sorted(pair):
    """Await a pair, and sort what it raises into the right outcomes."""
    try:
        return await pair
    except TimeoutError:
        return "timed out", None
    except aiohttp.ClientConnectionError:
        return "unreachable", None
    except aiohttp.ClientError:
        return "broken", None


@planted.wrong("02.3", "http://slow.test/items/7: It returned 'unreachable'; expected 'timed out'. Here `connect` ends")
async def timeouts_of_reads_only(session, path):
    try:
        return await _document(session, path)
    except aiohttp.SocketTimeoutError:
        return "timed out", None
    except aiohttp.ClientConnectionError:
        return "unreachable", None
    except aiohttp.ClientError:
        return "broken", None
    except TimeoutError:
        return "timed out", None


@planted.wrong("02.3", "/fault/slow_headers: It raised TimeoutError. Look at line")
async def only_client_errors(session, path):
    try:
        return await _document(session, path)
    except aiohttp.ServerTimeoutError:
        return "timed out", None
    except aiohttp.ClientConnectionError:
        return "unreachable", None
    except aiohttp.ClientError:
        return "broken", None


@planted.wrong("02.3", "/fault/hang: It returned 'unreachable'; expected 'timed out'. Here `sock_read` ends the wait")
async def connection_errors_first(session, path):
    try:
        return await _document(session, path)
    except aiohttp.ClientConnectionError:
        return "unreachable", None
    except TimeoutError:
        return "timed out", None
    except aiohttp.ClientError:
        return "broken", None


@planted.wrong("02.3", "/fault/hang: It returned 'unreachable'; expected 'timed out'. Here `sock_read` ends the wait")
async def operating_system_errors_first(session, path):
    try:
        return await _document(session, path)
    except OSError:
        return "unreachable", None
    except aiohttp.ClientError:
        return "broken", None


@planted.wrong("02.3", "/fault/garbage: It returned 'refused'; expected 'broken'. aiohttp raises a ClientResponseError")
async def every_response_error_is_a_refusal(session, path):
    try:
        return await _document(session, path)
    except TimeoutError:
        return "timed out", None
    except aiohttp.ContentTypeError:
        return "broken", None
    except aiohttp.ClientResponseError:
        return "refused", None
    except aiohttp.ClientPayloadError:
        return "broken", None
    except aiohttp.ClientError:
        return "unreachable", None


@planted.wrong("02.3", "/fault/truncate: It returned 'unreachable'; expected 'broken'")
async def a_body_cut_short_is_unreachable(session, path):
    try:
        return await _document(session, path)
    except TimeoutError:
        return "timed out", None
    except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError):
        return "unreachable", None
    except aiohttp.ClientError:
        return "broken", None


@planted.wrong("02.3", "/fault/reset: It returned 'broken'; expected 'unreachable'")
async def only_a_closed_connection_is_unreachable(session, path):
    try:
        return await _document(session, path)
    except TimeoutError:
        return "timed out", None
    except aiohttp.ServerDisconnectedError:
        return "unreachable", None
    except aiohttp.ClientError:
        return "broken", None


@planted.wrong(
    "02.3", "http://unknown.test/items/7: It returned 'broken'; expected 'unreachable'. No server has that name"
)
async def a_failed_connection_is_broken(session, path):
    try:
        return await _document(session, path)
    except TimeoutError:
        return "timed out", None
    except aiohttp.ClientConnectorError:
        return "broken", None
    except aiohttp.ClientConnectionError:
        return "unreachable", None
    except aiohttp.ClientError:
        return "broken", None


@planted.wrong("02.3", "/status/400: The outcome 'refused' is right, but it came with None")
async def error_document_lost(session, path):
    try:
        async with session.get(path) as response:
            response.raise_for_status()
            return "ok", await response.json()
    except TimeoutError:
        return "timed out", None
    except aiohttp.ClientConnectionError:
        return "unreachable", None
    except aiohttp.ContentTypeError:
        return "broken", None
    except aiohttp.ClientResponseError:
        return "refused", None
    except aiohttp.ClientError:
        return "broken", None


@planted.wrong("02.3", "/status/400: It returned 'ok'; expected 'refused'. Every status from 400 up is a refusal")
async def status_unnoticed(session, path):
    async def read():
        async with session.get(path) as response:
            return "ok", await response.json()

    return await _sorted(read())


def _by_status(name, refuses):
    """Return a submission that is right except for the statuses that it takes for a refusal."""

    async def submission(session, path):
        async def read():
            async with session.get(path) as response:
                document = await response.json()
                return ("refused" if refuses(response.status) else "ok"), document

        return await _sorted(read())

    submission.__name__ = name
    return submission


for name, refuses, symptom in (
    (
        "only_200_is_good",
        lambda status: status != 200,
        "/status/201: It returned 'refused'; expected 'ok'. Every status",
    ),
    ("only_200_and_201_are_good", lambda status: status not in (200, 201), "/status/226: It returned 'refused'"),
    ("good_below_300", lambda status: status >= 300, "/status/300: It returned 'refused'; expected 'ok'"),
    ("only_404_is_a_refusal", lambda status: status == 404, "/status/400: It returned 'ok'; expected 'refused'"),
    ("good_up_to_400", lambda status: status > 400, "/status/400: It returned 'ok'; expected 'refused'"),
    ("only_client_errors_are_refusals", lambda status: 400 <= status < 500, "/status/500: It returned 'ok'"),
    ("only_server_errors_are_refusals", lambda status: status >= 500, "/status/400: It returned 'ok'"),
):
    planted.wrong("02.3", symptom)(_by_status(name, refuses))


@planted.wrong("02.3", "/fault/slow_body: It raised TimeoutError. Look at line")
async def body_read_outside_of_the_try(session, path):
    try:
        response = await session.get(path)
    except TimeoutError:
        return "timed out", None
    except aiohttp.ClientConnectionError:
        return "unreachable", None
    except aiohttp.ClientError:
        return "broken", None
    async with response:
        return ("ok" if response.ok else "refused"), await response.json()


@planted.wrong("02.3", "Cancelled while it waited for the response, it did not raise CancelledError")
async def catches_everything(session, path):
    try:
        return await _document(session, path)
    except TimeoutError:
        return "timed out", None
    except aiohttp.ClientConnectionError:
        return "unreachable", None
    except:  # noqa: E722
        return "broken", None


@planted.wrong("02.3", "Cancelled while it read the body, it did not raise CancelledError")
async def catches_everything_around_the_body(session, path):
    async def read():
        async with session.get(path) as response:
            try:
                document = await response.json()
            except (TimeoutError, aiohttp.ClientError):
                raise
            except BaseException:
                return "broken", None
            return ("ok" if response.ok else "refused"), document

    return await _sorted(read())


@planted.wrong("02.3", "/fault/wrong_type: It returned 'ok'; expected 'broken'. aiohttp raises a ContentTypeError")
async def json_under_any_name(session, path):
    async def read():
        async with session.get(path) as response:
            document = await response.json(content_type=None)
            return ("ok" if response.ok else "refused"), document

    return await _sorted(read())


@planted.wrong("02.3", "/redirect/2: It returned 'broken'; expected 'ok'. aiohttp follows redirects by itself")
async def redirects_not_followed(session, path):
    return await _sorted(_document(session, path, allow_redirects=False))


@planted.wrong("02.3", "/redirect/9: It returned 'timed out'; expected 'ok'. Its ten responses take ten minutes")
async def a_limit_of_its_own(session, path):
    async def read():
        async with asyncio.timeout(10):
            return await _document(session, path)

    return await _sorted(read())


@planted.wrong("02.3", "/redirect/9: It returned 'timed out'; expected 'ok'. Its ten responses take ten minutes")
async def a_long_limit_of_its_own(session, path):
    return await _sorted(asyncio.wait_for(_document(session, path), 300))


@planted.wrong("02.3", "/items/7: It closed `session`, which its caller may still need. Use it without `async with`.")
async def session_closed(session, path):
    async with session:
        return await _sorted(_document(session, path))


@planted.wrong("02.3", "/items/7: It sent a request with the method POST; expected GET.")
async def with_post(session, path):
    async def read():
        async with session.post(path) as response:
            return ("ok" if response.ok else "refused"), await response.json()

    return await _sorted(read())


@planted.wrong("02.3", "Cancelled while it waited for the response, it did not raise CancelledError")
async def goes_on_when_cancelled(session, path):
    while True:
        try:
            return await _sorted(_document(session, path))
        except asyncio.CancelledError:
            continue


@planted.wrong("02.3", "/fault/hang: It took 6.00 s; the session's timeout should end it after 0.7 s")
async def limits_replaced(session, path):
    return await _sorted(_document(session, path, timeout=aiohttp.ClientTimeout(total=5)))


@planted.wrong("02.3", "/fault/slow_headers: It returned 'ok'; expected 'timed out'")
async def only_silence_limited(session, path):
    return await _sorted(_document(session, path, timeout=aiohttp.ClientTimeout(sock_read=0.7)))


@planted.wrong("02.3", "/fault/hang: It sent 2 requests with the session that it was given; expected 1.")
async def a_second_attempt(session, path):
    pair = await _sorted(_document(session, path))
    return pair if pair[0] in ("ok", "refused") else await _sorted(_document(session, path))


@planted.wrong("02.3", "/items/7: It sent 2 requests with the session that it was given; expected 1")
async def status_first(session, path):
    async with session.head(path) as response:
        if response.status == 404:
            return "refused", None
    return await _sorted(_document(session, path))


@planted.wrong("02.3", "/items/7: It sent 0 requests with the session that it was given; expected 1")
async def with_another_session(session, path):
    async with aiohttp.ClientSession(session._base_url, timeout=session.timeout) as other:
        return await _sorted(_document(other, path))


@planted.wrong("02.3", "/items/7: It returned ['ok', {")
async def a_list_of_two(session, path):
    return list(await _sorted(_document(session, path)))


@planted.wrong("02.3", "/items/7: It returned 'ok'; expected a tuple of two, such as ('ok', {")
async def the_outcome_alone(session, path):
    return (await _sorted(_document(session, path)))[0]


@planted.wrong("02.3", "'related': [8, 9, 10]}; expected 'ok'. The outcome comes first")
async def the_document_first(session, path):
    outcome, document = await _sorted(_document(session, path))
    return document, outcome


@planted.wrong("02.3", "/items/7: The outcome 'ok' is right, but it came with a ClientResponse")
async def the_response_in_place_of_its_document(session, path):
    async with session.get(path) as response:
        return "ok", response


@planted.wrong(
    "02.3", "/fault/hang: The outcome 'timed out' is right, but it came with 'Timeout on reading data from socket'"
)
async def with_the_message(session, path):
    try:
        return await _document(session, path)
    except TimeoutError as error:
        return "timed out", str(error)
    except aiohttp.ClientConnectionError:
        return "unreachable", None
    except aiohttp.ClientError:
        return "broken", None


@planted.right("02.3")
async def sorted_by_kind(session, path):
    try:
        async with session.get(path) as response:
            document = await response.json()
    except Exception as error:
        if isinstance(error, asyncio.TimeoutError):
            return "timed out", None
        if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ClientResponseError):
            return "broken", None
        return "unreachable", None
    return ("refused" if response.status >= 400 else "ok"), document


@planted.right("02.3")
async def cancellation_raised_again(session, path):
    try:
        return await _sorted(_document(session, path))
    except asyncio.CancelledError:
        raise
    except BaseException:
        return "broken", None


class Outcome(NamedTuple):
    """A pair with names."""

    name: str
    document: object = None


async def _named_pair(kind, session, path):
    response = None
    try:
        response = await session.get(path)
        return kind("ok" if response.status < 400 else "refused", await response.json())
    except (TimeoutError, aiohttp.ServerTimeoutError):
        return kind("timed out")
    except (aiohttp.ClientPayloadError, aiohttp.ClientResponseError):
        return kind("broken")
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        return kind("unreachable")
    finally:
        if response is not None:
            response.release()


a_partial_function = partial(_named_pair, Outcome)
a_partial_function.__name__ = "a_partial_function"
planted.right("02.3")(a_partial_function)


@planted.right("02.3")
async def status_before_the_document(session, path):
    async def read():
        async with session.get(path) as response:
            if not response.ok:
                return "refused", await response.json()
            return "ok", await response.json()

    return await _sorted(asyncio.create_task(read()))


@planted.wrong("02.3", "/items/7: It returned a tuple of 3; expected a tuple of two")
async def the_response_too(session, path):
    async with session.get(path) as response:
        return "ok", response, await response.json()


@planted.wrong("02.3", "it came with a list; expected")
async def the_response_in_the_document(session, path):
    async with session.get(path) as response:
        return "ok", [response, await response.json()]


@planted.wrong("02.3", "/status/599: It returned 'ok'; expected 'refused'")
async def a_range_that_is_one_short(session, path):
    async def pair():
        async with session.get(path) as response:
            return ("refused" if response.status in range(400, 599) else "ok"), await response.json()

    return await _sorted(pair())


@planted.wrong("02.3", "Cancelled while it read the body of an error document, it did not raise CancelledError")
async def catches_a_cancellation_around_an_error_document(session, path):
    return await _sorted(_refused_without(asyncio.CancelledError, session, path))


async def _refused_without(error, session, path):
    """Read a document, or do without it if this error comes within an error document."""
    async with session.get(path) as response:
        if response.ok:
            return "ok", await response.json()
        try:
            return "refused", await response.json()
        except error:
            return "refused", None


@planted.wrong("02.3", "The status was 503. /fault/slow_body?gap=5: It returned 'refused'; expected 'timed out'.")
async def an_error_document_that_stalls_is_a_refusal(session, path):
    return await _sorted(_refused_without(TimeoutError, session, path))


@planted.wrong("02.3", "It returned 'refused'; expected 'broken'. The body is cut short, whatever the status.")
async def an_error_document_cut_short_is_a_refusal(session, path):
    return await _sorted(_refused_without(aiohttp.ClientPayloadError, session, path))


@planted.wrong(
    "02.3", "The status was 503, and the Content-Type text/html. /fault/slow_body?gap=0: It returned 'refused'"
)
async def an_error_page_is_a_refusal(session, path):
    return await _sorted(_refused_without(aiohttp.ContentTypeError, session, path))


async def _with_the_types(types, session, path):
    """Read a document whose Content-Type is one of these, to the letter."""
    async with session.get(path) as response:
        if response.headers.get("Content-Type") not in types:
            return "broken", None
        document = await response.json()
        return ("ok" if response.ok else "refused"), document


@planted.wrong(
    "02.3", "The Content-Type was application/json; charset=utf-8. /fault/slow_body?gap=0: It returned 'broken'"
)
async def the_content_type_to_the_letter(session, path):
    return await _sorted(_with_the_types(("application/json", "application/problem+json"), session, path))


@planted.wrong("02.3", "There was no Content-Type. /fault/slow_body?gap=0: It raised KeyError: 'Content-Type'.")
async def the_content_type_looked_up(session, path):
    async def read():
        async with session.get(path) as response:
            if "json" not in response.headers["Content-Type"]:
                return "broken", None
            document = await response.json()
            return ("ok" if response.ok else "refused"), document

    return await _sorted(read())


@planted.wrong(
    "02.3", "http://slow.test/fault/slow_body: It returned 'timed out'; expected 'ok'. This session has no timeout"
)
async def a_limit_on_the_body_alone(session, path):
    async def read():
        async with session.get(path) as response:
            return ("ok" if response.ok else "refused"), await asyncio.wait_for(response.json(), 60)

    return await _sorted(read())


def _where_the_session_has_none(name, **seconds):
    """Return a submission that sets timeouts where the session has none."""

    async def submission(session, path):
        fields = ("total", "connect", "sock_read")
        limits = {field: getattr(session.timeout, field) or seconds.get(field) for field in fields}
        return await _sorted(_document(session, path, timeout=aiohttp.ClientTimeout(**limits)))

    submission.__name__ = name
    return submission


for name, seconds in (
    ("twenty_minutes_where_the_session_has_no_total", {"total": 1200}),
    ("a_minute_where_the_session_has_no_sock_read", {"sock_read": 61}),
    ("five_seconds_where_the_session_has_no_connect", {"connect": 5}),
):
    symptom = "http://slow.test/items/7: It returned 'timed out'; expected 'ok'. This session has no timeout"
    planted.wrong("02.3", symptom)(_where_the_session_has_none(name, **seconds))


@planted.wrong("02.3", "/redirect/9: It returned 'broken'; expected 'ok'. Nine redirects are allowed")
async def eight_redirects_followed(session, path):
    return await _sorted(_document(session, path, max_redirects=9))


@planted.wrong("02.3", "/redirect/10: It returned 'ok'; expected 'broken'.")
async def twenty_redirects_followed(session, path):
    return await _sorted(_document(session, path, max_redirects=20))


@planted.wrong("02.3", "After `except` comes an exception class, or a tuple of them. Look at line")
async def a_setting_in_an_except_clause(session, path):
    try:
        return await _document(session, path)
    except aiohttp.ClientTimeout:
        return "timed out", None


@planted.wrong("02.3", "/redirect/10: It raised TooManyRedirects")
async def too_many_redirects_unexpected(session, path):
    try:
        return await _document(session, path)
    except TimeoutError:
        return "timed out", None
    except aiohttp.ClientConnectionError:
        return "unreachable", None
    except aiohttp.TooManyRedirects:
        raise
    except aiohttp.ClientError:
        return "broken", None


@planted.wrong("02.3", "/text: It raised JSONDecodeError: Expecting value: line 1 column 1 (char 0)")
async def everything_but_html_is_json(session, path):
    async def read():
        async with session.get(path) as response:
            if response.content_type == "text/html":
                return "broken", None
            return ("ok" if response.ok else "refused"), await response.json(content_type=None)

    return await _sorted(read())


@planted.wrong("02.3", "/bytes/0: It returned 'ok'; expected 'broken'. aiohttp raises a ContentTypeError")
async def everything_that_can_be_decoded_is_json(session, path):
    try:
        return await everything_but_html_is_json(session, path)
    except ValueError:
        return "broken", None


@planted.wrong("02.3", "/items/7: It returned 'unreachable'; expected 'ok'. Does an `except` hide an error")
async def body_read_after_the_block(session, path):
    async def read():
        async with session.get(path) as response:
            outcome = "ok" if response.ok else "refused"
        return outcome, await response.json()

    return await _sorted(read())


@planted.wrong("02.3", "It returned 'error'; expected 'timed out'")
async def an_outcome_of_its_own(session, path):
    try:
        return await _document(session, path)
    except (aiohttp.ClientError, TimeoutError):
        return "error", None


def _by_document(name, symptom, pair):
    async def submission(session, path):
        async def read():
            async with session.get(path) as response:
                return pair(response, await response.json())

        return await _sorted(read())

    submission.__name__ = name
    planted.wrong("02.3", symptom)(submission)


def _outcome(refused):
    return "refused" if refused else "ok"


_by_document(
    "nothing_for_an_empty_document",
    "/items?page=1001: The outcome 'ok' is right, but it came with None; expected [].",
    lambda response, document: (_outcome(not response.ok), document or None),
)
_by_document(
    "a_refusal_by_the_fields_of_the_document",
    "/items/5: It returned 'refused'; expected 'ok'. Every status below 400 is good.",
    lambda response, document: (_outcome(not response.ok or "error" in document), document),
)
_by_document(
    "a_refusal_by_its_content_type",
    "The Content-Type was application/problem+json. /fault/slow_body?gap=0: It returned 'refused'; expected 'ok'.",
    lambda response, document: (_outcome(response.content_type == "application/problem+json"), document),
)
_by_document(
    "a_timeout_by_its_status",
    "/status/408: It returned 'timed out'; expected 'refused'. Every status from 400 up is a refusal.",
    lambda response, document: ("timed out", None) if response.status == 408 else (_outcome(not response.ok), document),
)


@planted.wrong("02.3", "/fault/reset?latency=0.6: It returned 'timed out'; expected 'unreachable'.")
async def timeouts_by_the_clock(session, path):
    began = time.monotonic()
    outcome, document = await _sorted(_document(session, path))
    is_late = document is None and time.monotonic() - began >= 0.5
    return "timed out" if is_late else outcome, document


@planted.wrong("02.3", "A dict finds the exact class only; `except` and `isinstance` find its subclasses, too.")
async def outcomes_in_a_dict(session, path):
    outcomes = {TimeoutError: "timed out", aiohttp.ClientConnectionError: "unreachable", aiohttp.ClientError: "broken"}
    try:
        return await _document(session, path)
    except (aiohttp.ClientError, TimeoutError) as error:
        return outcomes[type(error)], None


@planted.wrong("02.3", "The first `except` clause that fits is used: put narrow classes before wide ones.")
async def the_wide_clause_first(session, path):
    try:
        return await _document(session, path)
    except TimeoutError:
        return "timed out", None
    except aiohttp.ClientError:
        return "broken", None


@planted.wrong("02.3", "The session's timeout should end it after 0.7 s: set none of your own.")
async def a_longer_timeout_of_its_own(session, path):
    return await _sorted(_document(session, path, timeout=aiohttp.ClientTimeout(total=100)))
