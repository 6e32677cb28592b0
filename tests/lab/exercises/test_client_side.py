"""Evidence that only the client has: the requests of a session, and the bytes that a download holds."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest

from lab.checking.symptoms import NotYet
from lab.exercises.client_side import ClientTrace, Download
from mock_server.application import Application


@asynccontextmanager
async def served():
    """Serve the mock server on this loop, and yield it and its URL."""
    application = Application()
    port = await application.listen("127.0.0.1", 0)
    try:
        yield application, f"http://127.0.0.1:{port}"
    finally:
        await application.close()


async def download(size, write):
    """Request a body of a number of bytes and let `write` write it; return the file."""
    trace = ClientTrace()
    file = Download(trace)
    async with served() as (_, url), trace.session(url) as session, session.get(f"/bytes/{size}") as response:
        await write(response, file)
    return file


def test_pieces_are_held_one_by_one():
    """A body that is written piece by piece is never held as a whole."""

    async def write(response, file):
        async for piece in response.content.iter_chunked(1000):
            file.write(piece)
            await asyncio.sleep(0)

    file = asyncio.run(download(2_000_000, write))
    assert len(file.getvalue()) == 2_000_000
    assert 0 < file.most_held < 1_000_000


@pytest.mark.parametrize("method", ["write", "writelines"])
def test_a_whole_body_is_held(method):
    """A body that is read as a whole counts as held, however it is written."""

    async def write(response, file):
        body = await response.read()
        if method == "write":
            file.write(body)
        else:
            file.writelines([body[:500], body[500:]])

    assert asyncio.run(download(100_000, write)).most_held == 100_000


def test_calls_are_counted():
    """Each call is recorded with its content type, and `clear` forgets them."""

    async def scenario():
        trace = ClientTrace()
        async with served() as (_, url), trace.session(url) as session:
            for body in {"data": "text"}, {"json": {}}:
                await session.post("/echo", **body)
            types = trace.content_types
            trace.expect_calls(2)
            trace.clear()
            trace.expect_calls(0)
        return types

    assert asyncio.run(scenario()) == ["text/plain", "application/json"]


def test_other_sessions_do_not_count():
    """A trace does not record requests of another session."""

    async def scenario():
        trace = ClientTrace()
        async with served() as (_, url), trace.session(url), aiohttp.ClientSession(url) as other:
            await other.get("/text")
        trace.expect_calls(1)

    with pytest.raises(NotYet, match="It sent 0 requests with the session that it was given; expected 1"):
        asyncio.run(scenario())


def test_open_connections():
    """The server counts its clients' open connections."""

    async def scenario():
        async with served() as (application, url):
            async with aiohttp.ClientSession(url) as session:
                await (await session.get("/text")).read()
                during = application.open_connections
            while application.open_connections:  # noqa: ASYNC110 - the server learns of it a moment later
                await asyncio.sleep(0.001)
            return during

    assert asyncio.run(scenario()) == 1


def test_location_of_a_created_item():
    """A store can give created items another location."""

    async def scenario():
        async with served() as (application, url), aiohttp.ClientSession(url) as session:
            application.store.location = "/items/{id}?created=1"
            created = await session.post("/items", json={"name": "chili"})
            read = await session.get(created.headers["Location"])
            return created.headers["Location"], await read.json()

    assert asyncio.run(scenario()) == ("/items/10001?created=1", {"id": 10001, "name": "chili"})
