"""A small store of items: ten thousand to read, room for a thousand changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from .answer import Answer
from .body import parse_json, read_body
from .conditions import Number
from .problem import Problem
from .routes import Parameter, address, read_number
from .service import Visit

SEEDED = 10_000  # items that are there from the start
ROOM = 1_000  # items that may be created or changed, and idempotency keys kept
LARGEST = 10_000  # bytes of one item's JSON
ID = Number(1, 1_000_000, whole=True)
PAGE = Number(1, 1_000_000, whole=True)
PER_PAGE = Number(1, 100, "items", whole=True)
OBJECT = {"type": "object"}
ITEM = Parameter("id", ID)


@dataclass(frozen=True)
class Item:
    """One version of an item; `fields` is None once it is deleted."""

    id: int
    version: int
    fields: dict[str, Any] | None

    @property
    def etag(self) -> str:
        """The tag of this version."""
        return f'"{self.id}-{self.version}"'

    @property
    def document(self) -> dict[str, Any]:
        """What GET answers."""
        return {"id": self.id, **(self.fields or {})}

    @cached_property
    def body(self) -> bytes:
        """The same as JSON."""
        return json.dumps(self.document).encode()


@dataclass(frozen=True)
class First:
    """The first answer to an idempotency key, with a digest of the body that it answered."""

    digest: bytes
    item: Item


class Store:
    """Holds the items; nothing is kept of one that was only read. `location` says where a created item is found."""

    def __init__(self) -> None:
        self.location = "/items/{id}"
        self.clear()

    def clear(self) -> None:
        """Restore the items as they were at the start."""
        self._changed: dict[int, Item] = {}
        self._firsts: dict[str, First] = {}
        self._created = 0
        self._ids: Sequence[int] | None = None  # of the items that there are, until one comes or goes

    @address("GET", "/items", Parameter("page", PAGE, "query", 1), Parameter("per_page", PER_PAGE, "query", 10))
    async def list_page(self, visit: Visit) -> Answer:
        """Answer with one page of items; the Link header names its neighbours."""
        query = visit.request.query
        page = read_number("page", query.get("page", "1"), PAGE)
        per_page = read_number("per_page", query.get("per_page", "10"), PER_PAGE)
        ids = self._present()
        last = max(1, -(-len(ids) // per_page))
        shown = ids[(page - 1) * per_page : page * per_page]
        headers = {"Link": _link(page, per_page, last), "X-Total-Count": str(len(ids))}
        return Answer.of_json([self._get(id).document for id in shown], headers=headers)

    @address("POST", "/items", body=OBJECT, statuses=(201,))
    async def create(self, visit: Visit) -> Answer:
        """Create an item and answer 201 with its Location; a repeated Idempotency-Key creates nothing."""
        body = await _body(visit)
        key = visit.request.headers.get("Idempotency-Key")
        digest = hashlib.sha256(body).digest()
        if key is not None and (first := self._firsts.get(key)) is not None:
            if first.digest != digest:
                raise Problem(422, f"The Idempotency-Key {key!r} has come before with another body.")
            return _item_answer(first.item, 201, self.location)
        fields = _object(body)
        item = self._put(Item(self._free_id(), 1, fields))
        if key is not None:
            self._remember(key, First(digest, item))
        return _item_answer(item, 201, self.location)

    @address("GET", "/items/{id}", ITEM, statuses=(200, 304, 404))
    async def read(self, visit: Visit, id: str) -> Answer:
        """Answer with an item and its ETag; 304 if that is in If-None-Match."""
        item = self._get(read_number("id", id, ID))
        if _names(visit.request.headers.get("If-None-Match"), item, weak=True):
            return Answer(304, {"ETag": item.etag})
        return _item_answer(item, 200)

    @address("PUT", "/items/{id}", ITEM, body=OBJECT, statuses=(200, 201, 412))
    async def replace(self, visit: Visit, id: str) -> Answer:
        """Replace an item, or create it (201); 412 if If-Match names another version."""
        number = read_number("id", id, ID)
        fields = _object(await _body(visit))
        old = self._find(number)
        _check_precondition(visit, old)
        item = self._put(Item(number, self._next_version(number), fields))
        return _item_answer(item, 200 if old else 201)

    @address("PATCH", "/items/{id}", ITEM, body=OBJECT, statuses=(200, 404, 412))
    async def patch(self, visit: Visit, id: str) -> Answer:
        """Change some fields of an item (null removes one); 412 if If-Match names another version."""
        number = read_number("id", id, ID)
        changes = _object(await _body(visit))
        old = self._get(number)
        _check_precondition(visit, old)
        fields = {name: value for name, value in ({**(old.fields or {}), **changes}).items() if value is not None}
        if len(json.dumps(fields)) > LARGEST:
            raise Problem(413, f"An item may have {LARGEST} bytes of JSON at the most.")
        return _item_answer(self._put(Item(number, old.version + 1, fields)), 200)

    @address("DELETE", "/items/{id}", ITEM, statuses=(204, 404, 412))
    async def delete(self, visit: Visit, id: str) -> Answer:
        """Delete an item; 412 if If-Match names another version."""
        number = read_number("id", id, ID)
        old = self._get(number)
        _check_precondition(visit, old)
        self._put(Item(number, old.version + 1, None))
        return Answer(204)

    @property
    def handlers(self) -> tuple[Any, ...]:
        """The handlers of the store's addresses."""
        return (self.list_page, self.create, self.read, self.replace, self.patch, self.delete)

    def _present(self) -> Sequence[int]:
        if self._ids is None:
            every = sorted({*range(1, SEEDED + 1), *self._changed})
            self._ids = [id for id in every if self._find(id) is not None]
        return self._ids

    def _free_id(self) -> int:
        self._created += 1
        while SEEDED + self._created in self._changed:
            self._created += 1
        return SEEDED + self._created

    def _next_version(self, id: int) -> int:
        last = self._changed.get(id) or self._find(id)
        return last.version + 1 if last else 1

    def _find(self, id: int) -> Item | None:
        if (item := self._changed.get(id)) is not None:
            return item if item.fields is not None else None
        return _seeded(id) if id <= SEEDED else None

    def _get(self, id: int) -> Item:
        if (item := self._find(id)) is None:
            raise Problem(404, f"There is no item {id}.")
        return item

    def _put(self, item: Item) -> Item:
        if item.id not in self._changed and len(self._changed) >= ROOM:
            raise Problem(507, f"The store has room for {ROOM} changed items; a reset empties it.")
        if item.fields is None or self._find(item.id) is None:
            self._ids = None
        self._changed[item.id] = item
        return item

    def _remember(self, key: str, first: First) -> None:
        self._firsts[key] = first
        if len(self._firsts) > ROOM:
            del self._firsts[next(iter(self._firsts))]


