"""Planted submissions to exercises 02.1 and 02.2, right and wrong."""

import asyncio
import json
from contextlib import AsyncExitStack, suppress
from functools import partial

import aiohttp
import requests
from yarl import URL

from ..submissions import Planted
from . import lesson_02_download, lesson_02_failures

planted = Planted()
KEPT = []
CREATED = {}


async def _read(session, id):
    async with session.get(f"/items/{id}") as response:
        return await response.json()


async def _read_all(session, ids):
    return [await _read(session, id) for id in ids]


@planted.wrong("02.1", "The server saw 50 connections; expected 1. A session keeps its connection")
async def a_session_for_each(url, ids):
    items = []
    for id in ids:
        async with aiohttp.ClientSession(url) as session:
            items.append(await _read(session, id))
    return items


@planted.wrong("02.1", "There was one session, but it did not keep its connection")
async def connections_that_are_not_kept(url, ids):
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(force_close=True)) as session:
        return await _read_all(session, ids)


@planted.wrong("02.1", "The server saw 2 connections; expected 1. A session keeps its connection")
async def a_session_for_each_half(url, ids):
    items = []
    for half in ids[:25], ids[25:]:
        async with aiohttp.ClientSession(url) as session:
            items += await _read_all(session, half)
    return items


@planted.wrong("02.1", "Requests in flight at once need a connection each")
async def all_at_once(url, ids):
    async with aiohttp.ClientSession(url) as session:
        return await asyncio.gather(*(_read(session, id) for id in ids))


@planted.wrong("02.1", "The server saw 2 connections; expected 1. Requests in flight at once")
async def two_at_once(url, ids):
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=2)) as session:
        return await asyncio.gather(*(_read(session, id) for id in ids))


@planted.wrong("02.1", "The session was still open when your function returned")
async def never_closed(url, ids):
    return await _read_all(aiohttp.ClientSession(url), ids)


@planted.wrong("02.1", "The connector was still open when your function returned. Await its `close()`")
async def connector_detached(url, ids):
    async with aiohttp.ClientSession(url) as session:
        items = await _read_all(session, ids)
        session.detach()
    return items


@planted.wrong("02.1", "The connector was still open when your function returned. Await its `close()`")
async def connector_of_its_own_not_closed(url, ids):
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(), connector_owner=False) as session:
        return await _read_all(session, ids)


@planted.wrong("02.1", "The session was still open when your function returned")
async def closed_by_a_task_later(url, ids):
    session = aiohttp.ClientSession(url)
    try:
        return await _read_all(session, ids)
    finally:
        KEPT.append(asyncio.create_task(session.close()))


@planted.wrong("02.1", "The session was still open when your function returned")
async def kept_for_an_hour(url, ids):
    session = aiohttp.ClientSession(url)
    loop = asyncio.get_running_loop()
    loop.call_later(3600, lambda: loop.create_task(session.close()))
    return await _read_all(session, ids)


@planted.wrong("02.1", "It raised RuntimeError: Session is closed. The end of an `async with` block closes its session")
async def used_after_its_end(url, ids):
    async with aiohttp.ClientSession(url) as session:
        pass
    return await _read_all(session, ids)


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


@planted.wrong("02.1", "The list holds a str where a dict was expected")
async def text_in_place_of_documents(url, ids):
    items = []
    async with aiohttp.ClientSession(url) as session:
        for id in ids:
            async with session.get(f"/items/{id}") as response:
                items.append(await response.text())
    return items


@planted.wrong("02.1", "Read the body inside the response's `async with` block. Look at line")
async def read_after_the_response(url, ids):
    items = []
    async with aiohttp.ClientSession(url) as session:
        for id in ids:
            async with session.get(f"/items/{id}") as response:
                pass
            items.append(await response.json())
    return items


@planted.wrong("02.1", "The documents are right, but in the wrong order")
async def sorted_by_id(url, ids):
    async with aiohttp.ClientSession(url) as session:
        return await _read_all(session, sorted(ids))


@planted.wrong("02.1", "The server saw 49 of 50 requests: 1 for /items/9596, not 2.")
async def each_id_once(url, ids):
    async with aiohttp.ClientSession(url) as session:
        return await _read_all(session, dict.fromkeys(ids))


@planted.wrong("02.1", "The server saw a request for /items/10, but none for /items/7920.")
async def fifty_from_one(url, ids):
    async with aiohttp.ClientSession(url) as session:
        return await _read_all(session, range(1, 51))


@planted.wrong("02.1", "The server saw a request for /items/9597, but 1 for /items/9596, not 2.")
async def another_in_place_of_the_repeat(url, ids):
    async with aiohttp.ClientSession(url) as session:
        return await _read_all(session, [id + 1 if id in ids[:place] else id for place, id in enumerate(ids)])


@planted.right("02.1")
async def all_together_on_one_connection(url, ids):
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=1)) as session:
        return await asyncio.gather(*map(partial(_read, session), ids))


@planted.right("02.1")
async def in_a_task_group_with_a_lock(url, ids):
    lock = asyncio.Lock()

    async def read(session, id):
        async with lock:
            return await _read(session, id)

    async with aiohttp.ClientSession(url) as session, asyncio.TaskGroup() as group:
        tasks = [group.create_task(read(session, id)) for id in ids]
    return [task.result() for task in tasks]


@planted.right("02.1")
async def a_session_of_requests_in_threads(url, ids):
    with requests.Session() as session:
        return [(await asyncio.to_thread(session.get, f"{url}/items/{id}")).json() for id in ids]


@planted.right("02.1")
async def closed_in_finally(url, ids):
    session, items = aiohttp.ClientSession(), []
    try:
        for id in ids:
            response = await session.get(f"{url}/items/{id}")
            items.append(await response.json())
    finally:
        await session.close()
    return items


@planted.right("02.1")
async def closed_by_a_task_that_is_awaited(url, ids):
    session = aiohttp.ClientSession(url)
    items = await _read_all(session, ids)
    await asyncio.create_task(session.close())
    return items


@planted.right("02.1")
async def its_connector_closed(url, ids):
    connector = aiohttp.TCPConnector()
    session = aiohttp.ClientSession(url, connector=connector)
    try:
        return await _read_all(session, ids)
    finally:
        await connector.close()


@planted.right("02.1")
async def closed_by_a_stack(url, ids):
    async with AsyncExitStack() as stack:
        connector = await stack.enter_async_context(aiohttp.TCPConnector())
        session = aiohttp.ClientSession(url, connector=connector, connector_owner=False)
        stack.push_async_callback(session.close)
        return await _read_all(session, ids)


@planted.right("02.1")
async def by_one_worker(url, ids):
    queue, found = asyncio.Queue(), {}
    for place in enumerate(ids):
        queue.put_nowait(place)

    async def work(session):
        while not queue.empty():
            place, id = queue.get_nowait()
            found[place] = await _read(session, id)

    async with aiohttp.ClientSession(url) as session:
        await asyncio.create_task(work(session))
    return [found[place] for place in range(len(ids))]


class Reader:
    """A submission that is an object."""

    async def __call__(self, url, ids):
        async with aiohttp.ClientSession(url) as session:
            return await _read_all(session, ids)


def _named(function, name):
    function.__name__ = name
    return function


planted.right("02.1")(_named(Reader(), "an_object"))


async def _follow(session, response):
    async with session.get(response.headers["Location"]) as read:
        read.raise_for_status()
        return await read.json()


async def _create(session, fields, **body):
    async with session.post("/items", **(body or {"json": fields})) as response:
        response.raise_for_status()
        return await _follow(session, response)


@planted.wrong("02.2", "The Content-Type of the POST was application/x-www-form-urlencoded")
async def as_a_form(session, fields):
    return await _create(session, fields, data=fields)


@planted.wrong("02.2", "The Content-Type of the POST was application/x-www-form-urlencoded")
async def as_a_form_unnoticed(session, fields):
    async with session.post("/items", data=fields) as response:
        return await _follow(session, response)


