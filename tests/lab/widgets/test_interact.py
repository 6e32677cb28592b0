"""`async_interact` is a function and a decorator, and refuses what it cannot run."""

import asyncio

import pytest

from lab import async_interact
from lab.widgets.panel import Panel
from mock_server import MockServer, MockServerError
from mock_server.launch import launch
from tests.support.client import ask

pytestmark = pytest.mark.usefixtures("displayed")


async def nothing(count=3):
    return count


def test_it_decorates(server):
    async def cell():
        @async_interact(count=(1, 9))
        async def double(count):
            return 2 * count

        return await double

    panel = asyncio.run(cell())
    assert isinstance(panel, Panel)
    assert panel.result == 10


def test_a_plain_function_is_refused():
    """The error names the function that is not a coroutine function."""
    with pytest.raises(TypeError, match="async def.*; <lambda> is not one"):
        async_interact(lambda count: count, count=3)


@pytest.fixture
def no_server():
    """Stop this process's server."""
    MockServer.start().stop()


def test_a_server_is_needed(no_server):
    """Without a server, the error says to run the set-up cell."""

    async def cell():
        async_interact(nothing)

    with pytest.raises(MockServerError, match="set-up cell"):
        asyncio.run(cell())


def test_a_given_server_is_watched(no_server):
    """A server passed as an argument is the one that is watched."""
    given = MockServer(*launch())

    async def get():
        await asyncio.to_thread(ask, given, "/text")

    async def cell():
        return await async_interact(get, server=given)

    panel = asyncio.run(cell())
    given.stop()
    assert (panel.run.hits, panel.error) == (1, None)


def test_a_panel_is_shown_once(server, displayed):
    """A panel that is a cell's last line is not shown a second time."""

    async def cell():
        panel = await async_interact(nothing)
        before = len(displayed.outputs)
        panel._ipython_display_()
        assert len(displayed.outputs) == before

    asyncio.run(cell())
