import json
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server import MockServer

from ..support.client import ask, connect

OUT_OF_RANGE = {
    "/delay/61": "seconds",
    "/delay/-1": "seconds",
    "/delay/nan": "seconds",
    "/delay/inf": "seconds",
    "/delay/x": "seconds",
    "/status/199": "codes",
    "/status/600": "codes",
    "/status/503,": "codes",
    "/bytes/100000001": "n",
    "/bytes/-1": "n",
    "/bytes/1.5": "n",
    "/stream/10001": "n",
    "/redirect/21": "n",
    "/drip?bytes=10001": "bytes",
    "/drip?status=200": "status",
    "/items/0": "id",
    "/items/1000001": "id",
    "/items?page=0": "page",
    "/items?per_page=101": "per_page",
    "/text?charset=klingon": "charset",
    "/fault/flood": "kind",
    "/cookies?b%20d=1": "b d",
    "/drip?gap=11": "gap",
}


@pytest.mark.parametrize("path", OUT_OF_RANGE)
def test_what_is_out_of_bounds_gets_422_that_names_field_value_and_range(server, path):
    answer = ask(server, path)
    assert (answer.status, answer.json["field"]) == (422, OUT_OF_RANGE[path])
    assert answer.json["expected"]
    assert "value" in answer.json


@pytest.mark.parametrize("path", ["/nothing", "/items/", "/items/1/2", "//", "/ITEMS", "/bytes", "/text/1"])
def test_what_is_not_there_gets_404(server, path):
    assert ask(server, path).status == 404


def test_a_method_that_is_not_for_an_address_gets_405_and_those_that_are(server):
    answer = ask(server, "/items/1", "POST", {})
    assert (answer.status, answer.headers["Allow"]) == (405, "DELETE, GET, HEAD, PATCH, PUT")


def test_delay_is_counted_from_the_arrival(server):
    assert ask(server, "/delay/0.2").json == {"delay": 0.2}
    (row,) = server.journal()
    assert row.ended - row.arrived >= 0.2


def test_latency_and_delay_add_up(server):
    ask(server, "/delay/0.1?latency=0.1")
    (row,) = server.journal()
    assert row.ended - row.arrived >= 0.2


def test_statuses_come_one_an_attempt_and_the_last_stays(server):
    assert [ask(server, "/status/503,429,204,200").status for _ in range(6)] == [503, 429, 204, 200, 200, 200]
    server.clear()
    assert ask(server, "/status/503,429,204,200").status == 503


@pytest.mark.parametrize("status", [200, 201, 204, 205, 299, 304, 400, 404, 418, 451, 499, 500, 503, 599])
def test_any_status_can_be_asked_for(server, status):
    assert ask(server, f"/status/{status}").status == status


@given(st.integers(0, 300_000))
def test_bytes_are_as_many_as_asked_for_and_the_same_each_time(size):
    answer = ask(MockServer.start(), f"/bytes/{size}")
    assert int(answer.headers["Content-Length"]) == size
    assert answer.body == (bytes(range(256)) * (size // 256 + 1))[:size]


def test_stream_sends_lines_with_a_gap_before_each(server):
    answer = ask(server, "/stream/3?gap=0.05")
    assert [json.loads(line) for line in answer.body.splitlines()] == [{"line": n, "of": 3} for n in (1, 2, 3)]
    (row,) = server.journal()
    assert row.ended - row.arrived >= 0.15


def test_the_first_line_of_a_stream_comes_before_the_last_is_sent(server):
    with connect(server) as connection:
        connection.sendall(b"GET /stream/1000?gap=0.05 HTTP/1.1\r\nHost: x\r\n\r\n")
        seen = b""
        while b'"line": 2' not in seen:
            seen += connection.recv(4096)
        assert server.journal()[0].ended is None


def test_drip_sends_byte_by_byte(server):
    with connect(server) as connection:
        connection.sendall(b"GET /drip?bytes=3&gap=0.05 HTTP/1.1\r\nHost: x\r\n\r\n")
        pieces = b""
        while not pieces.endswith(b"***"):
            piece = connection.recv(4096)
            assert len(piece) == 1 or piece.startswith(b"HTTP/1.1 200 OK")
            pieces += piece
    assert b"Content-Length: 3\r\n" in pieces


def test_drip_fails_as_slowly_with_a_status(server):
    answer = ask(server, "/drip?bytes=3&gap=0.02&status=503")
    assert (answer.status, answer.body) == (503, b"***")
    (row,) = server.journal()
    assert (row.status, row.ended - row.arrived >= 3 * 0.02) == (503, True)


def test_echo_tells_what_arrived(server):
    headers = {"X-One": "1", "Cookie": "a=b; c=d", "Content-Type": "application/json"}
    said = ask(server, "/echo?x=1&x=2&y=%20", "PUT", {"k": [1]}, headers).json
    assert (said["method"], said["path"]) == ("PUT", "/echo")
    assert said["query"] == {"x": ["1", "2"], "y": " "}
    assert (said["headers"]["X-One"], said["cookies"]) == ("1", {"a": "b", "c": "d"})
    assert (said["text"], said["json"], said["form"]) == ('{"k": [1]}', {"k": [1]}, None)


def test_echo_reads_a_form(server):
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=klingon"}
    assert ask(server, "/echo", "POST", b"a=1&b=2&b=&c=%C3%A9", headers).json["form"] == {
        "a": "1",
        "b": ["2", ""],
        "c": "é",
    }


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_echo_takes_any_method(server, method):
    assert ask(server, "/echo", method).json["method"] == method


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"NaN", b"[" * 50_000, b'{"a":' * 200 + b"1" + b"}" * 200])
def test_echo_of_what_is_not_json_says_null(server, body):
    assert ask(server, "/echo", "POST", body, {"Content-Type": "application/json"}).json["json"] is None


