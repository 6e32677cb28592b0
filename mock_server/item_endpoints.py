"""The endpoints of the store: a small REST API with pages, ETags and idempotency keys."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from .body import parse_json, read_body
from .context import RequestContext
from .problem import Problem
from .response import FixedResponse
from .routes import Parameter, endpoint
from .rules import Number
from .store import FirstRequest, Item, Store

MAX_ITEM_BYTES = 10_000  # of JSON
ID = Parameter("id", Number(1, 1_000_000, whole=True))
PAGE = Parameter("page", Number(1, 1_000_000, whole=True), "query", 1)
PER_PAGE = Parameter("per_page", Number(1, 100, "items", whole=True), "query", 10)
JSON_OBJECT = {"type": "object"}


class ItemEndpoints:
    """Serves the items of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @endpoint("GET", "/items", PAGE, PER_PAGE)
    async def list_page(self, context: RequestContext) -> FixedResponse:
        """Respond with one page of items; the Link header has the first, previous, next and last page."""
        query = context.request.query
        page, per_page = PAGE.read(query.get("page")), PER_PAGE.read(query.get("per_page"))
        ids = self._store.ids()
        last = max(1, -(-len(ids) // per_page))
        shown = ids[(page - 1) * per_page : page * per_page]
        headers = {"Link": _link(page, per_page, last), "X-Total-Count": str(len(ids))}
        return FixedResponse.json([self._store.get(id).document for id in shown], headers=headers)

    @endpoint("POST", "/items", body=JSON_OBJECT, statuses=(201,))
    async def create(self, context: RequestContext) -> FixedResponse:
        """Create an item and respond with 201 and its Location; a repeated Idempotency-Key creates nothing."""
        body = await _body(context)
        key = context.request.headers.get("Idempotency-Key")
        digest = hashlib.sha256(body).digest()
        if key is not None and (first := self._store.first_request(key)) is not None:
            if first.digest != digest:
                raise Problem(422, f"The Idempotency-Key {key!r} was already used with another body.")
            return _item_response(first.item, 201, self._store.location)
        item = self._store.create(_object(body))
        if key is not None:
            self._store.remember(key, FirstRequest(digest, item))
        return _item_response(item, 201, self._store.location)

    @endpoint("GET", "/items/{id}", ID, statuses=(200, 304, 404))
    async def read(self, context: RequestContext, id: str) -> FixedResponse:
        """Respond with an item and its ETag, or with 304 if If-None-Match has that ETag."""
        item = self._store.get(ID.read(id))
        if _matches(context.request.headers.get("If-None-Match"), item, weak=True):
            return FixedResponse(304, {"ETag": item.etag})
        return _item_response(item, 200)

    @endpoint("PUT", "/items/{id}", ID, body=JSON_OBJECT, statuses=(200, 201, 412))
    async def replace(self, context: RequestContext, id: str) -> FixedResponse:
        """Replace an item, or create it (201); 412 if If-Match has another ETag."""
        number = ID.read(id)
        fields = _object(await _body(context))
        old = self._store.find(number)
        _check_precondition(context, old)
        return _item_response(self._store.put(number, fields), 200 if old else 201)

    @endpoint("PATCH", "/items/{id}", ID, body=JSON_OBJECT, statuses=(200, 404, 412))
    async def patch(self, context: RequestContext, id: str) -> FixedResponse:
        """Change some fields of an item (null removes a field); 412 if If-Match has another ETag."""
        number = ID.read(id)
        changes = _object(await _body(context))
        old = self._store.get(number)
        _check_precondition(context, old)
        fields = {name: value for name, value in ({**(old.fields or {}), **changes}).items() if value is not None}
        _check_size(len(json.dumps(fields)))
        return _item_response(self._store.put(number, fields), 200)

    @endpoint("DELETE", "/items/{id}", ID, statuses=(204, 404, 412))
    async def delete(self, context: RequestContext, id: str) -> FixedResponse:
        """Delete an item; 412 if If-Match has another ETag."""
        number = ID.read(id)
        _check_precondition(context, self._store.get(number))
        self._store.put(number, None)
        return FixedResponse(204)

    @property
    def handlers(self) -> tuple[Any, ...]:
        """The handlers of these endpoints."""
        return (self.list_page, self.create, self.read, self.replace, self.patch, self.delete)


def _link(page: int, per_page: int, last: int) -> str:
    pages = {"first": 1, "prev": page - 1, "next": page + 1, "last": last}
    return ", ".join(
        f'</items?page={number}&per_page={per_page}>; rel="{name}"'
        for name, number in pages.items()
        if 1 <= number <= last
    )


def _item_response(item: Item, status: int, location: str = "/items/{id}") -> FixedResponse:
    headers = {"Content-Type": "application/json", "ETag": item.etag}
    if status == 201:
        headers["Location"] = location.format(id=item.id)
    return FixedResponse(status, headers, item.body)


def _matches(header: str | None, item: Item | None, *, weak: bool) -> bool:
    """Return whether a list of ETags contains the item's; weak ETags only count with `weak`."""
    if header is None or item is None:
        return False
    etags = [etag.strip() for etag in header.split(",")]
    return header.strip() == "*" or item.etag in etags or (weak and f"W/{item.etag}" in etags)


def _check_precondition(context: RequestContext, item: Item | None) -> None:
    headers = context.request.headers
    if "If-Match" in headers and not _matches(headers["If-Match"], item, weak=False):
        if item is None:
            raise Problem(412, "The item does not exist, so If-Match cannot match.")
        raise Problem(412, f"The item's ETag is {item.etag}, not {headers['If-Match']}. Read the item again.")
    if _matches(headers.get("If-None-Match"), item, weak=True):
        raise Problem(412, "The item already exists.")


def _check_size(size: int) -> None:
    if size > MAX_ITEM_BYTES:
        raise Problem(413, f"An item can have {MAX_ITEM_BYTES} bytes of JSON at most.")


async def _body(context: RequestContext) -> bytes:
    if (kind := context.request.content_type) != "application/json":
        raise Problem(415, f"The Content-Type is {kind}, and must be application/json.")
    body = await read_body(context.request)
    _check_size(len(body))
    return body


def _object(body: bytes) -> dict[str, Any]:
    document = parse_json(body)
    if not isinstance(document, dict):
        raise Problem(422, "The body must be a JSON object.")
    document.pop("id", None)
    return document
