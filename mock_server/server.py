"""`MockServer`: the server as a notebook holds it, a process of its own, spoken to over HTTP alone."""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from .conditions import Conditions
from .exchange import Exchange, Snapshot, Stats

PATIENCE = 20.0  # seconds that an answer of the control addresses, or the start, may take
MEND = "Run the set-up cell again: MockServer.start() starts a new one."


class MockServerError(RuntimeError):
    """The server did not start, or is gone; the message says how to mend it."""


class MockServer:
    """A running mock server; `MockServer.start()` makes it, its kernel's end ends it."""

    _running: ClassVar[MockServer | None] = None

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self._process = process
        self._owner = os.getpid()
        self._open_blocks: list[dict[str, Any]] = []  # of `configured`: the values that each restores
        self.url = url

    @classmethod
    def start(cls) -> MockServer:
        """Return this process's server, started or, if it runs already, reset."""
        server = cls._running
        if server is not None and server.is_alive:
            try:
                server.reset()
                return server
            except MockServerError:
                server.stop()
        _keep_proxies_away()
        cls._running = cls(*_spawn())
        return cls._running

    @classmethod
    def running(cls) -> MockServer:
        """Return this process's server; MockServerError if there is none."""
        if cls._running is None:
            raise MockServerError(f"There is no mock server yet. {MEND}")
        return cls._running

    @property
    def is_alive(self) -> bool:
        """Whether its process runs, and belongs to this process and not to one that this was forked from."""
        return self._owner == os.getpid() and self._process.poll() is None

    @property
    def conditions(self) -> Conditions:
        """The conditions in force."""
        return self._read_conditions("GET")

    def configure(self, **conditions: Any) -> Conditions:
        """Change some conditions from now on and return all; ConditionError, and no change, if one is wrong."""
        Conditions().changed(conditions)
        return self._read_conditions("PATCH", conditions)

    @contextmanager
    def configured(self, **conditions: Any) -> Iterator[MockServer]:
        """Change some conditions while the block runs, and restore them afterwards.

        Blocks of different tasks may end in any order. A block leaves alone what a later one, still open, has set.
        """
        found = self.conditions
        before = {name: getattr(found, name) for name in conditions}
        self.configure(**conditions)
        self._open_blocks.append(before)
        try:
            yield self
        finally:
            self.configure(**self._end_block(before))

    def _end_block(self, before: dict[str, Any]) -> dict[str, Any]:
        """Return what a block has to restore; a later block that has set the same condition takes over its value."""
        position = next(n for n, block in enumerate(self._open_blocks) if block is before)
        del self._open_blocks[position]
        for block in self._open_blocks[position:]:
            for name in before.keys() & block.keys():
                block[name] = before.pop(name)
        return before

    def reset(self) -> None:
        """End what is outstanding, empty the journal, and restore conditions and items."""
        self._ask("POST", "/_mock/reset")

    def clear(self) -> None:
        """End what is outstanding, empty the journal and count attempts anew; conditions and items stay."""
        self._ask("DELETE", "/_mock/journal")

    def journal(self, since: int = 0) -> list[Exchange]:
        """Return the exchanges since the last clear, or those numbered above `since`."""
        return self.snapshot(since).exchanges

    def snapshot(self, since: int = 0) -> Snapshot:
        """Return the same with the moment, how late the server was, and how many rows its ring has dropped."""
        return Snapshot.from_json(self._ask("GET", f"/_mock/journal?since={since}"))

    def stats(self) -> Stats:
        """Return the sum of all exchanges since the last clear."""
        return Stats(**self._ask("GET", "/_mock/stats"))

    def stop(self) -> None:
        """End the server."""
        _close(self._process)
        try:
            self._process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
        if MockServer._running is self:
            MockServer._running = None

    def __repr__(self) -> str:
        return f"MockServer({self.url!r})"

    def _read_conditions(self, method: str, changes: dict[str, Any] | None = None) -> Conditions:
        return Conditions().changed(self._ask(method, "/_mock/conditions", changes))

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        address = urlsplit(self.url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            document = json.loads(answer.read())
        except (OSError, HTTPException) as error:
            raise MockServerError(f"The mock server at {self.url} does not answer. {MEND}") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise MockServerError(f"The mock server refused {method} {path}: {document['detail']}")
        return document


def _spawn() -> tuple[subprocess.Popen[bytes], str]:
    """Start the process and wait until it says where it listens."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "mock_server", "--port", "0", "--owner", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=Path(__file__).parent.parent,
            start_new_session=True,  # the kernel's Interrupt is not meant for it
        )
        line = _first_line(process)
        if not line:
            process.kill()
            process.wait()
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()
            raise MockServerError(f"The mock server did not start within {PATIENCE:g} s. It said:\n{said}")
    atexit.register(_close, process)
    return process, json.loads(line)["url"]


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    with process.stdout as output:
        if os.name == "posix" and not select.select([output], [], [], PATIENCE)[0]:
            return b""
        return output.readline()


def _close(process: subprocess.Popen[bytes]) -> None:
    """End the process by closing its standard input."""
    if process.stdin is not None:
        process.stdin.close()


def _keep_proxies_away() -> None:
    """Keep requests to 127.0.0.1 on this machine, where a proxy is set for all others (`requests` would use it)."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        if "127.0.0.1" not in hosts:
            os.environ[name] = ",".join([*hosts, "127.0.0.1"])