def test_redirect_counts_down(server):
    places = []
    path = "/redirect/3"
    while (answer := ask(server, path)).status == 302:
        path = answer.headers["Location"]
        places.append(path)
    assert places == ["/redirect/2", "/redirect/1", "/redirect/0"]
    assert answer.status == 200


def test_cookies_are_told_and_set(server):
    answer = ask(server, "/cookies?taste=oat&gap=0.1", headers={"Cookie": "old=1"})
    assert answer.json == {"cookies": {"old": "1"}}
    assert answer.headers.get_all("Set-Cookie") == ["taste=oat; Path=/"]


@pytest.mark.parametrize(
    ("header", "status"), [(None, 401), ("Bearer let-me-in", 200), ("bearer let-me-in", 200), ("Bearer no", 403)]
)
def test_auth_wants_its_bearer_token(server, header, status):
    answer = ask(server, "/auth", headers={"Authorization": header} if header else {})
    assert answer.status == status
    assert (answer.headers["WWW-Authenticate"] is not None) == (status == 401)


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "utf-16"])
def test_text_comes_in_the_charset_that_its_header_names(server, charset):
    answer = ask(server, f"/text?charset={charset}")
    assert answer.headers.get_content_charset() == charset
    assert "naïve café" in answer.body.decode(charset)


def test_html_and_a_picture_say_what_they_are(server):
    assert ask(server, "/html").headers["Content-Type"] == "text/html; charset=utf-8"
    picture = ask(server, "/image.png")
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.body.startswith(b"\x89PNG\r\n\x1a\n")


def test_the_index_lists_every_address_with_its_meaning(server):
    listed = ask(server, "/").json
    assert listed["GET /items/{id}"].startswith("Answer with an item")
    assert len(listed) == 20


def test_a_client_that_waits_with_its_body_is_told_to_send_it(server):
    with connect(server) as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hi")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK")


def test_another_expectation_gets_417(server):
    assert ask(server, "/echo", "POST", b"", {"Expect": "more"}).status == 417


@pytest.mark.parametrize("path", ["/echo", "/items", "/_mock/conditions"])
def test_a_body_of_more_than_a_mebibyte_gets_413(server, path):
    method = "PATCH" if "conditions" in path else "POST"
    answer = ask(server, path, method, b" " * (1024 * 1024 + 1))
    assert answer.status == 413
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_body_that_breaks_off_or_lies_gets_400(server):
    with connect(server) as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        assert connection.recv(4096).split(b"\r\n")[0].endswith(b"400 Bad Request")
    lying = ask(server, "/echo", "POST", b"not gzip", {"Content-Encoding": "gzip"})
    assert lying.status == 400


def test_an_address_of_more_than_four_thousand_characters_gets_400(server):
    assert ask(server, "/echo?" + "x" * 5000).status == 400


@pytest.mark.parametrize(
    ("version", "asked", "told"),
    [(b"1.1", b"close", b"close"), (b"1.0", b"keep-alive", b"keep-alive"), (b"1.0", b"close", b"close")],
)
def test_whether_the_connection_stays_is_told(server, version, asked, told):
    with connect(server) as connection:
        connection.settimeout(10)
        connection.sendall(b"GET /text HTTP/%s\r\nHost: x\r\nConnection: %s\r\n\r\n" % (version, asked))
        data = connection.recv(4096)
        assert b"\r\nConnection: %s\r\n" % told in data
        if told == b"close":
            assert connection.recv(4096) == b""


def test_http_1_0_is_served_and_its_connection_closed(server):
    with connect(server) as connection:
        connection.sendall(b"GET /text HTTP/1.0\r\n\r\n")
        connection.settimeout(10)
        data = b""
        while piece := connection.recv(4096):
            data += piece
    assert data.startswith(b"HTTP/1.0 200 OK")


def test_a_client_that_stops_reading_holds_nothing_but_its_connection(server):
    with connect(server) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /bytes/100000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert ask(server, "/text").status == 200
        assert server.stats().in_flight == 1
    server.clear()
    assert server.stats().in_flight == 0
