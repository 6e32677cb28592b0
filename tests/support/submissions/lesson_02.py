"""Planted to the exercises of lesson 02, wrong ones and right ones."""

import asyncio
import contextlib
import json

import aiohttp

from ..submissions import Planted

planted = Planted()


@planted.wrong("02.1", "A session for each request opens a connection for each")
async def a_session_for_each(url, ids):
    items = []
    for id in ids:
        async with aiohttp.ClientSession(url) as session, session.get(f"/items/{id}") as response:
            items.append(await response.json())
    return items


@planted.wrong("02.1", "Requests in flight at once need a connection each")
async def all_at_once(url, ids):
    async def fetch(id):
        async with session.get(f"/items/{id}") as response:
            return await response.json()

    async with aiohttp.ClientSession(url) as session:
        return await asyncio.gather(*(fetch(id) for id in ids))


@planted.wrong("02.1", "nobody closed the session: 'Unclosed client session'")
async def never_closed(url, ids):
    session = aiohttp.ClientSession(url)
    items = []
    for id in ids:
        async with session.get(f"/items/{id}") as response:
            items.append(await response.json())
    return items


KEPT = []


@planted.wrong("02.1", "its session is still open afterwards")
async def kept_for_the_next_time(url, ids):
    KEPT.append(session := aiohttp.ClientSession(url))
    items = []
    for id in ids:
        async with session.get(f"/items/{id}") as response:
            items.append(await response.json())
    return items


@planted.wrong("02.1", "It raised RuntimeError: Session is closed")
async def used_after_its_end(url, ids):
    async with aiohttp.ClientSession(url) as session:
        pass
    return [await (await session.get(f"/items/{id}")).json() for id in ids]


@planted.wrong("02.1", "The list holds a coroutine")
async def json_not_awaited(url, ids):
    items = []
    async with aiohttp.ClientSession(url) as session:
        for id in ids:
            async with session.get(f"/items/{id}") as response:
                items.append(response.json())
    for item in items:
        item.close()
    return items


async def _follow(session, response):
    async with session.get(response.headers["Location"]) as read:
        return await read.json()


@planted.wrong("02.2", "a body that calls itself application/x-www-form-urlencoded")
async def as_a_form(session, fields):
    async with session.post("/items", data=fields) as response:
        response.raise_for_status()
        return await _follow(session, response)


@planted.wrong("02.2", "a body that calls itself application/x-www-form-urlencoded")
async def as_a_form_unnoticed(session, fields):
    async with session.post("/items", data=fields) as response:
        return await _follow(session, response)


@planted.wrong("02.2", "a body that calls itself text/plain")
async def as_plain_text(session, fields):
    async with session.post("/items", data=json.dumps(fields)) as response:
        response.raise_for_status()
        return await _follow(session, response)


@planted.wrong("02.2", "The server got a JSON text, not an object")
async def encoded_twice(session, fields):
    async with session.post("/items", json=json.dumps(fields)) as response:
        response.raise_for_status()
        return await _follow(session, response)


@planted.wrong("02.2", "the fields are in the address")
async def as_parameters(session, fields):
    async with session.post("/items", params=fields) as response:
        response.raise_for_status()
        return await _follow(session, response)


@planted.wrong("02.2", "The server saw no POST")
async def with_get(session, fields):
    async with session.get("/items", params=fields) as response:
        return await response.json()


