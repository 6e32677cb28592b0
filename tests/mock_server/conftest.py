"""The real server in its own process, reset before each test."""

import pytest

from mock_server import MockServer


@pytest.fixture
def server():
    return MockServer.start()
