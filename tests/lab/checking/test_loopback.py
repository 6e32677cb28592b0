"""Data that has arrived is not on its way any more."""

import selectors
import socket
import sys

import pytest

from lab.checking import loopback


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_late_acknowledgement(monkeypatch):
    """A delayed acknowledgement costs no wait: the kernel delays it once a connection goes back and forth."""
    waits = []
    monkeypatch.setattr(loopback, "real_sleep", waits.append)
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as client,
        listening.accept()[0] as server,
        selectors.DefaultSelector() as selector,
    ):
        for sock in client, server:
            selector.register(sock.fileno(), selectors.EVENT_READ)
        for _ in range(30):
            client.sendall(b"request")
            server.recv(100)
            assert not loopback.data_under_way(selector)
            server.sendall(b"response")
            client.recv(100)
    assert waits == []