@planted.wrong("02.2", "It saw no GET of /items/10001")
async def location_not_followed(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
        return await response.json()


@planted.wrong("02.2", "It raised KeyError: 'Location'")
async def refusal_unnoticed(session, fields):
    async with session.post("/items", json=fields) as response:
        return await _follow(session, response)


@planted.wrong("02.2", "returned as if nothing had happened")
async def refusal_swallowed(session, fields):
    async with session.post("/items", json=fields) as response:
        if response.status != 201:
            return None
        return await _follow(session, response)


async def _document(session, path):
    async with session.get(path) as response:
        return ("ok" if response.ok else "refused"), await response.json()


@planted.wrong("02.3", "with a TimeoutError that is no ClientError")
async def only_client_errors(session, path):
    try:
        return await _document(session, path)
    except aiohttp.ServerTimeoutError:
        return "timed out", None
    except aiohttp.ClientConnectionError:
        return "unreachable", None
    except aiohttp.ClientError:
        return "broken", None


@planted.wrong("02.3", "an exception that is a ClientConnectionError, too")
async def connection_errors_first(session, path):
    try:
        return await _document(session, path)
    except aiohttp.ClientConnectionError:
        return "unreachable", None
    except TimeoutError:
        return "timed out", None
    except aiohttp.ClientError:
        return "broken", None


@planted.wrong("02.3", "/fault/garbage: It returned 'refused'")
async def every_response_error_is_a_refusal(session, path):
    try:
        async with session.get(path) as response:
            document = await response.json()
            if not response.ok:
                return "refused", document
            return "ok", document
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


@planted.wrong("02.3", "/status/404: Right, 'refused'; but with None")
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


@planted.wrong("02.3", "/status/404: It returned 'ok'")
async def status_unnoticed(session, path):
    try:
        async with session.get(path) as response:
            return "ok", await response.json()
    except TimeoutError:
        return "timed out", None
    except aiohttp.ClientConnectionError:
        return "unreachable", None
    except aiohttp.ClientError:
        return "broken", None


@planted.wrong("02.3", "/status/201: It returned 'refused'; expected 'ok'. Not only 200 is a good status")
async def only_200_is_good(session, path):
    try:
        async with session.get(path) as response:
            return ("ok" if response.status == 200 else "refused"), await response.json()
    except TimeoutError:
        return "timed out", None
    except aiohttp.ClientConnectionError:
        return "unreachable", None
    except aiohttp.ClientError:
        return "broken", None


@planted.wrong("02.3", "/fault/slow_body: It raised TimeoutError")
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


@planted.wrong("02.3", "something in it catches CancelledError")
async def catches_everything(session, path):
    try:
        return await _document(session, path)
    except TimeoutError:
        return "timed out", None
    except aiohttp.ClientConnectionError:
        return "unreachable", None
    except:  # noqa: E722
        return "broken", None


async def _save(session, path, file, limits):
    async with session.get(path, timeout=limits) as response:
        response.raise_for_status()
        async for chunk in response.content.iter_chunked(65536):
            file.write(chunk)


@planted.wrong("02.4", "the session's, unless this request has its own")
async def without_limits_of_its_own(session, path, file, stall):
    async with session.get(path) as response:
        response.raise_for_status()
        async for chunk in response.content.iter_chunked(65536):
            file.write(chunk)


@planted.wrong("02.4", "A slow but steady answer was cut off")
async def stall_as_total(session, path, file, stall):
    await _save(session, path, file, aiohttp.ClientTimeout(total=stall))


@planted.wrong("02.4", "fell silent in the middle of the body, and the limit is 0.8 s. It had not ended after 4 s")
async def no_limit_at_all(session, path, file, stall):
    await _save(session, path, file, aiohttp.ClientTimeout())


@planted.wrong("02.4", "fell silent in the middle of the body, and the limit is 0.8 s. It had not ended after 4 s")
async def stall_as_connect(session, path, file, stall):
    await _save(session, path, file, aiohttp.ClientTimeout(connect=stall, sock_connect=stall))


@planted.wrong("02.4", "the whole body stood in memory")
async def all_at_one_time(session, path, file, stall):
    async with session.get(path, timeout=aiohttp.ClientTimeout(sock_read=stall)) as response:
        response.raise_for_status()
        file.write(await response.read())


@planted.wrong("02.4", "the file now holds its error document")
async def error_document_saved(session, path, file, stall):
    async with session.get(path, timeout=aiohttp.ClientTimeout(sock_read=stall)) as response:
        async for chunk in response.content.iter_chunked(65536):
            file.write(chunk)


@planted.wrong("02.4", "the file now holds its error document")
async def error_raised_when_it_is_saved(session, path, file, stall):
    async with session.get(path, timeout=aiohttp.ClientTimeout(sock_read=stall)) as response:
        async for chunk in response.content.iter_chunked(65536):
            file.write(chunk)
        response.raise_for_status()


@planted.wrong("02.4", "The server answered 404, and your function returned as if all were well")
async def error_passed_over(session, path, file, stall):
    async with session.get(path, timeout=aiohttp.ClientTimeout(sock_read=stall)) as response:
        if response.ok:
            async for chunk in response.content.iter_chunked(65536):
                file.write(chunk)


@planted.wrong("02.4", "returned as if all were there")
async def stall_swallowed(session, path, file, stall):
    with contextlib.suppress(TimeoutError):
        await _save(session, path, file, aiohttp.ClientTimeout(sock_read=stall))


@planted.wrong("02.4", "The server sent 20 bytes, and the file holds")
async def what_is_there_already(session, path, file, stall):
    async with session.get(path, timeout=aiohttp.ClientTimeout(sock_read=stall)) as response:
        response.raise_for_status()
        file.write(await response.content.read(65536))


@planted.right("02.1")
async def all_together_on_one_connection(url, ids):
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=1)) as session:

        async def read(id):
            async with session.get(f"/items/{id}") as response:
                return await response.json()

        return await asyncio.gather(*map(read, ids))


@planted.right("02.4")
async def a_limit_on_each_piece(session, path, file, stall):
    timeout = aiohttp.ClientTimeout(total=None)
    async with session.get(path, timeout=timeout, raise_for_status=True) as response:
        while piece := await asyncio.wait_for(response.content.readany(), stall):
            file.write(piece)
