import pytest

from ..support.client import ask, connect, send_raw


def test_expect_100_continue_is_honoured(server):
    """A client that waits with its body gets 100 Continue before it sends the body."""
    with connect(server) as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hi")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK")


def test_other_expectation_gets_417(server):
    """An Expect header other than 100-continue gets 417."""
    assert ask(server, "/echo", "POST", b"", {"Expect": "more"}).status == 417


@pytest.mark.parametrize("path", ["/echo", "/items", "/_mock/conditions"])
def test_long_body_gets_413(server, path):
    """A body of more than 1 MiB gets 413."""
    method = "PATCH" if "conditions" in path else "POST"
    response = ask(server, path, method, b" " * (1024 * 1024 + 1))
    assert response.status == 413
    assert response.headers["Content-Type"] == "application/problem+json"


def test_broken_body_gets_400(server):
    """A body with an invalid chunk or a wrong Content-Encoding gets 400."""
    with connect(server) as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        assert connection.recv(4096).split(b"\r\n")[0].endswith(b"400 Bad Request")
    response = ask(server, "/echo", "POST", b"not gzip", {"Content-Encoding": "gzip"})
    assert response.status == 400


def test_long_url_gets_400(server):
    """A URL of more than 4,096 characters gets 400."""
    assert ask(server, "/echo?" + "x" * 5000).status == 400


@pytest.mark.parametrize(
    ("version", "sent", "expected"),
    [(b"1.1", b"close", b"close"), (b"1.0", b"keep-alive", b"keep-alive"), (b"1.0", b"close", b"close")],
)
def test_connection_header_is_correct(server, version, sent, expected):
    """The Connection header says whether the connection stays open."""
    with connect(server) as connection:
        connection.settimeout(10)
        connection.sendall(b"GET /text HTTP/%s\r\nHost: x\r\nConnection: %s\r\n\r\n" % (version, sent))
        data = connection.recv(4096)
        assert b"\r\nConnection: %s\r\n" % expected in data
        if expected == b"close":
            assert connection.recv(4096) == b""


def test_http_1_0_closes_the_connection(server):
    """An HTTP/1.0 request gets a response, and its connection is closed."""
    assert send_raw(server, b"GET /text HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200 OK")
