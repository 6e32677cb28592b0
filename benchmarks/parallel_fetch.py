"""Compare parallel_fetch with its peers: throughput, memory, lost URLs, repeated POSTs and refused requests.

Run: pip install -r benchmarks/requirements.txt, then python -m benchmarks.parallel_fetch [--help]

Every figure is a ratio or a count. The clients take turns, and the server counts the requests.
"""

import argparse
import asyncio
import functools
import statistics
import threading
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import httpx
import requests

from mock_server import MockServer
from notebooks.parallel_fetch import Request, parallel_fetch

REQUESTS, IN_FLIGHT, LATENCY = 1000, 100, 0.05  # seconds
ATTEMPTS = 6
FAULTS = ("empty", "reset", "truncate")

Client = Callable[..., Coroutine[None, None, int]]  # takes URLs and a method; returns how many succeeded
Send = Callable[[str], Awaitable[object]]


async def by_parallel_fetch(urls: list[str], method: str = "GET") -> int:
    requests = [Request(url, method) for url in urls]
    results = await parallel_fetch(requests, concurrency=IN_FLIGHT, attempts=ATTEMPTS, base=0.01)
    return sum(result.ok for result in results)


async def together(urls: list[str], send: Send) -> int:
    """Count the successes of a bare gather with a semaphore."""
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def one(url: str) -> object:
        async with slots:
            return await send(url)

    bodies = await asyncio.gather(*map(one, urls), return_exceptions=True)
    return sum(isinstance(body, bytes) for body in bodies)


async def body(session: aiohttp.ClientSession, method: str, url: str) -> bytes:
    async with session.request(method, url) as response:
        response.raise_for_status()
        return await response.read()


async def by_gather(urls: list[str], method: str = "GET") -> int:
    async with aiohttp.ClientSession() as session:
        return await together(urls, functools.partial(body, session, method))


async def by_aiometer(urls: list[str], method: str = "GET") -> int:
    import aiometer

    async with aiohttp.ClientSession() as session:

        async def send(url: str) -> bytes | Exception:
            try:
                return await body(session, method, url)
            except (aiohttp.ClientError, TimeoutError) as error:  # otherwise aiometer cancels all the others
                return error

        jobs = [functools.partial(send, url) for url in urls]
        bodies = await aiometer.run_all(jobs, max_at_once=IN_FLIGHT)
    return sum(isinstance(each, bytes) for each in bodies)


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


async def by_aiohttp_retry(urls: list[str], method: str = "GET") -> int:
    import aiohttp_retry

    options = aiohttp_retry.JitterRetry(
        attempts=ATTEMPTS, start_timeout=0.01, max_timeout=10, random_interval_size=0.1, statuses={429, 503}
    )
    async with aiohttp_retry.RetryClient(retry_options=options) as client:

        async def send(url: str) -> bytes:
            async with client.request(method, url) as response:
                response.raise_for_status()
                return await response.read()

        return await together(urls, send)


async def by_stamina(urls: list[str], method: str = "GET") -> int:
    import stamina.instrumentation

    stamina.instrumentation.set_on_retry_hooks([])  # it logs each retry
    errors = (aiohttp.ClientError, TimeoutError)
    retry = stamina.retry(on=errors, attempts=ATTEMPTS, timeout=None, wait_initial=0.01, wait_jitter=0.01)
    async with aiohttp.ClientSession() as session:
        return await together(urls, retry(functools.partial(body, session, method)))


async def by_tenacity(urls: list[str], method: str = "GET") -> int:
    import tenacity

    retry = tenacity.retry(
        retry=tenacity.retry_if_exception_type((aiohttp.ClientError, TimeoutError)),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_random_exponential(multiplier=0.01, max=10),
    )
    async with aiohttp.ClientSession() as session:

        async def send(url: str) -> bytes:
            return await body(session, method, url)

        return await together(urls, retry(send))


def timed(client: Client, urls: list[str]) -> float:
    start = time.perf_counter()
    succeeded = asyncio.run(client(urls))
    assert succeeded == len(urls)
    return time.perf_counter() - start


def throughput(server: MockServer, rounds: int) -> None:
    """Print each client's throughput, divided by that of the bare gather of the same round."""
    urls = [f"{server.url}/delay/{LATENCY}?n={n}" for n in range(REQUESTS)]
    for client, count in {by_parallel_fetch: rounds, by_requests: 3, by_httpx: 3}.items():
        ratios = []
        for number in range(count):
            pair = (by_gather, client) if number % 2 else (client, by_gather)
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
    """Print the peak of traced memory for 1,000 and for 100,000 URLs; each result is used as it arrives."""
    asyncio.run(consume(server, 1000))  # warm up: what is allocated once must not count
    tracemalloc.start()
    peaks = {}
    for count in (1_000, 100_000):
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        asyncio.run(consume(server, count))
        peaks[count] = tracemalloc.get_traced_memory()[1] - before
        print(f"memory: {count} URLs: {peaks[count] / 2**20:.2f} MiB at the peak")
    tracemalloc.stop()
    print(f"memory: ratio {peaks[100_000] / peaks[1_000]:.2f}")


PEERS = (by_gather, by_aiometer, by_aiohttp_retry, by_stamina, by_tenacity, by_parallel_fetch)


def failures(server: MockServer) -> None:
    """Print how many of 1,000 GETs each client loses if a fifth of the attempts fail, and how many it makes."""
    urls = [f"{server.url}/items/{n}?fault={FAULTS[n % len(FAULTS)]}" for n in range(1, REQUESTS + 1)]
    for client in PEERS:
        server.reset()
        server.configure(failure_rate=0.1, fault_rate=1 / 9)  # a tenth 503, and a tenth broken
        succeeded = asyncio.run(client(urls))
        print(f"failures: {client.__name__}: lost {REQUESTS - succeeded}, requests {server.stats().exchanges}")


def repeats(server: MockServer) -> None:
    """Print how many of 200 POSTs without a key each client repeats if some fail."""
    urls = [f"{server.url}/echo?n={n}&fault=truncate&fault_rate=0.25&failure_rate=0.25" for n in range(200)]
    for client in PEERS:
        server.reset()
        asyncio.run(client(urls, "POST"))
        print(f"repeats: {client.__name__}: {server.stats().exchanges - 200} POSTs too many")


def refusals(server: MockServer) -> None:
    """Print how many of 200 GETs each client loses, and how many are refused, if the server admits 50 a second."""
    urls = [f"{server.url}/items/{n}" for n in range(1, 201)]
    for client in PEERS:
        server.reset()
        time.sleep(1.1)  # until the rate limit no longer counts the previous client's requests
        server.configure(rate_limit=50)
        began = time.perf_counter()
        succeeded = asyncio.run(client(urls))
        seconds = time.perf_counter() - began
        refused = server.stats().refused
        print(f"refusals: {client.__name__}: lost {200 - succeeded}, refused {refused}, {seconds:.1f} s")
    server.reset()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=12, help="rounds of parallel_fetch against gather (default: 12)")
    parser.add_argument("--only", choices=["peers", "throughput", "memory"], help="one part instead of all three")
    options = parser.parse_args()
    server = MockServer.start()
    if options.only in (None, "peers"):
        failures(server)
        repeats(server)
        refusals(server)
    if options.only in (None, "throughput"):
        throughput(server, options.rounds)
    if options.only in (None, "memory"):
        memory(server)


if __name__ == "__main__":
    main()
