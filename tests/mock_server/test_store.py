import asyncio
import re

import aiohttp
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mock_server import MockServer

from ..support.client import ask


def links(response):
    return {name: path for path, name in re.findall(r'<([^>]*)>; rel="(\w+)"', response.headers["Link"])}


def test_created_item_is_at_its_location(server):
    """A new item is at its Location, with its ETag."""
    created = ask(server, "/items", "POST", {"name": "tea", "id": 3})
    assert (created.status, created.headers["Location"]) == (201, "/items/10001")
    assert created.json == {"id": 10001, "name": "tea"}
    read = ask(server, created.headers["Location"])
    assert (read.json, read.headers["ETag"]) == (created.json, created.headers["ETag"])


def test_pages_are_linked(server):
    """The Link headers lead from the first page through all items to the last."""
    path, seen = "/items?per_page=100", []
    while path:
        response = ask(server, path)
        seen += [item["id"] for item in response.json]
        path = links(response).get("next")
    assert seen == list(range(1, 10_001))
    assert response.headers["X-Total-Count"] == "10000"
    assert links(response) == {
        "first": "/items?page=1&per_page=100",
        "prev": "/items?page=99&per_page=100",
        "last": "/items?page=100&per_page=100",
    }


def test_page_beyond_the_last_is_empty(server):
    """A page beyond the last is empty."""
    response = ask(server, "/items?page=1000000")
    assert (response.status, response.json) == (200, [])


def test_unchanged_item_gets_304(server):
    """An unchanged item is not sent again."""
    tag = ask(server, "/items/1").headers["ETag"]
    for header in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = ask(server, "/items/1", headers={"If-None-Match": header})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    ask(server, "/items/1", "PATCH", {"name": "other"})
    assert ask(server, "/items/1", headers={"If-None-Match": tag}).status == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_changed_item_gets_412(server, method):
    """A change with an old ETag gets 412 and changes nothing."""
    tag = ask(server, "/items/1").headers["ETag"]
    body = None if method == "DELETE" else {"name": "b"}
    ask(server, "/items/1", "PATCH", {"name": "a"}, {"If-Match": tag})
    stale = ask(server, "/items/1", method, body, {"If-Match": tag})
    assert stale.status == 412
    assert ask(server, "/items/1").json["name"] == "a"
    now = ask(server, "/items/1").headers["ETag"]
    assert ask(server, "/items/1", method, body, {"If-Match": f"W/{now}"}).status == 412
    assert ask(server, "/items/1", method, body, {"If-Match": now}).status in (200, 204)


def test_preconditions_of_a_missing_item(server):
    """A missing item matches no If-Match, and `If-None-Match: *` only creates."""
    assert ask(server, "/items/20000", "PUT", {}, {"If-Match": "*"}).status == 412
    assert ask(server, "/items/20000", "PUT", {}, {"If-None-Match": "*"}).status == 201
    assert ask(server, "/items/20000", "PUT", {}, {"If-None-Match": "*"}).status == 412


def test_one_of_many_changes_wins(server):
    """Of many changes to the same version, exactly one succeeds."""

    async def requests():
        async with aiohttp.ClientSession(server.url) as session:
            tag = (await session.get("/items/1")).headers["ETag"]
            responses = await asyncio.gather(
                *(session.put("/items/1", json={"n": n}, headers={"If-Match": tag}) for n in range(20))
            )
            return sorted(response.status for response in responses)

    assert asyncio.run(requests()) == [200] + [412] * 19


def test_patch_changes_and_removes_fields(server):
    """PATCH changes the given fields, and null removes a field."""
    changed = ask(server, "/items/1", "PATCH", {"price": None, "colour": "red"})
    assert changed.json == {"id": 1, "name": "item 1", "related": [2, 3, 4], "colour": "red"}


def test_deleted_item_is_gone(server):
    """A deleted item is gone from its path and its page until a reset."""
    assert ask(server, "/items/2", "DELETE").status == 204
    assert ask(server, "/items/2").status == 404
    assert ask(server, "/items/2", "DELETE").status == 404
    assert [item["id"] for item in ask(server, "/items?per_page=3").json] == [1, 3, 4]
    server.reset()
    assert ask(server, "/items/2").status == 200


def test_recreated_item_has_a_new_etag(server):
    """An item that is created again has a new ETag."""
    before = ask(server, "/items/2").headers["ETag"]
    ask(server, "/items/2", "DELETE")
    again = ask(server, "/items/2", "PUT", {})
    assert again.status == 201
    assert again.headers["ETag"] != before


def test_repeated_key_creates_nothing(server):
    """A repeated idempotency key gets the first response again and creates nothing."""
    first, second = (ask(server, "/items", "POST", {"n": 1}, {"Idempotency-Key": "k"}) for _ in range(2))
    assert (second.status, second.body, second.headers["ETag"]) == (201, first.body, first.headers["ETag"])
    assert second.headers["Location"] == first.headers["Location"]
    assert ask(server, "/items").headers["X-Total-Count"] == "10001"


def test_reused_key_gets_422(server):
    """An idempotency key with another body gets 422."""
    ask(server, "/items", "POST", {"n": 1}, {"Idempotency-Key": "k"})
    assert ask(server, "/items", "POST", {"n": 2}, {"Idempotency-Key": "k"}).status == 422
    assert ask(server, "/items", "POST", {"n": 2}, {"Idempotency-Key": "other"}).status == 201