@planted.wrong("02.2", "The Content-Type of the POST was text/plain")
async def as_plain_text(session, fields):
    return await _create(session, fields, data=json.dumps(fields))


@planted.wrong("02.2", "The Content-Type of the POST was application/octet-stream")
async def as_bytes(session, fields):
    return await _create(session, fields, data=json.dumps(fields).encode())


@planted.wrong("02.2", "The POST had no body.")
async def without_an_empty_body(session, fields):
    return await _create(session, fields, json=fields or None)


@planted.wrong("02.2", "The server got JSON that is not an object. Pass the dict itself to `json=`")
async def encoded_twice(session, fields):
    return await _create(session, fields, json=json.dumps(fields))


@planted.wrong("02.2", "The status of the POST's response was 400. Does the body hold the fields as JSON?")
async def as_python_writes_it(session, fields):
    return await _create(session, fields, data=str(fields), headers={"Content-Type": "application/json"})


@planted.wrong("02.2", "the fields are in the URL")
async def as_parameters(session, fields):
    return await _create(session, fields, params=fields)


@planted.wrong("02.2", "but no POST. A POST to /items creates an item")
async def with_get(session, fields):
    async with session.get("/items", params=fields) as response:
        return await response.json()


@planted.wrong("02.2", "The server saw PUT /items, but no POST")
async def with_put(session, fields):
    async with session.put("/items", json=fields) as response:
        response.raise_for_status()
        return await _follow(session, response)


@planted.wrong("02.2", "The server saw POST /items/; expected POST /items")
async def with_a_slash_too_many(session, fields):
    async with session.post("/items/", json=fields) as response:
        response.raise_for_status()
        return await _follow(session, response)


@planted.wrong("02.2", "Expected a new item with the fields {'name': 'jalapeño', 'price': 3}; the server created")
async def one_field_lost(session, fields):
    return await _create(session, fields, json={name: fields[name] for name in list(fields)[:1]})


@planted.wrong("02.2", "It raised KeyError: 'colour'. Look at line")
async def raises_before_its_post(session, fields):
    return await _create(session, {"colour": fields["colour"]})


@planted.wrong("02.2", "It raised KeyError: 'name'. Look at line")
async def two_fields_by_name(session, fields):
    return await _create(session, {"name": fields["name"], "price": fields["price"]})


@planted.wrong("02.2", "The server saw no request; expected a POST to /items")
async def empty_fields_passed_over(session, fields):
    return await _create(session, fields) if fields else None


