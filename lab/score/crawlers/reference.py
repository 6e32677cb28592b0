"""The reference: a crawler that does what all four lessons teach."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import aiohttp

ATTEMPTS = 5
TIMEOUT = 1.5  # seconds for one attempt
BASE, CAP = 0.25, 2.0  # seconds of backoff
RETRYABLE = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Reference:
    """The reference, with a server's limits; `reports` says whether it reports the crawl as a new item."""

    in_flight: int = 100
    a_second: float = inf  # requests
    reports: bool = False

    async def __call__(self, url: str, paths: Sequence[str]) -> list[Any]:
        """Return the document of each path, in order; None where no attempt was successful."""
        async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:
            client = Client(session, asyncio.Semaphore(self.in_flight), 1 / self.a_second)
            documents = await asyncio.gather(*(client.send("GET", path) for path in paths))
            if self.reports:
                report = {"name": "crawl", "found": sum(document is not None for document in documents)}
                await client.send("POST", "/items", json=report, headers={"Idempotency-Key": str(uuid.uuid4())})
            return documents


class Client:
    """Sends requests within limits, and retries failures that are retryable."""

    def __init__(self, session: aiohttp.ClientSession, slots: asyncio.Semaphore, gap: float) -> None:
        self._session, self._slots, self._gap = session, slots, gap
        self._next = 0.0  # when the next request may begin

    async def send(self, method: str, path: str, **options: Any) -> Any:
        """Return the document of the response; None if no attempt was successful."""
        for attempt in range(1, ATTEMPTS + 1):
            async with self._slots:
                await self._wait_for_rate()
                document, wait = await self._attempt(method, path, options)
            if wait is None:
                return document
            if attempt < ATTEMPTS:
                draw = random.Random(f"{path} {attempt}").uniform  # the same waits in every run of the lesson
                await asyncio.sleep(wait + draw(0, min(CAP, BASE * 2 ** (attempt - 1))))
        return None

    async def _attempt(self, method: str, path: str, options: dict[str, Any]) -> tuple[Any, float | None]:
        """Return the document, and the minimum wait before a retry in seconds; None if there is nothing to retry."""
        try:
            async with self._session.request(method, path, **options) as response:
                if response.status in RETRYABLE:
                    return None, float(response.headers.get("Retry-After", 0))
                return (await response.json() if response.ok else None), None
        except (aiohttp.ClientError, TimeoutError):
            return None, 0.0

    async def _wait_for_rate(self) -> None:
        """Wait until the rate limit allows another request."""
        now = asyncio.get_running_loop().time()
        self._next = max(now, self._next + self._gap)
        await asyncio.sleep(self._next - now)