@lru_cache(maxsize=1000)
def _seeded(id: int) -> Item:
    related = [(id + step - 1) % SEEDED + 1 for step in (1, 2, 3)]
    return Item(id, 1, {"name": f"item {id}", "price": id % 100, "related": related})


def _link(page: int, per_page: int, last: int) -> str:
    pages = {"first": 1, "prev": page - 1, "next": page + 1, "last": last}
    return ", ".join(
        f'</items?page={number}&per_page={per_page}>; rel="{name}"'
        for name, number in pages.items()
        if 1 <= number <= last
    )


def _item_answer(item: Item, status: int, location: str = "/items/{id}") -> Answer:
    headers = {"Content-Type": "application/json", "ETag": item.etag}
    if status == 201:
        headers["Location"] = location.format(id=item.id)
    return Answer(status, headers, item.body)


def _names(header: str | None, item: Item | None, *, weak: bool) -> bool:
    """Tell whether a list of ETags names this version of the item; a weak tag counts only if `weak` says so."""
    if header is None or item is None:
        return False
    tags = [tag.strip() for tag in header.split(",")]
    return header.strip() == "*" or item.etag in tags or (weak and f"W/{item.etag}" in tags)


def _check_precondition(visit: Visit, item: Item | None) -> None:
    headers = visit.request.headers
    if "If-Match" in headers and not _names(headers["If-Match"], item, weak=False):
        now = item.etag if item else "absent"
        raise Problem(412, f"The item is now {now}, not {headers['If-Match']}: read it again.")
    if _names(headers.get("If-None-Match"), item, weak=True):
        raise Problem(412, "The item is already there.")


async def _body(visit: Visit) -> bytes:
    body = await read_body(visit.request)
    if len(body) > LARGEST:
        raise Problem(413, f"An item may have {LARGEST} bytes of JSON at the most.")
    return body


def _object(body: bytes) -> dict[str, Any]:
    document = parse_json(body)
    if not isinstance(document, dict):
        raise Problem(422, "The body is JSON, but not an object.")
    document.pop("id", None)
    return document
