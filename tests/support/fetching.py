"""Run parallel_fetch under a controlled clock, and check that it leaves nothing behind."""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from mock_server import Exchange
from notebooks.parallel_fetch import Request, Result, parallel_fetch
from tests.support.served import Served, run_served

QUICK: dict[str, Any] = {"base": 0.005, "cap": 0.01}  # seconds
SOON = 0.01  # seconds that the work of a run may take on the clock, at a microsecond a loop iteration
BROKEN = "?fault=truncate&fault_rate=0.3&failure_rate=0.3&latency=0.1&seed="


@dataclass
class Fetched:
    """The results of a run, what the server saw of it, and the seconds that it took."""

    results: list[Result]
    journal: list[Exchange]
    elapsed: float

    def hits(self) -> Counter[tuple[str, str]]:
        """How often each method and path arrived."""
        return Counter((exchange.method, exchange.path) for exchange in self.journal)

    def gaps(self) -> list[float]:
        """The seconds from the end of each exchange to the arrival of the next."""
        pairs = zip(self.journal, self.journal[1:], strict=False)
        return [later.arrived - earlier.ended for earlier, later in pairs if earlier.ended is not None]


def fetch(paths: Iterable[object], conditions: dict[str, Any] | None = None, **options: Any) -> Fetched:
    """Fetch paths from a mock server on the same loop; fail if the run leaves a task or a connection behind."""

    async def scenario(server: Served) -> Fetched:
        urls = [at(server.url, path) for path in paths]
        async with leaving_nothing(server):
            began = server.clock.now
            results = await parallel_fetch(urls, **options)
            elapsed = server.clock.now - began
        assert [result.url for result in results] == [getattr(url, "url", url) for url in urls]
        return Fetched(results, server.journal, elapsed)

    return run_served(scenario, **{"cancel_abandoned": True, **(conditions or {})})


def at(base: str, path: Any) -> Any:
    """Return a server's path as a URL, also inside a Request; return everything else unchanged."""
    if isinstance(path, Request):
        return Request(at(base, path.url), path.method, **path.options)
    return base + path if isinstance(path, str) and path.startswith("/") else path


@asynccontextmanager
async def leaving_nothing(server: Served) -> AsyncIterator[None]:
    """Fail if the block leaves a task, a connection to the server, or an error that the event loop reports."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    others = asyncio.all_tasks()
    yield
    for _ in range(20):  # a closed connection ends its server's task a few iterations later
        await asyncio.sleep(0)
    await asyncio.sleep(0.001)
    assert asyncio.all_tasks() == others
    assert server.application.open_connections == 0
    gc.collect(0)
    assert complaints == []


def response(body: bytes = b"ok", status: str = "200 OK", **headers: str) -> bytes:
    """Return the bytes of a response; header names are written with underscores."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode("latin-1") + body


def fetch_raw(responses: dict[str, bytes | list[bytes]], *, check: bool = True, **options: Any) -> dict[str, Result]:
    """Fetch each path from a server that sends the given bytes; from a list, it sends one entry for each request.

    The server must have seen as many requests as the results count attempts. With redirects, pass `check=False`.
    """
    hits: Counter[str] = Counter()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
            told = responses.get(path, b"")
            writer.write(told if isinstance(told, bytes) else told[min(hits[path], len(told) - 1)])
            hits[path] += 1
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def scenario(_: Served) -> dict[str, Result]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            urls = [f"http://127.0.0.1:{port}{path}" for path in responses]
            results = await parallel_fetch(urls, **{**QUICK, **options})
        assert not check or all(result.attempts == hits[path] for path, result in zip(responses, results, strict=True))
        return dict(zip(responses, results, strict=True))

    return run_served(scenario)


def scenario_served(scenario: Callable[[Served], Awaitable[Any]], **conditions: Any) -> Any:
    """Run a scenario with a mock server; fail if it leaves a task or a connection behind."""

    async def run(server: Served) -> Any:
        async with leaving_nothing(server):
            return await scenario(server)

    return run_served(run, **{"cancel_abandoned": True, **conditions})


def mixture(server: Served, count: int = 40) -> Iterator[str]:
    """Yield URLs of which some fail at first, in one way or another."""
    return (f"{server.url}/items/{n}{BROKEN}{n}" for n in range(1, count + 1))


async def in_steps(source: Iterable[str]) -> AsyncIterator[str]:
    """Yield the same URLs with a pause before each."""
    for url in source:
        await asyncio.sleep(0.01)
        yield url
