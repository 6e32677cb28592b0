import socket
import time
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from ..support.client import ask

CONTROL = [
    ("GET", "/_mock/conditions"),
    ("PATCH", "/_mock/conditions"),
    ("GET", "/_mock/journal"),
    ("DELETE", "/_mock/journal"),
    ("GET", "/_mock/stats"),
    ("POST", "/_mock/reset"),
    ("GET", "/_mock/openapi.json"),
]


def port(server):
    return urlsplit(server.url).port


def foreign(server):
    return [
        {"Host": "evil.example"},
        {"Host": f"evil.example:{port(server)}"},
        {"Host": "127.0.0.1"},
        {"Host": f"127.0.0.1:{port(server)}.evil.example"},
        {"Host": f"127.0.0.1.evil.example:{port(server)}"},
        {"Host": ""},
        {"Host": "[::1"},
        {"Origin": "http://evil.example"},
        {"Origin": f"https://127.0.0.1:{port(server)}"},
        {"Origin": "http://127.0.0.1:8888"},
        {"Origin": "http://localhost"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ]


@pytest.mark.parametrize(("method", "path"), CONTROL)
def test_other_sites_are_refused(server, method, path):
    """A web page of another site can neither control nor read the server."""
    server.configure(latency=0.001)
    ask(server, "/text")
    for headers in foreign(server):
        response = ask(server, path, method, {"latency": 0} if method == "PATCH" else None, headers)
        assert response.status == 403, headers
    assert server.conditions.latency == 0.001
    assert server.stats().exchanges == 1


def test_client_that_never_reads(server):
    """A client that sends requests and reads nothing gets no more responses than fit into the sockets."""
    ask(server, "/items?per_page=100")
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", port(server)))
        connection.settimeout(2)
        with suppress(TimeoutError):
            for _ in range(200):
                connection.sendall(b"GET /items?per_page=100 HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        seen = [server.stats().exchanges]
        while len(seen) < 20 and len(set(seen[-3:])) + (len(seen) < 3) > 1:
            time.sleep(0.3)
            seen.append(server.stats().exchanges)
        assert server.stats().in_flight == 1, "the last response waits until the client reads"
    assert seen[-1] < 2_000, "more responses than fit into the sockets' buffers"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_own_names_are_accepted(server, host):
    """Control endpoints accept every name of this machine."""
    own = f"{host}:{port(server)}"
    assert ask(server, "/_mock/stats", headers={"Host": own}).status == 200
    headers = {"Host": own, "Origin": f"http://{own}", "Sec-Fetch-Site": "same-origin"}
    assert ask(server, "/_mock/stats", headers=headers).status == 200


def test_no_cors_headers(server):
    """No response has a CORS header."""
    for path in ("/text", "/echo", "/_mock/stats"):
        response = ask(server, path, headers={"Origin": "http://evil.example"})
        assert not [name for name in response.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(("method", "path"), CONTROL)
def test_control_method_not_allowed(server, method, path):
    """A method that a control endpoint does not allow gets 405, and the Allow header lists the others."""
    response = ask(server, path, "PUT")
    assert response.status == 405
    assert method in response.headers["Allow"]


def test_unknown_control_endpoint(server):
    """An unknown control endpoint gets 404, and the response lists the control endpoints."""
    response = ask(server, "/_mock/nothing")
    assert response.status == 404
    assert all(path in response.json["detail"] for _, path in CONTROL)