@planted.wrong("02.2", "The server saw POST /items; expected POST /items and GET /items/10001?created=1. Location")
async def location_not_followed(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
        return await response.json()


@planted.wrong("02.2", "The server saw POST /items, GET /items/10001; expected POST /items and GET /items/10001?")
async def location_ignored(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
        id = (await response.json())["id"]
    return await _read(session, id)


@planted.wrong("02.2", "The server saw POST /items, GET /items/10001; expected POST /items and GET /items/10001?")
async def only_the_path_of_location(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
    async with session.get(URL(response.headers["Location"]).path) as read:
        return await read.json()


@planted.wrong(
    "02.2", "GET /items//items/10001?created=1; expected POST /items and GET /items/10001?created=1. Location"
)
async def location_taken_for_an_id(session, fields):
    async with session.post("/items", json=fields, raise_for_status=True) as response:
        location = response.headers["Location"]
    async with session.get(f"/items/{location}", raise_for_status=True) as response:
        return await response.json()


@planted.wrong(
    "02.2", "with the fields {'title': 'Pepper', 'status': 500, 'detail': 'burnt', 'error': 0}. It raised Client"
)
async def refused_by_its_keys(session, fields):
    async with session.post("/items", json=fields, raise_for_status=True) as response:
        location = response.headers["Location"]
    async with session.get(location) as response:
        document = await response.json()
        if "error" in document or "detail" in document:
            raise aiohttp.ClientResponseError(response.request_info, response.history, status=response.status)
        return document


@planted.wrong(
    "02.2", "The server saw POST /items, GET /items/10001?created=1; expected POST /items and GET /items/10002"
)
async def the_same_item_each_time(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
    async with session.get("/items/10001?created=1") as read:
        return await read.json()


@planted.wrong("02.2", "The server saw POST /items, POST /items, GET")
async def created_twice(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
    return await _create(session, fields)


@planted.wrong("02.2", "GET /items/10001?created=1, GET /items/10001?created=1; expected")
async def read_twice(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
        await _follow(session, response)
        return await _follow(session, response)


@planted.wrong("02.2", "It sent 1 request with the session that it was given; expected 2")
async def read_with_another_session(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
        async with aiohttp.ClientSession(response.url.origin()) as other:
            return await _follow(other, response)


@planted.wrong("02.2", "It returned a ClientResponse; expected a dict")
async def response_in_place_of_its_document(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
        return await session.get(response.headers["Location"])


@planted.wrong("02.2", "It raised KeyError: 'Location'. A refused POST has no Location: check the status")
async def refusal_unnoticed(session, fields):
    async with session.post("/items", json=fields) as response:
        return await _follow(session, response)


@planted.wrong(
    "02.2", "The server refused the POST with 400. Your function returned None. Expected a ClientResponseError"
)
async def refusal_swallowed(session, fields):
    async with session.post("/items", json=fields) as response:
        if response.status != 201:
            return None
        return await _follow(session, response)


@planted.wrong("02.2", "The server refused the POST with 400. It raised KeyError")
async def only_422_raised(session, fields):
    async with session.post("/items", json=fields) as response:
        if response.status == 422:
            response.raise_for_status()
        return await _follow(session, response)


@planted.wrong("02.2", "The server refused the POST with 500. It raised KeyError")
async def only_client_errors_raised(session, fields):
    async with session.post("/items", json=fields) as response:
        if 400 <= response.status < 500:
            response.raise_for_status()
        return await _follow(session, response)


@planted.wrong("02.2", "The server refused the POST with 400. It raised KeyError")
async def only_server_errors_raised(session, fields):
    async with session.post("/items", json=fields) as response:
        if response.status >= 500:
            response.raise_for_status()
        return await _follow(session, response)


@planted.wrong("02.2", "The server refused the POST with 400. It raised ValueError: 400")
async def raised_as_another_error(session, fields):
    async with session.post("/items", json=fields) as response:
        if not response.ok:
            raise ValueError(response.status)
        return await _follow(session, response)


@planted.wrong(
    "02.2",
    "The server refused the POST with 400. It raised a ClientResponseError with status 0. "
    "`response.raise_for_status()`",
)
async def raised_without_a_status(session, fields):
    async with session.post("/items", json=fields) as response:
        if not response.ok:
            raise aiohttp.ClientResponseError(response.request_info, response.history)
        return await _follow(session, response)


@planted.wrong("02.2", "The server saw POST /items, POST /items; expected POST /items.")
async def refusal_retried(session, fields):
    try:
        return await _create(session, fields)
    except aiohttp.ClientResponseError as error:
        if error.status != 503:
            raise
        return await _create(session, fields)


@planted.wrong("02.2", "The server refused the GET of Location with 400. Your function returned a dict")
async def failed_read_unnoticed(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
        location = response.headers["Location"]
    async with session.get(location) as response:
        return await response.json()


@planted.wrong("02.2", "GET of Location with 400. Your function returned a dict. Expected a ClientResponseError")
async def failed_read_noticed_above_400(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
        location = response.headers["Location"]
    async with session.get(location) as response:
        if response.status > 400:
            response.raise_for_status()
        return await response.json()


@planted.wrong("02.2", "The response to the GET of Location had the status 203, which is below 400")
async def only_201_and_200_are_good(session, fields):
    def expect(response, status):
        if response.status != status:
            raise aiohttp.ClientResponseError(response.request_info, response.history, status=response.status)

    async with session.post("/items", json=fields) as response:
        expect(response, 201)
        location = response.headers["Location"]
    async with session.get(location) as response:
        expect(response, 200)
        return await response.json()


@planted.wrong("02.2", "The server saw POST /items, GET /status/400, DELETE /status/400; expected POST")
async def deleted_after_a_failed_read(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
        try:
            return await _follow(session, response)
        except aiohttp.ClientResponseError:
            await session.delete(response.headers["Location"])
            raise


@planted.wrong("02.2", "GET /status/400 and 1 more; expected POST /items and GET /status/400. After a status of 400")
async def failed_read_retried(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
        for _ in range(3):
            try:
                return await _follow(session, response)
            except aiohttp.ClientResponseError as error:
                failed = error
        raise failed


@planted.wrong("02.2", "GET /status/400, GET /items/10007; expected POST /items and GET /status/400. After a status")
async def another_url_after_a_failed_read(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
        id = (await response.json())["id"]
        try:
            return await _follow(session, response)
        except aiohttp.ClientResponseError:
            await _read(session, id)
            raise


@planted.wrong("02.2", "It returned the item as the POST created it. Return what the GET reads")
async def the_document_of_the_post(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
        await _follow(session, response)
        return await response.json()


@planted.wrong("02.2", "It raised KeyError: 'Location'. The POST was successful: its Location is in `response.headers")
async def location_looked_for_in_the_body(session, fields):
    async with session.post("/items", json=fields) as response:
        response.raise_for_status()
        location = (await response.json())["Location"]
    async with session.get(location) as read:
        return await read.json()


@planted.wrong("02.2", "It closed `session`, which its caller may still need. Use it without `async with`.")
async def session_closed(session, fields):
    async with session:
        return await _create(session, fields)


@planted.wrong("02.2", "It closed `session`, which its caller may still need. Use it without `async with`.")
async def session_closed_too_early(session, fields):
    async with session, session.post("/items", json=fields) as response:
        response.raise_for_status()
    return await _follow(session, response)


@planted.wrong("02.2", "GET /status/404, GET /status/404 and 1 more; expected POST /items and GET /status/404")
async def the_read_is_tried_again(session, fields):
    async with session.post("/items", json=fields, raise_for_status=True) as response:
        location = response.headers["Location"]
    for attempt in range(3):
        async with session.get(location) as response:
            if response.status != 404 or attempt == 2:
                response.raise_for_status()
                return await response.json()
    return None


@planted.wrong("02.2", "expected POST /items and GET /status/203.")
async def reads_until_200(session, fields):
    async with session.post("/items", json=fields, raise_for_status=True) as response:
        location = response.headers["Location"]
    for _ in range(2):
        async with session.get(location, raise_for_status=True) as response:
            document = await response.json()
            if response.status == 200:
                break
    return document


@planted.wrong("02.2", "Expected a new item with the fields")
async def without_empty_values(session, fields):
    fields = {name: value for name, value in fields.items() if value or value in (None, False)}
    return await _create(session, {name: value for name, value in fields.items() if value != ""})


@planted.wrong("02.2", "Its parts do not fit together: is the server's URL in it twice, or is a slash missing?")
async def a_location_without_the_server(session, fields):
    async with session.post("/items", json=fields, raise_for_status=True) as response:
        location = str(response.url.origin()) + response.headers["Location"]
    async with session.get(location, raise_for_status=True) as response:
        return await response.json()


@planted.right("02.2")
async def a_copy_of_the_fields(session, fields):
    return await _create(session, fields, json=dict(fields))


@planted.right("02.2")
async def encoded_by_hand(session, fields):
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return await _create(session, fields, data=json.dumps(fields, ensure_ascii=False).encode(), headers=headers)


@planted.right("02.2")
async def as_a_payload(session, fields):
    return await _create(session, fields, data=aiohttp.JsonPayload(fields))


@planted.right("02.2")
async def raised_by_the_session(session, fields):
    async with session.request("POST", "/items", json=fields, raise_for_status=True) as response:
        location = URL(response.headers.get("location"))
    response = await session.get(response.url.join(location), raise_for_status=True)
    return json.loads(await response.read())


@planted.right("02.2")
async def raised_by_hand(session, fields):
    async def send(method, path, **body):
        async with session.request(method, path, **body) as response:
            if response.status >= 400:
                raise aiohttp.ClientResponseError(response.request_info, response.history, status=response.status)
            return response.headers.get("Location"), await response.json()

    location, _ = await send("POST", "/items", json=fields)
    _, document = await send("GET", location)
    return document


planted += lesson_02_failures.planted + lesson_02_download.planted


@planted.wrong("02.1", "The server saw 2 connections; expected 1.")
async def a_pause_that_is_longer_than_keep_alive(url, ids):
    connector = aiohttp.TCPConnector(keepalive_timeout=0.5)
    async with aiohttp.ClientSession(url, connector=connector) as session:
        items = await _read_all(session, ids[:1])
        await asyncio.sleep(1)
        return items + await _read_all(session, ids[1:])


@planted.right("02.2")
async def an_error_without_its_request(session, fields):
    async def document(response, wanted):
        if response.status >= 400:
            raise aiohttp.ClientResponseError(None, (), status=response.status)
        return await wanted(response)

    async with session.post("/items", json=fields) as response:
        location = await document(response, lambda response: _location(response))
    async with session.get(location) as response:
        return await document(response, lambda response: response.json())


async def _location(response):
    return response.headers["Location"]


@planted.wrong("02.2", "The server saw GET /items, POST /items, GET /items/10001?created=1. The POST comes first")
async def looks_before_it_posts(session, fields):
    async with session.get("/items") as response:
        response.raise_for_status()
    return await _create(session, fields, json=fields)


@planted.wrong("02.2", "not a list, and not a string from `json.dumps`.")
async def a_list_of_fields(session, fields):
    return await _create(session, fields, json=[fields])


@planted.wrong("02.1", "One connection, but it is still open afterwards. Close it before your function returns.")
async def a_session_of_requests_that_is_kept(url, ids):
    KEPT.append(requests.Session())
    return [(await asyncio.to_thread(KEPT[-1].get, f"{url}/items/{id}")).json() for id in ids]


@planted.wrong("02.1", "The session was still open when your function returned")
async def complaints_silenced(url, ids):
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    return await _read_all(aiohttp.ClientSession(url), ids)


@planted.wrong("02.1", "this is a second one, with other arguments. It returned 53 documents; expected 3.")
async def items_that_are_kept(url, ids, *, items=[]):  # noqa: B006 - the mistake
    async with aiohttp.ClientSession(url) as session:
        items.extend(await _read_all(session, ids))
    return items


@planted.wrong("02.1", "The server saw 1 of 50 requests: none for")
async def a_return_inside_the_loop(url, ids):
    async with aiohttp.ClientSession(url) as session:
        for id in ids:
            return [await _read(session, id)]
    return []


@planted.wrong("02.1", "Is every coroutine awaited? Does an `except` hide an error?")
async def an_error_that_is_hidden(url, ids):
    items = []
    async with aiohttp.ClientSession() as session:
        for id in ids:
            with suppress(Exception):
                items.append(await _read(session, id))
    return items


@planted.right("02.1")
async def a_worker_left_behind(url, ids):
    queue, items = asyncio.Queue(), [None] * len(ids)

    async def work():
        while True:
            place, id = await queue.get()
            items[place] = await _read(session, id)
            queue.task_done()

    for entry in enumerate(ids):
        queue.put_nowait(entry)
    async with aiohttp.ClientSession(url) as session:
        working = asyncio.create_task(work())
        await queue.join()
        del working
    return items


@planted.wrong("02.2", "The server saw POST /items, GET /items/; expected POST /items and GET /items/10002?Created=")
async def the_last_part_of_location(session, fields):
    async with session.post("/items", json=fields, raise_for_status=True) as response:
        id = response.headers["Location"].rpartition("/")[2]
    async with session.get(f"/items/{id}") as response:
        return await response.json()


@planted.wrong("02.2", "The server refused the POST with 401.")
async def refusals_by_name(session, fields):
    async with session.post("/items", json=fields) as response:
        if response.status in (400, 404, 409, 422, 500, 503):
            response.raise_for_status()
        location = response.headers["Location"]
    async with session.get(location, raise_for_status=True) as response:
        return await response.json()


async def _created(session, fields, url="/items", good=lambda response: response.ok):
    async with session.post(url, json=fields) as response:
        if not good(response):
            raise aiohttp.ClientResponseError(response.request_info, response.history, status=response.status)
        location = response.headers["Location"]
    async with session.get(location, raise_for_status=True) as response:
        return await response.json()


@planted.wrong("02.2", "The response to the POST had the status 202, which is below 400 and therefore good.")
async def only_201_is_good_for_a_post(session, fields):
    return await _created(session, fields, good=lambda response: response.status == 201)


@planted.wrong("02.2", "The server saw POST /items?return=minimal; expected POST /items.")
async def a_parameter_of_its_own(session, fields):
    return await _created(session, fields, "/items?return=minimal")


@planted.wrong("02.2", "this is another one, with the fields {'tags'")
async def booleans_as_numbers(session, fields):
    return await _created(
        session, {name: int(value) if isinstance(value, bool) else value for name, value in fields.items()}
    )


@planted.wrong("02.2", "this is another one, with the fields {'_private'")
async def private_fields_left_out(session, fields):
    return await _created(session, {name: value for name, value in fields.items() if not name.startswith("_")})


@planted.wrong("02.2", "'path': '/', 'weight': 7.125}. The server saw POST /; expected POST /items.")
async def fields_as_keywords(session, fields):
    async def create(path="/items", **fields):
        return await _created(session, fields, path)

    return await create(**fields)


async def _created_if(checked, session, fields):
    async with session.post("/items", json=fields) as response:
        await checked(response)
        location = response.headers["Location"]
    async with session.get(location) as response:
        return await checked(response)


@planted.wrong("02.2", "The body of the error response was HTML. The server refused the POST with 503. It raised")
async def bodies_before_statuses(session, fields):
    async def checked(response):
        document = json.loads(await response.text())
        response.raise_for_status()
        return document

    return await _created_if(checked, session, fields)


@planted.wrong("02.2", "The response to the GET of Location had the status 300, which is below 400 and therefore good.")
async def only_2xx_is_good(session, fields):
    async def checked(response):
        if not 200 <= response.status < 300:
            raise aiohttp.ClientResponseError(response.request_info, (), status=response.status)
        return await response.json()

    return await _created_if(checked, session, fields)


@planted.wrong("02.2", "The server saw no request; expected a POST to /items. Is the result of an earlier call kept?")
async def items_kept_by_their_fields(session, fields):
    if (key := json.dumps(fields)) not in CREATED:
        CREATED[key] = await _created(session, fields)
    return CREATED[key]


@planted.wrong(
    "02.1", "The server saw a request for /items/{id}, but none for /items/1. Is the `f` before a string missing?"
)
async def a_path_without_its_f(url, ids):
    async with aiohttp.ClientSession(url) as session:
        return [await _read(session, "{id}") for _ in ids]


@planted.wrong("02.2", "aiohttp awaits the function that you passed: define it with `async def`.")
async def a_rule_without_async(session, fields):
    def guard(response):
        response.raise_for_status()

    async with session.post("/items", json=fields, raise_for_status=guard) as response:
        location = response.headers["Location"]
    async with session.get(location, raise_for_status=guard) as response:
        return await response.json()


@planted.wrong("02.2", "Your function returned a ClientResponseError. Raise it: `raise`, not `return`.")
async def returns_the_error(session, fields):
    try:
        return await _created(session, fields)
    except aiohttp.ClientResponseError as error:
        return error
