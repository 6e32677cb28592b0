"""Measure the mock server's start, and its memory at rest, under load and after a million requests.

python -m benchmarks.server_footprint [exchanges]
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from benchmarks.server_peers import arguments, get, running, wrk
from mock_server import MockServer

MIB = 1024 * 1024
EACH_URL_ONCE = """
local run, n = os.time(), 0
request = function()
  n = n + 1
  return wrk.format("GET", "/items/" .. (n % 10000 + 1) .. "?n=" .. run .. "-" .. n)
end
"""


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def start_to_first_response() -> None:
    get(MockServer.start().url + "/items/1")


def starts(count: int) -> tuple[list[float], list[float]]:
    """Return the seconds of each start up to the first response, and of each import of aiohttp.web."""
    ours, imports = [], []
    for _ in range(count):
        with contextlib.suppress(Exception):
            MockServer.running().stop()
        ours.append(seconds(start_to_first_response))
        imports.append(seconds(lambda: subprocess.run([sys.executable, "-c", "import aiohttp.web"], check=True)))
    MockServer.running().stop()
    return ours, imports


def memory(pid: int) -> float:
    """Return a process's resident memory in MiB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MIB


def with_in_flight(url: str, pid: int, count: int) -> float:
    """Return the server's memory in MiB while `count` requests are in flight."""
    parts = urlsplit(url)
    with contextlib.ExitStack() as open_:
        for n in range(count):
            client = open_.enter_context(socket.create_connection((parts.hostname, parts.port)))
            client.sendall(f"GET /delay/30?n={n} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while json.loads(get(url + "/_mock/stats"))["in_flight"] < count:
            time.sleep(0.01)
        return memory(pid)


def main(exchanges: int) -> None:
    ours, imports = starts(11)
    print(f"start to first response: {median(ours):.2f} s, at most {max(ours):.2f} s;", end=" ")
    print(f"{median(ours) / median(imports):.2f} times the import of aiohttp.web in a bare Python")
    with running("mock_server") as (url, pid):
        print(f"memory at rest: {memory(pid):.1f} MiB")
        print(f"memory with 1,000 requests in flight: {with_in_flight(url, pid, 1000):.1f} MiB")
    with running("mock_server") as (url, pid), tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(EACH_URL_ONCE)
        script.flush()
        print("memory after a number of exchanges, each with its own URL:")
        done = reported = 0
        while done < exchanges:
            wrk(url + "/", 64, 2, "-s", script.name)
            done = json.loads(get(url + "/_mock/stats"))["exchanges"]
            if done >= reported + exchanges / 10:
                reported = done
                print(f"  {done:9,}  {memory(pid):.1f} MiB", flush=True)


if __name__ == "__main__":
    main(arguments(__doc__, "exchanges", 1_000_000, "how many requests to make"))
