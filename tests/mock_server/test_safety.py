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
def test_no_page_of_another_site_can_drive_or_read_the_server(server, method, path):
    server.configure(latency=0.001)
    ask(server, "/text")
    for headers in foreign(server):
        answer = ask(server, path, method, {"latency": 0} if method == "PATCH" else None, headers)
        assert answer.status == 403, headers
    assert server.conditions.latency == 0.001
    assert server.stats().exchanges == 1


def test_a_client_that_asks_on_and_on_and_reads_nothing_is_not_answered_on_and_on(server):
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
        assert server.stats().in_flight == 1, "the last answer waits for its reader"
    assert seen[-1] < 2_000, "what fits into the sockets' buffers"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_the_server_s_own_names_are_welcome(server, host):
    own = f"{host}:{port(server)}"
    assert ask(server, "/_mock/stats", headers={"Host": own}).status == 200
    headers = {"Host": own, "Origin": f"http://{own}", "Sec-Fetch-Site": "same-origin"}
    assert ask(server, "/_mock/stats", headers=headers).status == 200


def test_no_answer_invites_another_site_to_read_it(server):
    for path in ("/text", "/echo", "/_mock/stats"):
        answer = ask(server, path, headers={"Origin": "http://evil.example"})
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(("method", "path"), CONTROL)
def test_another_method_gets_405_and_those_that_there_are(server, method, path):
    answer = ask(server, path, "PUT")
    assert answer.status == 405
    assert method in answer.headers["Allow"]


def test_a_control_address_that_does_not_exist_gets_404_that_lists_those_that_do(server):
    answer = ask(server, "/_mock/nothing")
    assert answer.status == 404
    assert all(path in answer.json["detail"] for _, path in CONTROL)
