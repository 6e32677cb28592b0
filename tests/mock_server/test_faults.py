import json

import pytest

from mock_server import FAULTS

from ..support.client import ask, connect, read_to_end


def received(server, kind, query="gap=0.01"):
    """Return the bytes that a fault sends and whether the connection was reset after them."""
    with connect(server) as connection:
        connection.sendall(f"GET /fault/{kind}?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        data = b""
        try:
            while piece := connection.recv(65536):
                data += piece
        except ConnectionResetError:
            return data, True
        return data, False


def test_reset_is_a_tcp_reset_before_a_byte(server):
    assert received(server, "reset") == (b"", True)


def test_empty_is_an_orderly_close_before_a_byte(server):
    assert received(server, "empty") == (b"", False)


def test_truncate_sends_less_than_the_content_length_says(server):
    data, _ = received(server, "truncate")
    head, body = data.split(b"\r\n\r\n", 1)
    length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    assert 0 < len(body) < length


def test_garbage_is_not_http(server):
    data, _ = received(server, "garbage")
    assert data
    assert not data.startswith(b"HTTP/")


def test_malformed_chunk_has_one_good_chunk_and_then_a_size_that_is_none(server):
    data, _ = received(server, "malformed_chunk")
    head, body = data.split(b"\r\n\r\n", 1)
    assert b"Transfer-Encoding: chunked" in head
    size, rest = body.split(b"\r\n", 1)
    assert json.loads(rest[: int(size, 16)])
    assert rest[int(size, 16) :].startswith(b"\r\nzz\r\n")


@pytest.mark.parametrize("kind", ["slow_headers", "slow_body"])
def test_a_slow_answer_is_whole_and_its_twenty_gaps_are_as_long_as_asked_for(server, kind):
    data, was_reset = received(server, kind)
    head, body = data.split(b"\r\n\r\n", 1)
    assert json.loads(body)
    assert not was_reset
    (row,) = server.journal()
    assert (row.fault, row.status) == (kind, 200)
    assert row.ended - row.arrived >= 0.15


def test_slow_headers_holds_back_the_head_and_slow_body_only_the_body(server):
    for kind, expected in (("slow_headers", False), ("slow_body", True)):
        with connect(server) as connection:
            connection.sendall(f"GET /fault/{kind}?gap=0.2 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert (b"\r\n\r\n" in connection.recv(4096)) is expected


def test_hang_sends_nothing_until_the_client_goes(server, until):
    with connect(server) as connection:
        connection.sendall(b"GET /fault/hang HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert server.stats().in_flight == 1
    (row,) = until(lambda: [row for row in server.journal() if row.ended is not None])
    assert row.left is not None
    assert row.status is None


def test_wrong_type_is_json_that_says_it_is_html(server):
    answer = ask(server, "/fault/wrong_type")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.json


def test_the_share_of_attempts_that_a_fault_is_done_to_is_its_rate(server):
    server.configure(fault="wrong_type", fault_rate=0.3)
    for n in range(1, 101):
        ask(server, f"/items/{n}")
    assert 15 < server.stats().faults["wrong_type"] < 45


@pytest.mark.parametrize("kind", FAULTS)
def test_a_client_that_leaves_in_the_middle_of_a_fault_leaves_nothing_behind(server, until, kind):
    with connect(server) as connection:
        connection.sendall(f"POST /fault/{kind} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n".encode())
        until(server.journal)
    until(lambda: server.stats().in_flight == 0)
    assert ask(server, "/text").status == 200


@pytest.mark.parametrize("kind", FAULTS)
def test_a_clear_ends_a_fault(server, until, kind):
    with connect(server) as connection:
        connection.sendall(f"GET /fault/{kind}?gap=10 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        until(server.journal)
        server.clear()
        read_to_end(connection)
    assert server.stats().exchanges == 0


def test_every_fault_is_named_in_the_journal_with_the_status_that_was_sent(server):
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
