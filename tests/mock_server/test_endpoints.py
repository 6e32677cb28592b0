import pytest

from ..support.client import ask

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
    "/stream/1?silent_after=-1": "silent_after",
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
def test_out_of_range_gets_422(server, path):
    """A parameter out of range gets 422, and the response names the field, the value and the range."""
    response = ask(server, path)
    assert (response.status, response.json["field"]) == (422, OUT_OF_RANGE[path])
    assert response.json["expected"]
    assert "value" in response.json


@pytest.mark.parametrize("path", ["/nothing", "/items/", "/items/1/2", "//", "/ITEMS", "/bytes", "/text/1"])
def test_unknown_path_gets_404(server, path):
    """A path that is no endpoint gets 404."""
    assert ask(server, path).status == 404


def test_wrong_method_gets_405(server):
    """A method that an endpoint does not allow gets 405, and the Allow header lists the others."""
    response = ask(server, "/items/1", "POST", {})
    assert (response.status, response.headers["Allow"]) == (405, "DELETE, GET, HEAD, PATCH, PUT")


def test_delay_lasts_as_requested(server):
    """The response comes no earlier than the requested delay after the arrival."""
    assert ask(server, "/delay/0.2").json == {"delay": 0.2}
    (row,) = server.journal()
    assert row.ended - row.arrived >= 0.2


def test_latency_and_delay_add_up(server):
    """The latency comes on top of the delay in the path."""
    ask(server, "/delay/0.1?latency=0.1")
    (row,) = server.journal()
    assert row.ended - row.arrived >= 0.2


def test_statuses_follow_the_attempts(server):
    """Each attempt gets the next status, and the last status repeats until a clear."""
    assert [ask(server, "/status/503,429,204,200").status for _ in range(6)] == [503, 429, 204, 200, 200, 200]
    server.clear()
    assert ask(server, "/status/503,429,204,200").status == 503


@pytest.mark.parametrize("status", [200, 201, 204, 205, 299, 304, 400, 404, 418, 451, 499, 500, 503, 599])
def test_any_status_can_be_requested(server, status):
    """`/status/{code}` responds with any status from 200 to 599."""
    assert ask(server, f"/status/{status}").status == status


def test_echo_returns_the_request(server):
    """The response describes the request's method, path, query, headers, cookies and body."""
    headers = {"X-One": "1", "Cookie": "a=b; c=d", "Content-Type": "application/json"}
    echoed = ask(server, "/echo?x=1&x=2&y=%20", "PUT", {"k": [1]}, headers).json
    assert (echoed["method"], echoed["path"]) == ("PUT", "/echo")
    assert echoed["query"] == {"x": ["1", "2"], "y": " "}
    assert (echoed["headers"]["X-One"], echoed["cookies"]) == ("1", {"a": "b", "c": "d"})
    assert (echoed["text"], echoed["json"], echoed["form"]) == ('{"k": [1]}', {"k": [1]}, None)


def test_echo_parses_a_form(server):
    """The response has the fields of a form, with a list for a repeated name."""
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=klingon"}
    assert ask(server, "/echo", "POST", b"a=1&b=2&b=&c=%C3%A9", headers).json["form"] == {
        "a": "1",
        "b": ["2", ""],
        "c": "é",
    }


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_echo_accepts_any_method(server, method):
    """Every method is accepted, even one that is not in a standard."""
    assert ask(server, "/echo", method).json["method"] == method


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"NaN", b"[" * 50_000, b'{"a":' * 200 + b"1" + b"}" * 200])
def test_echo_of_invalid_json_is_null(server, body):
    """A body that is not valid JSON is echoed as null."""
    assert ask(server, "/echo", "POST", body, {"Content-Type": "application/json"}).json["json"] is None


def test_redirect_counts_down(server):
    """Each redirect leads to the next lower number, and 0 responds with 200."""
    locations = []
    path = "/redirect/3"
    while (response := ask(server, path)).status == 302:
        path = response.headers["Location"]
        locations.append(path)
    assert locations == ["/redirect/2", "/redirect/1", "/redirect/0"]
    assert response.status == 200


def test_cookies_are_returned_and_set(server):
    """The response lists the cookies that arrived and sets those in the query string."""
    response = ask(server, "/cookies?taste=oat&gap=0.1", headers={"Cookie": "old=1"})
    assert response.json == {"cookies": {"old": "1"}}
    assert response.headers.get_all("Set-Cookie") == ["taste=oat; Path=/"]


@pytest.mark.parametrize(
    ("header", "status"), [(None, 401), ("Bearer let-me-in", 200), ("bearer let-me-in", 200), ("Bearer no", 403)]
)
def test_auth_requires_the_token(server, header, status):
    """Only the right bearer token gets 200, and only a missing one gets WWW-Authenticate."""
    response = ask(server, "/auth", headers={"Authorization": header} if header else {})
    assert response.status == status
    assert (response.headers["WWW-Authenticate"] is not None) == (status == 401)


def test_index_lists_all_endpoints(server):
    """`/` lists every endpoint with a description."""
    listed = ask(server, "/").json
    assert listed["GET /items/{id}"].startswith("Respond with an item")
    assert len(listed) == 20
