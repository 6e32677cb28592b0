"""The application stops serving without leaving a connection behind."""

import asyncio
import gc
import socket

import pytest

from mock_server.application import Application


@pytest.mark.parametrize("iterations", range(8))
def test_connections_made_meanwhile_are_closed(iterations, recwarn):
    """Clients that connect while the application closes leave no open connection, whose collection Python reports."""

    async def scenario():
        application = Application()
        port = await application.listen("127.0.0.1", 0)
        closing = asyncio.create_task(application.close())
        for _ in range(iterations):
            await asyncio.sleep(0)
        clients = [socket.socket() for _ in range(5)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        await closing
        for client in clients:
            client.close()

    asyncio.run(scenario())
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []
