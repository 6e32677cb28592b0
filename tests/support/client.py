"""Clients for single requests and for raw bytes, and what tests wait for."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class Response(NamedTuple):
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(server, path: str, method: str = "GET", body: Any = None, headers: dict[str, str] | None = None) -> Response:
    """Send one request on its own connection, and return the response. A body is JSON; bytes are sent as they are."""
    url = urlsplit(server.url)
    connection = HTTPConnection(url.hostname, url.port, timeout=300)
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body)
    try:
        kind = {} if body is None else {"Content-Type": "application/json"}
        connection.request(method, path, body, kind | (headers or {}))
        response = connection.getresponse()
        return Response(response.status, response.headers, response.read())
    finally:
        connection.close()


def connect(server) -> socket.socket:
    """Return an open connection for raw bytes."""
    url = urlsplit(server.url)
    return socket.create_connection((url.hostname, url.port), timeout=300)


def send_raw(server, data: bytes) -> bytes:
    """Send bytes that make the server close the connection, and return all that it sends until then."""
    with connect(server) as connection:
        connection.sendall(data)
        return read_to_end(connection)


def read_to_end(connection: socket.socket) -> bytes:
    """Return all bytes until the server closes or resets the connection."""
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def request_bytes(path: str) -> bytes:
    """Return a GET request as bytes."""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def until(holds: Callable[[], Any]) -> Any:
    """Wait until `holds()` is true, and return its result."""
    end = time.monotonic() + 300
    while not (result := holds()):
        assert time.monotonic() < end, "it is still not true after 300 s"
        time.sleep(0.005)
    return result


def kill(server) -> None:
    """Kill a server, and wait until its process has ended."""
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: not server.is_alive)
