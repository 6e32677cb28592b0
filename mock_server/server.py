"""`MockServer`: a server in its own process, controlled over HTTP only."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import Any, ClassVar
from urllib.parse import urlsplit

from .conditions import Conditions
from .exchange import Exchange, Snapshot, Stats
from .launch import MockServerError, close_input, launch

CONTROL_TIMEOUT = 20.0  # seconds for a response of a control endpoint, and for the server to end
HOW_TO_RESTART = "Run the set-up cell again: MockServer.start() starts a new server."


class MockServer:
    """A running mock server. `MockServer.start()` returns it; it ends with this process."""

    _running: ClassVar[MockServer | None] = None

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self._process = process
        self._owner = os.getpid()
        self._open_blocks: list[dict[str, Any]] = []  # of `configured`: the values that each restores
        self.url = url

    @classmethod
    def start(cls) -> MockServer:
        """Return this process's server. If it is already running, it is reset."""
        server = cls._running
        if server is not None and server.is_alive:
            try:
                server.reset()
                return server
            except MockServerError:
                server.stop()
        _bypass_proxies()
        cls._running = cls(*launch())
        return cls._running

    @classmethod
    def running(cls) -> MockServer:
        """Return this process's server; raises MockServerError if there is none."""
        if cls._running is None:
            raise MockServerError(f"The mock server is not running. {HOW_TO_RESTART}")
        return cls._running

    @property
    def pid(self) -> int:
        """The id of the server's process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether its process is running and was started by this process, not by a parent that forked this one."""
        return self._owner == os.getpid() and self._process.poll() is None

    @property
    def conditions(self) -> Conditions:
        """The current conditions."""
        return self._request_conditions("GET")

    def configure(self, **conditions: Any) -> Conditions:
        """Change some conditions, and return all of them; raises ConditionError if one is not allowed."""
        Conditions().changed(conditions)
        return self._request_conditions("PATCH", conditions)

    @contextmanager
    def configured(self, **conditions: Any) -> Iterator[MockServer]:
        """Change some conditions while the block runs, and restore them afterwards.

        Blocks of different tasks may end in any order. A block does not undo what a later block, still open, has set.
        """
        found = self.conditions
        before = {name: getattr(found, name) for name in conditions}
        self.configure(**conditions)
        self._open_blocks.append(before)
        try:
            yield self
        finally:
            self._hand_over(before)
            self.configure(**before)

    def _hand_over(self, before: dict[str, Any]) -> None:
        """End a block; a later block that has set the same condition restores its value instead."""
        position = next(n for n, block in enumerate(self._open_blocks) if block is before)
        del self._open_blocks[position]
        for block in self._open_blocks[position:]:
            for name in before.keys() & block.keys():
                block[name] = before.pop(name)

    def reset(self) -> None:
        """Cancel the requests in flight, empty the journal, and restore the initial conditions and items."""
        self._request("POST", "/_mock/reset")

    def clear(self) -> None:
        """Cancel the requests in flight, empty the journal and count attempts from 1 again."""
        self._request("DELETE", "/_mock/journal")

    def journal(self, since: int = 0) -> list[Exchange]:
        """Return the exchanges since the last clear, or those with a number above `since`."""
        return self.snapshot(since).exchanges

    def snapshot(self, since: int = 0) -> Snapshot:
        """Return what `journal` returns, with the server's time and lag, and how many exchanges it has dropped."""
        return Snapshot.from_json(self._request("GET", f"/_mock/journal?since={since}"))

    def stats(self) -> Stats:
        """Return the totals of all exchanges since the last clear."""
        return Stats(**self._request("GET", "/_mock/stats"))

    def stop(self) -> None:
        """End the server."""
        close_input(self._process)
        try:
            self._process.wait(timeout=CONTROL_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
        if MockServer._running is self:
            MockServer._running = None

    def __repr__(self) -> str:
        return f"MockServer({self.url!r})"

    def _request_conditions(self, method: str, changes: dict[str, Any] | None = None) -> Conditions:
        return Conditions().changed(self._request(method, "/_mock/conditions", changes))

    def _request(self, method: str, path: str, body: Any = None) -> Any:
        url = urlsplit(self.url)
        connection = HTTPConnection(url.hostname or "", url.port, timeout=CONTROL_TIMEOUT)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            document = json.loads(response.read())
        except (OSError, HTTPException) as error:
            raise MockServerError(f"The mock server at {self.url} does not respond. {HOW_TO_RESTART}") from error
        finally:
            connection.close()
        if response.status >= 400:
            raise MockServerError(f"The mock server refused {method} {path}: {document['detail']}")
        return document


def _bypass_proxies() -> None:
    """Add 127.0.0.1 to NO_PROXY; otherwise `requests` would send even these requests to a proxy."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        if "127.0.0.1" not in hosts:
            os.environ[name] = ",".join([*hosts, "127.0.0.1"])
