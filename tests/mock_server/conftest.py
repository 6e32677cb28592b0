"""The real server, in its own process, reset before each test."""

import asyncio
import time

import pytest

from mock_server import MockServer


@pytest.fixture
def server():
    return MockServer.start()


@pytest.fixture
def until():
    """Wait until a condition holds; 10 seconds at the most."""

    def wait(holds):
        end = time.monotonic() + 10
        while not (result := holds()):
            assert time.monotonic() < end, "it did not come true"
            time.sleep(0.005)
        return result

    return wait


@pytest.fixture
def run():
    """Run a coroutine to its end."""
    return asyncio.run
