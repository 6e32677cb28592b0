"""parallel_fetch beside its peers: throughput, memory, and answers lost. Run: python -m benchmarks.parallel_fetch

Every figure is a ratio or a count of one run, with the clients taking turns; the server counts the calls.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import httpx
import requests

from mock_server import MockServer
from notebooks.parallel_fetch import parallel_fetch

REQUESTS, IN_FLIGHT, LATENCY = 1000, 100, 0.05  # seconds
ROUNDS = 12  # of the two that are close; the far ones have 3
TRIES = 6
FAULTS = ("empty", "reset", "truncate")
PEERS = ["aiohttp-retry==2.9.1", "stamina==26.1.0", "tenacity==9.2.1"]

Client = Callable[[list[str]], Coroutine[None, None, int]]  # returns how many were answered


async def by_parallel_fetch(urls: list[str]) -> int:
    results = await parallel_fetch(urls, concurrency=IN_FLIGHT, tries=TRIES, base=0.01)
    return sum(result.ok for result in results)


async def together(urls: list[str], get: Callable[[str], Awaitable[object]]) -> int:
    """Count the answers of a bare gather with a semaphore."""
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def one(url: str) -> object:
        async with slots:
            return await get(url)

    answers = await asyncio.gather(*map(one, urls), return_exceptions=True)
    return sum(isinstance(answer, bytes) for answer in answers)


async def by_gather(urls: list[str]) -> int:
    async with aiohttp.ClientSession() as session:

        async def get(url: str) -> bytes:
            async with session.get(url) as response:
                response.raise_for_status()
                return await response.read()

        return await together(urls, get)


async def by_httpx(urls: list[str]) -> int:
    limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
    async with httpx.AsyncClient(limits=limits, timeout=None) as client:

        async def get(url: str) -> bytes:
            return (await client.get(url)).raise_for_status().content

        return await together(urls, get)


async def by_requests(urls: list[str]) -> int:
    mine = threading.local()

    def get(url: str) -> bool:
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
        return bool(mine.session.get(url).ok)

    with ThreadPoolExecutor(IN_FLIGHT) as threads:
        return sum(threads.map(get, urls))


async def by_aiohttp_retry(urls: list[str]) -> int:
    import aiohttp_retry

    options = aiohttp_retry.JitterRetry(
        attempts=TRIES, start_timeout=0.01, max_timeout=10, random_interval_size=0.1, statuses={503}
    )
    async with aiohttp_retry.RetryClient(retry_options=options) as client:

        async def get(url: str) -> bytes:
            async with client.get(url) as response:
                response.raise_for_status()
                return await response.read()

        return await together(urls, get)


async def by_stamina(urls: list[str]) -> int:
    import stamina.instrumentation

    stamina.instrumentation.set_on_retry_hooks([])  # it logs each retry
    errors = (aiohttp.ClientError, TimeoutError)
    async with aiohttp.ClientSession() as session:

        @stamina.retry(on=errors, attempts=TRIES, timeout=None, wait_initial=0.01, wait_jitter=0.01)
        async def get(url: str) -> bytes:
            async with session.get(url) as response:
                response.raise_for_status()
                return await response.read()

        return await together(urls, get)


def timed(client: Client, urls: list[str]) -> float:
    start = time.perf_counter()
    answered = asyncio.run(client(urls))
    assert answered == len(urls)
    return time.perf_counter() - start


def throughput(server: MockServer) -> None:
    """Print each client's throughput over that of the bare gather of the same round."""
    urls = [f"{server.url}/delay/{LATENCY}?n={n}" for n in range(REQUESTS)]
    for client, rounds in {by_parallel_fetch: ROUNDS, by_requests: 3, by_httpx: 3}.items():
        ratios = []
        for turn in range(rounds):
            pair = (by_gather, client) if turn % 2 else (client, by_gather)
            taken = {each: timed(each, urls) for each in pair}
            ratios.append(taken[by_gather] / taken[client])
        median, low, high = statistics.median(ratios), min(ratios), max(ratios)
        print(f"throughput: {client.__name__}: {median:.2f} of a bare gather's ({low:.2f} to {high:.2f})")


async def consume(server: MockServer, count: int) -> None:
    urls = (f"{server.url}/bytes/1000?n={n}" for n in range(count))
    async with parallel_fetch(urls, concurrency=IN_FLIGHT) as results:
        async for result in results:
            assert len(result.body) == 1000


def memory(server: MockServer) -> None:
    """Print the peak of traced memory for many addresses over that for few, results taken as they come."""
    asyncio.run(consume(server, 1000))  # what is made once is made here
    tracemalloc.start()
    peaks = {}
    for count in (1_000, 100_000):
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        asyncio.run(consume(server, count))
        peaks[count] = tracemalloc.get_traced_memory()[1] - before
        print(f"memory: {count} addresses: {peaks[count] / 2**20:.2f} MiB at the peak")
    tracemalloc.stop()
    print(f"memory: ratio {peaks[100_000] / peaks[1_000]:.2f}")


def lost(server: MockServer) -> None:
    """Print how many of the addresses each client lost, and the calls that the server counted."""
    server.configure(failure_rate=0.1, fault_rate=1 / 9)  # a tenth 503, and a tenth broken: 20% of the calls
    urls = [f"{server.url}/items/{n}?fault={FAULTS[n % len(FAULTS)]}" for n in range(1, REQUESTS + 1)]
    for client in (by_gather, by_parallel_fetch, by_aiohttp_retry, by_stamina):
        server.clear()
        answered = asyncio.run(client(urls))
        print(f"lost: {client.__name__}: {REQUESTS - answered} of {REQUESTS}, {server.stats().exchanges} calls")
    server.reset()


def install_peers(folder: str) -> None:
    """Install what the course itself does not need, for this run alone."""
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--target", folder]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, *PEERS], check=True)
    sys.path.append(folder)


def main() -> None:
    server = MockServer.start()
    with tempfile.TemporaryDirectory() as folder:
        install_peers(folder)
        lost(server)
    throughput(server)
    memory(server)


if __name__ == "__main__":
    main()
