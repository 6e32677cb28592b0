"""Data that is on its way between two sockets of the process is detected."""

import os
import selectors
import socket
import sys
from contextlib import suppress

import pytest

from lab.checking import loopback

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports unacknowledged data")


@pytest.fixture
def pair():
    """Return the two ends of a TCP connection on which the receiver has begun to delay its acknowledgements."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = socket.create_connection(server.getsockname())
        other, _ = server.accept()
    with one, other:
        for sender, receiver in [(one, other), (other, one)] * 5:
            sender.sendall(b"ping")
            receiver.recv(4)
        yield one, other


@pytest.fixture
def selector(pair):
    with selectors.DefaultSelector() as selector:
        for sock in pair:
            selector.register(sock, selectors.EVENT_READ)
        yield selector


def test_received_data_is_not_awaited(pair, selector, monkeypatch):
    """Data that was read is no longer on its way, even if its acknowledgement is delayed."""
    monkeypatch.setattr(loopback, "real_sleep", lambda seconds: pytest.fail("it waits"))
    pair[0].sendall(b"ping")
    pair[1].recv(4)
    assert not loopback.data_under_way(selector, loopback.Clients())


def test_unread_data_is_given_up(pair, selector):
    """Data that nobody reads counts as on its way only for a limited number of looks."""
    pair[0].setblocking(False)
    selector.unregister(pair[1])
    with suppress(BlockingIOError):
        while True:
            pair[0].send(bytes(1_000_000))
    assert not loopback.data_under_way(selector, loopback.Clients())


def test_other_files_are_left_alone(pair, selector):
    """Files that are not sockets, which a kernel's loop also watches, cause no error and stay open."""
    reading, writing = os.pipe()
    selector.register(reading, selectors.EVENT_READ)
    pair[0].sendall(b"ping")
    pair[1].recv(4)  # not acknowledged yet
    assert not loopback.data_under_way(selector, loopback.Clients())
    os.write(writing, b"still open")
    assert os.read(reading, 100) == b"still open"
    os.close(reading)
    os.close(writing)


def test_a_closed_connection_is_awaited(pair, selector):
    """After a client closes its connection, the close is on its way until the other socket has seen it."""
    clients = loopback.Clients()
    for sock in pair:
        clients.connected(sock)
    assert not loopback.data_under_way(selector, clients)
    selector.unregister(pair[0])
    pair[0].close()
    assert loopback.data_under_way(selector, clients)
    selector.unregister(pair[1])
    assert not loopback.data_under_way(selector, clients)
