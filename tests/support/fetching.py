"""What the tests of parallel_fetch share: a run that may leave nothing behind, and what the server saw of it."""

import asyncio
import gc
from collections import Counter
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit

import psutil
from hypothesis import HealthCheck, settings

from mock_server import Exchange, MockServer

REAL = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=False)
QUICK = {"base": 0.005, "cap": 0.01}  # seconds


def run(main: Coroutine[Any, Any, Any], server: MockServer) -> Any:
    """Return what a coroutine does; fail if it leaves a task, a connection or a complaint of asyncio's."""
    return asyncio.run(leaving_nothing(main, server))


async def leaving_nothing(main: Coroutine[Any, Any, Any], server: MockServer) -> Any:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    others = asyncio.all_tasks()
    try:
        return await main
    finally:
        assert asyncio.all_tasks() == others
        await asyncio.sleep(0)  # a transport that was closed closes its socket in the loop's next round
        assert connections(server) == 0
        gc.collect(0)
        assert complaints == []


def connections(server: MockServer) -> int:
    """The connections that this process holds to the server."""
    port = urlsplit(server.url).port
    return sum(bool(item.raddr) and item.raddr.port == port for item in psutil.Process().net_connections("tcp"))


def hits(server: MockServer, method: str = "GET") -> Counter[str]:
    """How often each address was asked for."""
    return Counter(server.url + row.path for row in server.journal() if row.method == method)


def peak(rows: list[Exchange]) -> int:
    """The most exchanges that were open at once; one that the client left is open until then."""
    changes = [(row.arrived, 1) for row in rows] + [(end(row), -1) for row in rows]
    level = highest = 0
    for _, change in sorted(changes):
        level += change
        highest = max(highest, level)
    return highest


def end(row: Exchange) -> float:
    moments = [moment for moment in (row.ended, row.disconnected) if moment is not None]
    return min(moments) if moments else float("inf")
