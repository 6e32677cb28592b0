"""The condition `keep_alive`, tested under a clock that the tests move."""

import asyncio
from typing import Any

import aiohttp

from mock_server import Conditions
from mock_server.application import Application

from ..support.client import connect, request_bytes


class ShiftedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock can be moved forward."""

    shift = 0.0

    def time(self):
        return super().time() + self.shift


class Client:
    """A server and one connection to it, on the same loop."""

    def __init__(self, keep_alive):
        self.conditions = Conditions(keep_alive=keep_alive)

    async def __aenter__(self):
        self.application = Application(self.conditions)
        port = await self.application.listen("127.0.0.1", 0)
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        return self

    async def __aexit__(self, *_):
        self.writer.close()
        await self.application.close()

    def set_keep_alive(self, seconds):
        self.application.control.set_conditions(Conditions(keep_alive=seconds))

    async def get(self, path="/delay/0"):
        """Send a request on the connection, and read its response."""
        self.writer.write(request_bytes(path))
        await self.read_response()

    async def read_response(self):
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        await self.reader.readuntil(b"}")

    async def is_closed(self):
        """Wait until the server closes the connection; five real seconds at most."""
        async with asyncio.timeout(5):
            return await self.reader.read(1) == b""

    async def wait(self, seconds):
        """Move the clock, and let the server notice it."""
        loop: Any = asyncio.get_running_loop()
        loop.shift += seconds
        await asyncio.sleep(0.01)


def run_shifted(coroutine):
    """Run a coroutine on a loop whose clock can be moved."""
    with asyncio.Runner(loop_factory=ShiftedLoop) as runner:
        runner.run(coroutine)


def test_idle_connection_is_closed():
    """The time counts anew from each response, and the connection closes when it is over."""

    async def work():
        async with Client(keep_alive=100) as client:
            for _ in range(3):
                await client.get()
                await client.wait(99)
            await client.get()
            await client.wait(101)
            assert await client.is_closed()

    run_shifted(work())


def test_request_in_flight_is_not_interrupted():
    """A request that takes longer than `keep_alive` gets its response, and the time counts from there."""

    async def work():
        async with Client(keep_alive=10) as client:
            await client.get()
            client.writer.write(request_bytes("/delay/50"))
            await asyncio.sleep(0.05)
            await client.wait(49)
            await client.wait(2)
            await client.read_response()
            await client.wait(9)
            await client.get()
            await client.wait(11)
            assert await client.is_closed()

    run_shifted(work())


def test_partial_request_keeps_it_open():
    """A connection that is receiving a request is not idle."""

    async def work():
        async with Client(keep_alive=10) as client:
            await client.get()
            await client.wait(9)
            client.writer.write(request_bytes("/delay/0")[:20])
            await asyncio.sleep(0.05)
            await client.wait(9)
            client.writer.write(request_bytes("/delay/0")[20:])
            await client.read_response()

    run_shifted(work())


def test_shorter_time_closes_idle_connections():
    """A shorter time applies to connections that are already idle, from their last response."""

    async def work():
        async with Client(keep_alive=None) as client:
            await client.get()
            await client.wait(50)
            client.set_keep_alive(60)
            await client.wait(9)
            await client.get()
            await client.wait(50)
            client.set_keep_alive(40)
            assert await client.is_closed()

    run_shifted(work())


def test_longer_time_keeps_idle_connections():
    """A longer time, or none, applies to connections that are already idle."""

    async def work():
        async with Client(keep_alive=10) as client:
            for seconds in (100, None):
                await client.get()
                client.set_keep_alive(seconds)
                await client.wait(90)
            await client.get()

    run_shifted(work())


def test_pipelined_requests_are_all_served():
    """With `keep_alive=0`, requests that have already arrived are served before the connection closes."""

    async def work():
        async with Client(keep_alive=0) as client:
            client.writer.write(request_bytes("/delay/0") * 500)  # more than aiohttp's parser takes at once
            for _ in range(500):
                await client.read_response()
            assert await client.is_closed()

    run_shifted(work())


def test_request_after_an_upgrade_is_not_interrupted():
    """A request that was pipelined after a declined upgrade is in flight, not idle."""

    async def work():
        async with Client(keep_alive=10) as client:
            headers = b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n"
            upgrade = request_bytes("/delay/0").removesuffix(b"\r\n\r\n") + headers
            client.writer.write(upgrade + request_bytes("/delay/50"))
            await client.read_response()
            await asyncio.sleep(0.05)
            await client.wait(49)
            await client.wait(2)
            await client.read_response()

    run_shifted(work())


def test_closed_connection_leaves_no_trace(server):
    """A connection that the server closes while it is idle does not count as disconnected."""
    server.configure(keep_alive=0.05)
    with connect(server) as connection:
        connection.sendall(request_bytes("/delay/0"))
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        assert connection.recv(1) == b""
    (row,) = server.journal()
    assert (row.status, row.disconnected) == (200, None)


def test_session_opens_a_new_connection(server):
    """With `keep_alive=0`, aiohttp finds its pooled connection stale and opens another one."""
    server.configure(keep_alive=0)

    async def get_twice():
        async with aiohttp.ClientSession(server.url) as session:
            for _ in range(2):
                async with session.get("/text") as response:
                    assert response.status == 200
                await asyncio.sleep(0.05)

    asyncio.run(get_twice())
    assert [(row.connection, row.reused) for row in server.journal()] == [(1, False), (2, False)]
