"""The control endpoints under /_mock/: conditions, journal, stats and reset, for the server's owner only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from .body import parse_json, read_body
from .conditions import ConditionError, Conditions
from .exchange import Exchange
from .journal import Journal
from .problem import Problem, condition_problem
from .response import FixedResponse
from .routes import Parameter, endpoint, endpoints_of
from .rules import Number
from .service import Service
from .store import Store

CONTROL_PREFIX = "/_mock/"
SINCE = Parameter("since", Number(0, 2**53, whole=True), "query", 0)
EXCHANGE_FIELDS = tuple(field.name for field in fields(Exchange))
ROWS_AT_ONCE = 250  # serialised before other requests get their turn
LOOPBACK = ("127.0.0.1", "localhost", "::1")
CONDITIONS = {"$ref": "#/components/schemas/Conditions"}  # in the OpenAPI document

Action = Callable[[web.BaseRequest], Awaitable[FixedResponse]]


class Control:
    """Serves the control endpoints. Requests to them do not appear in the journal."""

    def __init__(
        self, service: Service, journal: Journal, store: Store, on_conditions: Callable[[Conditions], None]
    ) -> None:
        self._service = service
        self._journal = journal
        self._store = store
        self._on_conditions = on_conditions
        self.initial = Conditions()  # what a reset restores
        self.port = 0
        self.hosts: tuple[str, ...] = LOOPBACK
        self.openapi: dict[str, Any] = {}
        handlers = (
            self.get_conditions,
            self.change_conditions,
            self.get_journal,
            self.clear_journal,
            self.get_stats,
            self.reset,
            self.get_openapi,
        )
        self.endpoints = endpoints_of(handlers)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one control request, if it comes from the owner."""
        try:
            self._refuse_other_sites(request)
            response = await self._find(request)(request)
        except ConditionError as error:
            response = condition_problem(error).response()
        except Problem as problem:
            response = problem.response()
        return await response.send(request)

    def _find(self, request: web.BaseRequest) -> Action:
        here: dict[str, Action] = {
            entry.method: entry.handler for entry in self.endpoints if entry.path == request.path
        }
        if request.method in here:
            return here[request.method]
        if allowed := ", ".join(here):
            detail = f"{request.path} does not allow {request.method}. It allows {allowed}."
            raise Problem(405, detail, headers={"Allow": allowed})
        paths = ", ".join(dict.fromkeys(entry.path for entry in self.endpoints))
        raise Problem(404, f"There is no control endpoint {request.path}. The control endpoints are {paths}.")

    def _refuse_other_sites(self, request: web.BaseRequest) -> None:
        """Refuse requests that a web page of another site sent from the user's browser."""
        host = request.headers.get("Host", "")
        if not self._is_own(f"//{host}"):
            raise Problem(403, f"Control endpoints require the server's own address in the Host header, not {host!r}.")
        origin = request.headers.get("Origin")
        if origin is not None and not self._is_own(origin):
            raise Problem(403, f"Control endpoints refuse requests from pages of {origin!r}.")
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise Problem(403, "Control endpoints refuse requests from pages of other sites.")

    def _is_own(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            return parts.scheme in ("", "http") and parts.hostname in self.hosts and (parts.port or 80) == self.port
        except ValueError:
            return False

    @endpoint("GET", "/_mock/conditions")
    async def get_conditions(self, request: web.BaseRequest) -> FixedResponse:
        """Return all conditions."""
        return FixedResponse.json(asdict(self._service.conditions))

    @endpoint("PATCH", "/_mock/conditions", body=CONDITIONS)
    async def change_conditions(self, request: web.BaseRequest) -> FixedResponse:
        """Change some conditions; if one of them is not allowed (422), change none."""
        changes = parse_json(await read_body(request))
        if not isinstance(changes, dict):
            raise Problem(422, 'The body must be a JSON object such as {"latency": 0.2}.')
        self.set_conditions(self._service.conditions.changed(changes))
        return await self.get_conditions(request)

    def set_conditions(self, conditions: Conditions) -> None:
        """Apply these conditions from now on."""
        self._service.conditions = conditions
        self._on_conditions(conditions)

    @endpoint("GET", "/_mock/journal", SINCE)
    async def get_journal(self, request: web.BaseRequest) -> FixedResponse:
        """Return the exchanges since the last clear, or those with a number above `since`."""
        since = SINCE.read(request.query.get("since"))
        rows, pieces = self._journal.rows(since), []
        for start in range(0, len(rows), ROWS_AT_ONCE):
            pieces.append(_rows_json(rows[start : start + ROWS_AT_ONCE]))
            await asyncio.sleep(0)  # a long journal must not block the event loop
        journal = self._journal
        document = {"now": round(journal.now(), 6), "lag": journal.lag, "dropped": journal.dropped}
        text = f'{json.dumps(document)[:-1]}, "exchanges": [{", ".join(pieces)}]}}'
        return FixedResponse(200, {"Content-Type": "application/json"}, text.encode())

    @endpoint("DELETE", "/_mock/journal")
    async def clear_journal(self, request: web.BaseRequest) -> FixedResponse:
        """Cancel the requests in flight, empty the journal and count attempts from 1 again."""
        await self._service.clear()
        return await self.get_stats(request)

    @endpoint("GET", "/_mock/stats")
    async def get_stats(self, request: web.BaseRequest) -> FixedResponse:
        """Return the totals of all exchanges since the last clear."""
        return FixedResponse.json(asdict(self._journal.stats()))

    @endpoint("POST", "/_mock/reset")
    async def reset(self, request: web.BaseRequest) -> FixedResponse:
        """Clear the journal, and restore the initial conditions and items."""
        self.set_conditions(self.initial)
        self._store.clear()
        await self._service.clear()
        return await self.get_conditions(request)

    @endpoint("GET", "/_mock/openapi.json")
    async def get_openapi(self, request: web.BaseRequest) -> FixedResponse:
        """Return the OpenAPI document of all endpoints."""
        return FixedResponse.json(self.openapi)


def _rows_json(rows: list[Exchange]) -> str:
    return json.dumps([{name: _rounded(getattr(row, name)) for name in EXCHANGE_FIELDS} for row in rows])[1:-1]


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value
