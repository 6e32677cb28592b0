"""Evidence that only the client has: the requests of a session, and the memory that it takes."""

import asyncio
import tracemalloc
from contextlib import asynccontextmanager

import aiohttp
import pytest

from lab.checking.symptoms import NotYet
from lab.exercises.client_side import ClientTrace, PeakMemory
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


def test_memory_is_measured_at_its_peak():
    """Memory that is freed before the block ends counts; memory from before the block does not."""
    before = bytearray(3_000_000)
    with PeakMemory() as memory:
        del before
        for size in 1_000_000, 2_000_000, 500_000:
            bytearray(size)
    assert 2_000_000 <= memory.growth < 2_100_000
    assert not tracemalloc.is_tracing()


def test_a_trace_that_runs_already_goes_on():
    """Memory is measured, too, when Python already traces it."""
    tracemalloc.start()
    try:
        bytearray(3_000_000)
        with PeakMemory() as memory:
            bytearray(1_000_000)
        assert 1_000_000 <= memory.growth < 1_100_000
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()


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
