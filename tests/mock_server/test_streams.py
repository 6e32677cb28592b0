import json
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server import MockServer

from ..support.client import ask, connect, request_bytes, until


@given(st.integers(0, 300_000))
def test_bytes_are_reproducible(size):
    """`/bytes/{n}` sends exactly n bytes, the same ones each time, and no newline."""
    response = ask(MockServer.start(), f"/bytes/{size}")
    assert int(response.headers["Content-Length"]) == size
    assert response.body == (bytes([*range(10), *range(11, 256)]) * (size // 255 + 1))[:size]


def test_stream_sends_lines_with_gaps(server):
    """A stream sends numbered lines of JSON, with a gap before each."""
    response = ask(server, "/stream/3?gap=0.05")
    assert [json.loads(line) for line in response.body.splitlines()] == [{"line": n, "of": 3} for n in (1, 2, 3)]
    (row,) = server.journal()
    assert row.ended - row.arrived >= 0.15


def test_stream_lines_arrive_one_by_one(server):
    """The client can read the first lines of a stream while the server is still sending."""
    with connect(server) as connection:
        connection.sendall(request_bytes("/stream/1000?gap=0.05"))
        seen = b""
        while b'"line": 2' not in seen:
            seen += connection.recv(4096)
        assert server.journal()[0].ended is None


def test_drip_sends_single_bytes(server):
    """Each byte of the body arrives on its own."""
    with connect(server) as connection:
        connection.sendall(request_bytes("/drip?bytes=3&gap=0.05"))
        pieces = b""
        while not pieces.endswith(b"***"):
            piece = connection.recv(4096)
            assert len(piece) == 1 or piece.startswith(b"HTTP/1.1 200 OK")
            pieces += piece
    assert b"Content-Length: 3\r\n" in pieces


def test_drip_can_send_an_error(server):
    """With `status`, the body of an error arrives just as slowly."""
    response = ask(server, "/drip?bytes=3&gap=0.02&status=503")
    assert (response.status, response.body) == (503, b"***")
    (row,) = server.journal()
    assert (row.status, row.ended - row.arrived >= 3 * 0.02) == (503, True)


def test_stalled_reader_blocks_nobody_else(server):
    """A client that stops reading does not block other clients, and a clear ends its request."""
    with connect(server) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(request_bytes("/bytes/100000000"))
        assert ask(server, "/text").status == 200
        assert server.stats().in_flight == 1
    server.clear()
    assert server.stats().in_flight == 0


def test_stream_can_fall_silent(server):
    """After `silent_after` lines nothing more arrives, and the journal shows when the client disconnects."""
    with connect(server) as connection:
        connection.sendall(request_bytes("/stream/1000?gap=0&silent_after=3"))
        received = b""
        while b'"line": 3' not in received:
            received += connection.recv(4096)
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert server.stats().in_flight == 1
    (row,) = until(lambda: [row for row in server.journal() if row.ended is not None])
    assert (row.status, row.disconnected is not None) == (200, True)
    assert b'"line": 4' not in received


def test_stream_can_be_silent_from_the_start(server):
    """With `silent_after=0`, only the head of the response arrives."""
    with connect(server) as connection:
        connection.sendall(request_bytes("/stream/10?gap=0&silent_after=0"))
        assert connection.recv(4096).endswith(b"\r\n\r\n")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_stream_that_is_shorter_ends(server):
    """A stream ends as usual if it has no more than `silent_after` lines."""
    assert len(ask(server, "/stream/3?gap=0&silent_after=3").body.splitlines()) == 3


def test_disconnect_ends_a_stream(server):
    """A stream of many lines ends when its client disconnects, and the journal says so."""
    with connect(server) as connection:
        connection.sendall(request_bytes("/stream/10000?gap=0.02"))
        assert connection.recv(4096)
    (row,) = until(lambda: [row for row in server.journal() if row.ended is not None])
    assert row.disconnected is not None
