"""Two small clients that hide nothing: one request at a time, and bytes as they are."""

import json
import socket
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class Answer(NamedTuple):
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(server, path: str, method: str = "GET", body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    """Send one request on a connection of its own; a body that is not bytes is sent as JSON."""
    address = urlsplit(server.url)
    connection = HTTPConnection(address.hostname, address.port, timeout=30)
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def connect(server) -> socket.socket:
    """Open a connection that sends and receives bytes as they are."""
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname, address.port), timeout=30)


def send_raw(server, data: bytes) -> bytes:
    """Send bytes that make the server close the connection; return all that comes until then."""
    with connect(server) as connection:
        connection.sendall(data)
        return read_to_end(connection)


def read_to_end(connection: socket.socket) -> bytes:
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)
