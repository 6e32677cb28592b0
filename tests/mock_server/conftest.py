"""The real server in its own process, reset before each test."""

import asyncio
import time

import pytest

from mock_server import MockServer


@pytest.fixture
def server():
    return MockServer.start()


@pytest.fixture
def until():
    """Return a function that waits until `holds()` is true, for 10 seconds at most, and returns its result."""

    def wait(holds):
        end = time.monotonic() + 300
        while not (result := holds()):
            assert time.monotonic() < end, "it is still not true after 10 s"
            time.sleep(0.005)
        return result

    return wait


@pytest.fixture
def run():
    """Return a function that runs a coroutine and returns its result."""
    return asyncio.run
