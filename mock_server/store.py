"""A small store of items: ten thousand to read, and room for a thousand changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from .problem import Problem

SEEDED = 10_000  # items that exist from the start
MAX_CHANGES = 1_000  # items that can be created or changed, and idempotency keys that are remembered


@dataclass(frozen=True)
class Item:
    """One version of an item. `fields` is None if the item is deleted."""

    id: int
    version: int
    fields: dict[str, Any] | None

    @property
    def etag(self) -> str:
        """The ETag of this version."""
        return f'"{self.id}-{self.version}"'

    @property
    def document(self) -> dict[str, Any]:
        """The item as GET returns it."""
        return {"id": self.id, **(self.fields or {})}

    @cached_property
    def body(self) -> bytes:
        """The item as JSON."""
        return json.dumps(self.document).encode()


@dataclass(frozen=True)
class FirstRequest:
    """The first request with an idempotency key: a digest of its body, and the item that it created."""

    digest: bytes
    item: Item


class Store:
    """Holds the items. Only changed items take memory. `location` is the Location of a created item, as a template."""

    def __init__(self) -> None:
        self.location = "/items/{id}"
        self.clear()

    def clear(self) -> None:
        """Restore the initial items."""
        self._changed: dict[int, Item] = {}
        self._first_requests: dict[str, FirstRequest] = {}
        self._created = 0
        self._ids: Sequence[int] | None = None  # of all items; None if one was created or deleted since

    def ids(self) -> Sequence[int]:
        """Return the ids of all items, in order."""
        if self._ids is None:
            deleted = {id for id, item in self._changed.items() if item.fields is None}
            self._ids = sorted({*range(1, SEEDED + 1), *self._changed} - deleted)
        return self._ids

    def find(self, id: int) -> Item | None:
        """Return an item, or None if there is none."""
        if (item := self._changed.get(id)) is not None:
            return item if item.fields is not None else None
        return _seeded(id) if id <= SEEDED else None

    def get(self, id: int) -> Item:
        """Return an item; raises Problem 404 if there is none."""
        if (item := self.find(id)) is None:
            raise Problem(404, f"There is no item {id}.")
        return item

    def create(self, fields: dict[str, Any]) -> Item:
        """Store and return a new item with a new id."""
        self._created += 1
        while SEEDED + self._created in self._changed:
            self._created += 1
        return self.put(SEEDED + self._created, fields)

    def put(self, id: int, fields: dict[str, Any] | None) -> Item:
        """Store and return a new version of an item; raises Problem 507 if there is no room for it."""
        if id not in self._changed and len(self._changed) >= MAX_CHANGES:
            raise Problem(507, f"The store holds at most {MAX_CHANGES} changed items. A reset restores it.")
        if fields is None or self.find(id) is None:
            self._ids = None
        last = self._changed.get(id) or self.find(id)
        item = Item(id, last.version + 1 if last else 1, fields)
        self._changed[id] = item
        return item

    def first_request(self, key: str) -> FirstRequest | None:
        """Return the first request with an idempotency key, or None if there was none."""
        return self._first_requests.get(key)

    def idempotency_keys(self) -> list[str]:
        """Return the idempotency keys that are remembered."""
        return list(self._first_requests)

    def remember(self, key: str, first: FirstRequest) -> None:
        """Remember the first request with an idempotency key, and forget the oldest if there are too many."""
        self._first_requests[key] = first
        if len(self._first_requests) > MAX_CHANGES:
            del self._first_requests[next(iter(self._first_requests))]


@lru_cache(maxsize=1000)
def _seeded(id: int) -> Item:
    related = [(id + step - 1) % SEEDED + 1 for step in (1, 2, 3)]
    return Item(id, 1, {"name": f"item {id}", "price": id % 100, "related": related})
