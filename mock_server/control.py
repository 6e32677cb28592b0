"""The control addresses under /_mock/: conditions, journal, stats and reset, for the server's owner alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from .answer import Answer
from .body import parse_json, read_body
from .conditions import ConditionError, Conditions, Number
from .exchange import Exchange
from .journal import Journal
from .problem import Problem
from .routes import read_number
from .service import Service, condition_problem
from .store import Store

PREFIX = "/_mock/"
SINCE = Number(0, 2**53, whole=True)
ROW = tuple(field.name for field in fields(Exchange))
ROWS_AT_ONCE = 250
LOOPBACK = ("127.0.0.1", "localhost", "::1")

Action = Callable[[web.BaseRequest], Awaitable[Any]]


class Control:
    """Answers the control addresses; what it does leaves no trace in the journal."""

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
        self.actions: dict[tuple[str, str], Action] = {
            ("GET", "/_mock/conditions"): self.tell_conditions,
            ("PATCH", "/_mock/conditions"): self.change_conditions,
            ("GET", "/_mock/journal"): self.tell_journal,
            ("DELETE", "/_mock/journal"): self.clear_journal,
            ("GET", "/_mock/stats"): self.tell_stats,
            ("POST", "/_mock/reset"): self.reset,
            ("GET", "/_mock/openapi.json"): self.tell_openapi,
        }

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Do what a control address asks, if the request comes from the owner."""
        try:
            self._refuse_strangers(request)
            found = await self._find(request)(request)
            answer = found if isinstance(found, Answer) else Answer.of_json(found)
        except ConditionError as error:
            answer = condition_problem(error).answer()
        except Problem as problem:
            answer = problem.answer()
        return await answer.send(request)

    def _find(self, request: web.BaseRequest) -> Action:
        action = self.actions.get((request.method, request.path))
        if action is not None:
            return action
        allowed = [method for method, path in self.actions if path == request.path]
        if allowed:
            headers = {"Allow": ", ".join(allowed)}
            raise Problem(405, f"{request.path} takes {headers['Allow']}.", headers=headers)
        paths = ", ".join(dict.fromkeys(path for _, path in self.actions))
        raise Problem(404, f"The control addresses are {paths}.")

    def _refuse_strangers(self, request: web.BaseRequest) -> None:
        """Let no web page in the user's browser drive the server, under whatever name it reaches it."""
        host = request.headers.get("Host", "")
        if not self._is_own(f"//{host}"):
            raise Problem(403, f"The control addresses answer to the server's own address, not to {host!r}.")
        origin = request.headers.get("Origin")
        if origin is not None and not self._is_own(origin):
            raise Problem(403, f"The control addresses do not answer to pages from {origin!r}.")
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise Problem(403, "The control addresses do not answer to pages of other sites.")

    def _is_own(self, address: str) -> bool:
        try:
            parts = urlsplit(address)
            return parts.scheme in ("", "http") and parts.hostname in self.hosts and (parts.port or 80) == self.port
        except ValueError:
            return False

    async def tell_conditions(self, request: web.BaseRequest) -> Any:
        """Answer with all conditions."""
        return asdict(self._service.conditions)

    async def change_conditions(self, request: web.BaseRequest) -> Any:
        """Change some conditions from now on; all of them or, if one is wrong (422), none."""
        changes = parse_json(await read_body(request))
        if not isinstance(changes, dict):
            raise Problem(422, 'The body is not a JSON object such as {"latency": 0.2}.')
        self.set_conditions(self._service.conditions.changed(changes))
        return asdict(self._service.conditions)

    def set_conditions(self, conditions: Conditions) -> None:
        """Put conditions into force."""
        self._service.conditions = conditions
        self._on_conditions(conditions)

    async def tell_journal(self, request: web.BaseRequest) -> Any:
        """Answer with the exchanges since the last clear, or with those numbered above `since`."""
        since = read_number("since", request.query.get("since", "0"), SINCE)
        rows, pieces = self._journal.rows(since), []
        for start in range(0, len(rows), ROWS_AT_ONCE):
            pieces.append(_rows_text(rows[start : start + ROWS_AT_ONCE]))
            await asyncio.sleep(0)  # a long journal must not make the server late for others
        journal = self._journal
        page = {"now": round(journal.now(), 6), "lag": journal.lag, "dropped": journal.dropped}
        text = f'{json.dumps(page)[:-1]}, "exchanges": [{", ".join(pieces)}]}}'
        return Answer(200, {"Content-Type": "application/json"}, text.encode())

    async def clear_journal(self, request: web.BaseRequest) -> Any:
        """End what is outstanding, empty the journal and count attempts anew."""
        await self._service.clear()
        return asdict(self._journal.stats())

    async def tell_stats(self, request: web.BaseRequest) -> Any:
        """Answer with the sum of all exchanges since the last clear."""
        return asdict(self._journal.stats())

    async def reset(self, request: web.BaseRequest) -> Any:
        """Clear the journal and restore the conditions and the items as they were at the start."""
        self.set_conditions(self.initial)
        self._store.clear()
        await self._service.clear()
        return asdict(self._service.conditions)

    async def tell_openapi(self, request: web.BaseRequest) -> Any:
        """Answer with the OpenAPI document of all addresses."""
        return self.openapi


def _rows_text(rows: list[Exchange]) -> str:
    return json.dumps([{name: _rounded(getattr(row, name)) for name in ROW} for row in rows])[1:-1]


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value
