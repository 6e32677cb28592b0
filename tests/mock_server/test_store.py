import asyncio
import re

import aiohttp
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mock_server import MockServer

from ..support.client import ask


def links(answer):
    return {name: path for path, name in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers["Link"])}


def test_a_new_item_is_at_its_location_with_its_etag(server):
    created = ask(server, "/items", "POST", {"name": "tea", "id": 3})
    assert (created.status, created.headers["Location"]) == (201, "/items/10001")
    assert created.json == {"id": 10001, "name": "tea"}
    read = ask(server, created.headers["Location"])
    assert (read.json, read.headers["ETag"]) == (created.json, created.headers["ETag"])


def test_pages_are_linked_from_the_first_to_the_last(server):
    path, seen = "/items?per_page=100", []
    while path:
        answer = ask(server, path)
        seen += [item["id"] for item in answer.json]
        path = links(answer).get("next")
    assert seen == list(range(1, 10_001))
    assert answer.headers["X-Total-Count"] == "10000"
    assert links(answer) == {
        "first": "/items?page=1&per_page=100",
        "prev": "/items?page=99&per_page=100",
        "last": "/items?page=100&per_page=100",
    }


def test_a_page_beyond_the_last_is_empty(server):
    answer = ask(server, "/items?page=1000000")
    assert (answer.status, answer.json) == (200, [])


def test_an_item_that_has_not_changed_is_not_sent_again(server):
    tag = ask(server, "/items/1").headers["ETag"]
    for header in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = ask(server, "/items/1", headers={"If-None-Match": header})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    ask(server, "/items/1", "PATCH", {"name": "other"})
    assert ask(server, "/items/1", headers={"If-None-Match": tag}).status == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_to_another_version_is_refused_with_412(server, method):
    tag = ask(server, "/items/1").headers["ETag"]
    body = None if method == "DELETE" else {"name": "b"}
    ask(server, "/items/1", "PATCH", {"name": "a"}, {"If-Match": tag})
    late = ask(server, "/items/1", method, body, {"If-Match": tag})
    assert late.status == 412
    assert ask(server, "/items/1").json["name"] == "a"
    now = ask(server, "/items/1").headers["ETag"]
    assert ask(server, "/items/1", method, body, {"If-Match": f"W/{now}"}).status == 412
    assert ask(server, "/items/1", method, body, {"If-Match": now}).status in (200, 204)


def test_an_absent_item_matches_no_if_match_and_if_none_match_star_only_creates(server):
    assert ask(server, "/items/20000", "PUT", {}, {"If-Match": "*"}).status == 412
    assert ask(server, "/items/20000", "PUT", {}, {"If-None-Match": "*"}).status == 201
    assert ask(server, "/items/20000", "PUT", {}, {"If-None-Match": "*"}).status == 412


def test_of_many_who_change_the_same_version_one_wins(server, run):
    async def visit():
        async with aiohttp.ClientSession(server.url) as session:
            tag = (await session.get("/items/1")).headers["ETag"]
            answers = await asyncio.gather(
                *(session.put("/items/1", json={"n": n}, headers={"If-Match": tag}) for n in range(20))
            )
            return sorted(answer.status for answer in answers)

    assert run(visit()) == [200] + [412] * 19


def test_patch_changes_some_fields_and_null_removes_one(server):
    changed = ask(server, "/items/1", "PATCH", {"price": None, "colour": "red"})
    assert changed.json == {"id": 1, "name": "item 1", "related": [2, 3, 4], "colour": "red"}


def test_a_deleted_item_is_gone_from_its_address_and_its_page_until_a_reset(server):
    assert ask(server, "/items/2", "DELETE").status == 204
    assert ask(server, "/items/2").status == 404
    assert ask(server, "/items/2", "DELETE").status == 404
    assert [item["id"] for item in ask(server, "/items?per_page=3").json] == [1, 3, 4]
    server.reset()
    assert ask(server, "/items/2").status == 200


def test_an_item_that_comes_back_has_a_new_version(server):
    before = ask(server, "/items/2").headers["ETag"]
    ask(server, "/items/2", "DELETE")
    again = ask(server, "/items/2", "PUT", {})
    assert again.status == 201
    assert again.headers["ETag"] != before