def test_post_without_key_creates_twice(server):
    """Without an idempotency key, a repeated POST creates a second item."""
    assert [ask(server, "/items", "POST", {}).json["id"] for _ in range(2)] == [10001, 10002]


@pytest.mark.parametrize("fault", ["reset", "empty", "truncate", "wrong_type"])
def test_fault_breaks_only_the_response(server, fault):
    """A fault breaks the response to a POST, and the item is still created."""
    headers = {"Idempotency-Key": "k"}
    try:
        ask(server, f"/items?fault={fault}", "POST", {"n": 1}, headers)
    except Exception:
        assert fault != "wrong_type"
    assert ask(server, "/items").headers["X-Total-Count"] == "10001"
    assert ask(server, "/items", "POST", {"n": 1}, headers).json["id"] == 10001
    assert ask(server, "/items").headers["X-Total-Count"] == "10001"


def test_failure_comes_before_the_work(server):
    """A failed attempt creates nothing."""
    assert ask(server, "/items?failure_rate=1", "POST", {}).status == 503
    assert ask(server, "/items").headers["X-Total-Count"] == "10000"


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b'{"a": 1e999}', b'{"a": Infinity}', b"[" * 9000])
def test_invalid_json_gets_400(server, body):
    """A body that is not JSON gets 400."""
    assert ask(server, "/items", "POST", body).status == 400


@pytest.mark.parametrize(("method", "path"), [("POST", "/items"), ("PUT", "/items/1"), ("PATCH", "/items/1")])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream"])
def test_another_content_type_gets_415(server, method, path, kind):
    """JSON under another Content-Type gets 415 and changes nothing."""
    before = ask(server, "/items/1").json
    response = ask(server, path, method, {"name": "a lamp"}, {"Content-Type": kind})
    assert (response.status, kind in response.json["detail"]) == (415, True)
    assert ask(server, "/items/1").json == before
    assert ask(server, "/items/10001").status == 404


def test_invalid_item_is_refused(server):
    """A body that is not an object gets 422, and one that is too long 413."""
    assert ask(server, "/items", "POST", [1]).status == 422
    assert ask(server, "/items", "POST", {"a": "x" * 10_000}).status == 413
    assert ask(server, "/items/1", "PATCH", {"a": "x" * 9_950}).status == 413


def test_store_holds_a_thousand_changes(server):
    """The store holds a thousand changes and then refuses more with 507."""

    async def requests():
        async with aiohttp.ClientSession(server.url) as session:
            responses = await asyncio.gather(*(session.post("/items", json={}) for _ in range(1000)))
            return {response.status for response in responses}

    assert asyncio.run(requests()) == {201}
    assert ask(server, "/items", "POST", {}).status == 507
    assert ask(server, "/items/1", "PUT", {}).status == 507
    assert ask(server, "/items/10001", "PUT", {"n": 1}).status == 200


def test_new_item_gets_a_free_id(server):
    """A new item gets an id that no other item has."""
    ask(server, "/items/10001", "PUT", {"mine": True})
    assert ask(server, "/items", "POST", {}).json["id"] == 10002
    ask(server, "/items/1000000", "PUT", {})
    assert ask(server, "/items", "POST", {}).json["id"] == 10003


IDS = st.sampled_from([1, 2, 9_999, 10_000, 10_001, 10_002, 20_000])
FIELDS = st.dictionaries(st.sampled_from("abc"), st.integers() | st.text(), max_size=3)


class StoreMachine(RuleBasedStateMachine):
    """The store behaves like a dict."""

    @initialize()
    def start(self):
        self.server = MockServer.start()
        self.changed = {}
        self.tags = {}

    def expected(self, id):
        if id in self.changed:
            return self.changed[id]
        if id > 10_000:
            return None
        return {"name": f"item {id}", "price": id % 100, "related": [(id + n - 1) % 10_000 + 1 for n in (1, 2, 3)]}

    @rule(fields=FIELDS)
    def post(self, fields):
        id = ask(self.server, "/items", "POST", fields).json["id"]
        assert self.changed.get(id) is None
        assert id > 10_000
        self.changed[id] = fields

    @rule(id=IDS, fields=FIELDS)
    def put(self, id, fields):
        assert ask(self.server, f"/items/{id}", "PUT", fields).status == (201 if self.expected(id) is None else 200)
        self.changed[id] = fields

    @rule(id=IDS, fields=FIELDS)
    def patch(self, id, fields):
        before = self.expected(id)
        assert ask(self.server, f"/items/{id}", "PATCH", fields).status == (404 if before is None else 200)
        if before is not None:
            self.changed[id] = {**before, **fields}

    @rule(id=IDS)
    def delete(self, id):
        assert ask(self.server, f"/items/{id}", "DELETE").status == (404 if self.expected(id) is None else 204)
        self.changed[id] = None

    @rule(id=IDS)
    def get(self, id):
        response = ask(self.server, f"/items/{id}")
        expected = self.expected(id)
        if expected is None:
            assert response.status == 404
        else:
            assert response.json == {"id": id, **expected}
            assert self.tags.setdefault(response.headers["ETag"], response.body) == response.body

    @invariant()
    def as_many_as_there_are(self):
        gone = sum(id <= 10_000 and fields is None for id, fields in self.changed.items())
        new = sum(id > 10_000 and fields is not None for id, fields in self.changed.items())
        assert ask(self.server, "/items?per_page=1").headers["X-Total-Count"] == str(10_000 - gone + new)


TestStoreIsADict = StoreMachine.TestCase
TestStoreIsADict.settings = settings(max_examples=15, stateful_step_count=25)
