import json

import pytest

from mock_server import FAULTS

from ..support.client import ask, connect, read_to_end, request_bytes, until


def received(server, kind, query="gap=0.01"):
    """Return the bytes that a fault sends, and whether the connection was then reset."""
    with connect(server) as connection:
        connection.sendall(f"GET /fault/{kind}?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        data = b""
        try:
            while piece := connection.recv(65536):
                data += piece
        except ConnectionResetError:
            return data, True
        return data, False


def test_reset_sends_a_tcp_reset(server):
    """`reset` sends a TCP RST and no byte."""
    assert received(server, "reset") == (b"", True)


def test_empty_closes_without_a_byte(server):
    """`empty` closes the connection in an orderly way and sends no byte."""
    assert received(server, "empty") == (b"", False)


def test_truncate_sends_part_of_the_body(server):
    """`truncate` sends fewer bytes than its Content-Length."""
    data, _ = received(server, "truncate")
    head, body = data.split(b"\r\n\r\n", 1)
    length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    assert 0 < len(body) < length


def test_garbage_is_not_http(server):
    """`garbage` sends bytes that are not HTTP."""
    data, _ = received(server, "garbage")
    assert data
    assert not data.startswith(b"HTTP/")


def test_malformed_chunk_breaks_the_second(server):
    """`malformed_chunk` sends one valid chunk and then an invalid size."""
    data, _ = received(server, "malformed_chunk")
    head, body = data.split(b"\r\n\r\n", 1)
    assert b"Transfer-Encoding: chunked" in head
    size, rest = body.split(b"\r\n", 1)
    assert json.loads(rest[: int(size, 16)])
    assert rest[int(size, 16) :].startswith(b"\r\nzz\r\n")


@pytest.mark.parametrize("kind", ["slow_headers", "slow_body"])
def test_slow_responses_are_complete(server, kind):
    """A slow response is complete and takes as long as its twenty gaps."""
    data, was_reset = received(server, kind)
    head, body = data.split(b"\r\n\r\n", 1)
    assert json.loads(body)
    assert not was_reset
    (row,) = server.journal()
    assert (row.fault, row.status) == (kind, 200)
    assert row.ended - row.arrived >= 0.15


def test_slow_headers_delay_the_head(server):
    """`slow_headers` delays the head, and `slow_body` only the body."""
    for kind, expected in (("slow_headers", False), ("slow_body", True)):
        with connect(server) as connection:
            connection.sendall(request_bytes(f"/fault/{kind}?gap=0.2"))
            assert (b"\r\n\r\n" in connection.recv(4096)) is expected


def test_hang_lasts_until_disconnect(server):
    """`hang` sends nothing, and ends when the client disconnects."""
    with connect(server) as connection:
        connection.sendall(request_bytes("/fault/hang"))
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert server.stats().in_flight == 1
    (row,) = until(lambda: [row for row in server.journal() if row.ended is not None])
    assert row.disconnected is not None
    assert row.status is None


def test_wrong_type_claims_html(server):
    """`wrong_type` sends JSON with the Content-Type of HTML."""
    response = ask(server, "/fault/wrong_type")
    assert response.headers["Content-Type"].startswith("text/html")
    assert response.json


def test_fault_rate_is_the_share(server):
    """The share of attempts with a fault is `fault_rate`."""
    server.configure(fault="wrong_type", fault_rate=0.3)
    for n in range(1, 101):
        ask(server, f"/items/{n}")
    assert 15 < server.stats().faults["wrong_type"] < 45


@pytest.mark.parametrize("kind", FAULTS)
def test_disconnect_during_a_fault(server, kind):
    """A client that disconnects during a fault leaves no request in flight."""
    with connect(server) as connection:
        connection.sendall(f"POST /fault/{kind} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n".encode())
        until(server.journal)
    until(lambda: server.stats().in_flight == 0)
    assert ask(server, "/text").status == 200


@pytest.mark.parametrize("kind", FAULTS)
def test_clear_ends_a_fault(server, kind):
    """A clear ends a request with a fault and removes it from the journal."""
    with connect(server) as connection:
        connection.sendall(f"GET /fault/{kind}?gap=10 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        until(server.journal)
        server.clear()
        read_to_end(connection)
    assert server.stats().exchanges == 0


def test_journal_names_the_faults(server):
    """The journal has each fault, and the status that was sent with it."""
    server.configure(gap=0)
    for kind in FAULTS:
        if kind != "hang":
            received(server, kind, query="")
    sent = {row.fault: row.status for row in server.journal()}
    assert sent == {
        "reset": None,
        "empty": None,
        "truncate": 200,
        "garbage": None,
        "malformed_chunk": 200,
        "slow_headers": 200,
        "slow_body": 200,
        "wrong_type": 200,
    }