def test_the_same_key_and_body_is_the_first_answer_again_and_no_second_item(server):
    first, second = (ask(server, "/items", "POST", {"n": 1}, {"Idempotency-Key": "k"}) for _ in range(2))
    assert (second.status, second.body, second.headers["ETag"]) == (201, first.body, first.headers["ETag"])
    assert second.headers["Location"] == first.headers["Location"]
    assert ask(server, "/items").headers["X-Total-Count"] == "10001"


def test_the_same_key_with_another_body_gets_422(server):
    ask(server, "/items", "POST", {"n": 1}, {"Idempotency-Key": "k"})
    assert ask(server, "/items", "POST", {"n": 2}, {"Idempotency-Key": "k"}).status == 422
    assert ask(server, "/items", "POST", {"n": 2}, {"Idempotency-Key": "other"}).status == 201


def test_a_post_without_a_key_is_done_twice(server):
    assert [ask(server, "/items", "POST", {}).json["id"] for _ in range(2)] == [10001, 10002]


@pytest.mark.parametrize("fault", ["reset", "empty", "truncate", "wrong_type"])
def test_a_fault_breaks_the_answer_to_a_post_and_not_its_work(server, fault):
    headers = {"Idempotency-Key": "k"}
    try:
        ask(server, f"/items?fault={fault}", "POST", {"n": 1}, headers)
    except Exception:
        assert fault != "wrong_type"
    assert ask(server, "/items").headers["X-Total-Count"] == "10001"
    assert ask(server, "/items", "POST", {"n": 1}, headers).json["id"] == 10001
    assert ask(server, "/items").headers["X-Total-Count"] == "10001"


def test_a_drawn_failure_comes_before_the_work(server):
    assert ask(server, "/items?failure_rate=1", "POST", {}).status == 503
    assert ask(server, "/items").headers["X-Total-Count"] == "10000"


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b'{"a": 1e999}', b'{"a": Infinity}', b"[" * 9000])
def test_a_body_that_is_not_json_gets_400(server, body):
    assert ask(server, "/items", "POST", body).status == 400


def test_a_body_that_is_no_object_gets_422_and_one_that_is_too_long_413(server):
    assert ask(server, "/items", "POST", [1]).status == 422
    assert ask(server, "/items", "POST", {"a": "x" * 10_000}).status == 413
    assert ask(server, "/items/1", "PATCH", {"a": "x" * 9_950}).status == 413


def test_the_store_has_room_for_a_thousand_changes(server, run):
    async def visit():
        async with aiohttp.ClientSession(server.url) as session:
            answers = await asyncio.gather(*(session.post("/items", json={}) for _ in range(1000)))
            return {answer.status for answer in answers}

    assert run(visit()) == {201}
    assert ask(server, "/items", "POST", {}).status == 507
    assert ask(server, "/items/1", "PUT", {}).status == 507
    assert ask(server, "/items/10001", "PUT", {"n": 1}).status == 200


def test_a_new_item_takes_an_id_that_no_other_has(server):
    ask(server, "/items/10001", "PUT", {"mine": True})
    assert ask(server, "/items", "POST", {}).json["id"] == 10002
    ask(server, "/items/1000000", "PUT", {})
    assert ask(server, "/items", "POST", {}).json["id"] == 10003


IDS = st.sampled_from([1, 2, 9_999, 10_000, 10_001, 10_002, 20_000])
FIELDS = st.dictionaries(st.sampled_from("abc"), st.integers() | st.text(), max_size=3)


class StoreMachine(RuleBasedStateMachine):
    """The store beside a dict."""

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
        answer = ask(self.server, f"/items/{id}")
        expected = self.expected(id)
        if expected is None:
            assert answer.status == 404
        else:
            assert answer.json == {"id": id, **expected}
            assert self.tags.setdefault(answer.headers["ETag"], answer.body) == answer.body

    @invariant()
    def as_many_as_there_are(self):
        gone = sum(id <= 10_000 and fields is None for id, fields in self.changed.items())
        new = sum(id > 10_000 and fields is not None for id, fields in self.changed.items())
        assert ask(self.server, "/items?per_page=1").headers["X-Total-Count"] == str(10_000 - gone + new)


TestStoreIsADict = StoreMachine.TestCase
TestStoreIsADict.settings = settings(max_examples=15, stateful_step_count=25)
