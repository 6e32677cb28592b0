# MIT licence: this one file may be copied into your own project. It needs Python 3.11 and aiohttp 3.12, or later.
"""Fetch many addresses at once over HTTP: in order, within limits, with retries, and none lost.

results = await parallel_fetch(urls, concurrency=20)                     # a list, one result an address

async with parallel_fetch(urls, rate=50, deadline=60) as results:        # or one by one, memory flat
    async for result in results:
        print(result.url, result.status if result.ok else result.error)
"""

import asyncio
import json
import math
import random
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Coroutine, Generator, Iterable, Mapping, Sized
from contextlib import aclosing, nullcontext
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

__all__ = ["Request", "Result", "parallel_fetch"]

HEALING_STATUSES = {408, 425, 429, 500, 502, 503, 504}
# No answer, half an answer, an answer that is not HTTP:
HEALING_ERRORS = (TimeoutError, aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, aiohttp.ClientResponseError)
LASTING_ERRORS = (aiohttp.TooManyRedirects, aiohttp.ClientConnectorCertificateError, aiohttp.ServerFingerprintMismatch)
IDEMPOTENT_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}
NO_LIMITS = aiohttp.ClientTimeout(total=None)
OPTIONAL = {"window", "rate", "timeout", "deadline", "budget"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request; an address alone stands for a GET."""

    url: str
    method: str = "GET"
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def may_be_repeated(self) -> bool:
        """Whether a second copy does no harm: by its method, or by a key that the server knows it by."""
        keyed = any(name.lower() == "idempotency-key" for name in self.headers or ())
        return keyed or self.method.upper() in IDEMPOTENT_METHODS


@dataclass(slots=True)
class Result:
    """What became of one request: its last answer, or what its last try failed with."""

    request: Request
    status: int | None = None  # None if the last try had no whole answer
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    encoding: str = "utf-8"
    attempts: int = 0
    error: str | None = None  # None if ok, else readable: "503 Service Unavailable; tries made: 4"

    @property
    def url(self) -> str:
        """The address as it was given."""
        return self.request.url

    @property
    def ok(self) -> bool:
        """Whether a whole answer came, with a status below 400."""
        return self.error is None

    def text(self) -> str:
        """Return the body as text; bytes that its encoding does not know are replaced."""
        return self.body.decode(self.encoding, errors="replace")

    def json(self) -> Any:
        """Return the body read as JSON, whatever type it claims; ValueError if it is none."""
        return json.loads(self.body)


def backoff(attempt: int, base: float, cap: float, rng: random.Random) -> float:
    """Draw the seconds to wait after a failed attempt (1, 2, ...), with full jitter."""
    return rng.uniform(0, min(cap, base * 2.0 ** min(attempt - 1, 1000)))


def retry_after(headers: Mapping[str, str], now: float) -> float:
    """Return the seconds that Retry-After asks for, 0 if it does not; `now` is the Unix time."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
        return max(0.0, date.replace(tzinfo=date.tzinfo or UTC).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0


class Budget:
    """Retries in reserve: each takes one, each answer that needs none earns half of one, up to `size`."""

    def __init__(self, size: float) -> None:
        self.size = self.left = size

    def earn(self) -> None:
        """Count an answer that needs no retry."""
        self.left = min(self.size, self.left + 0.5)

    def spend(self) -> bool:
        """Take one retry; False if there is none left."""
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Rate:
    """Lets at most `limit` tries begin in any one second; a fraction above 1 is rounded down."""

    def __init__(self, limit: float) -> None:
        self.begun: deque[float] = deque(maxlen=max(1, math.floor(limit)))
        self.span = 1.05 * max(1, 1 / limit)  # the way to the server may push requests 50 ms closer together
        self.turn = asyncio.Lock()

    async def wait(self) -> None:
        """Wait until one more may begin, first come first served."""
        clock = asyncio.get_running_loop().time
        async with self.turn:
            if len(self.begun) == self.begun.maxlen:
                await asyncio.sleep(self.begun[0] + self.span - clock())
            self.begun.append(clock())


class Dropped(aiohttp.ClientError):
    """The server dropped the connection; the cause says how."""


async def one_hit(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from its own retry, as a client middleware.

    Since 3.10 aiohttp sends an idempotent request again, in silence, when the server drops the connection: three
    tries are six hits. It does so for these two errors alone and has no public switch, so we turn them into another.
    """
    try:
        return await send(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Dropped from error


def note_error(result: Result, error: BaseException, seconds: float | None) -> bool:
    """Write an error into the result, in one line; return whether another try may heal it."""
    if isinstance(error, Dropped):
        error = error.__cause__ or error
    error.__traceback__ = None  # aiohttp keeps the error of a body: it and the try would keep each other alive
    text = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
    if isinstance(error, TimeoutError) and not text:
        text = f"no whole answer in {seconds} s"
    result.error = ": ".join(filter(None, [type(error).__name__, " ".join(text.split())]))
    return isinstance(error, HEALING_ERRORS) and not isinstance(error, LASTING_ERRORS)


async def send(session: aiohttp.ClientSession, result: Result, seconds: float | None) -> bool:
    """Make one try, the body included, and fill in the result; return whether another try may heal it."""
    request = result.request
    result.attempts += 1
    result.status, result.headers, result.body, result.error = None, {}, b"", None
    options: dict[str, Any] = {"json": request.json, "headers": request.headers, "raise_for_status": False}
    options["timeout"] = NO_LIMITS  # asyncio.timeout covers all of a try, and is exact
    options["middlewares"] = (one_hit, *session._middlewares)  # a request's replace its session's
    try:
        async with asyncio.timeout(seconds), session.request(request.method, request.url, **options) as answer:
            result.body, result.encoding = await answer.read(), answer.get_encoding()
            result.status, result.headers = answer.status, answer.headers
    except Exception as error:  # whatever it is, it is this address's own
        return note_error(result, error, seconds)
    if answer.status >= 400:
        result.error = f"{answer.status} {answer.reason}"
    return answer.status in HEALING_STATUSES


def check(name: str, value: Any, least: float, *, above: bool = False, whole: bool = False) -> None:
    """Raise TypeError or ValueError that tells the argument and what was expected, if it is wrong."""
    if value is None and name in OPTIONAL:
        return
    expected = f"{'a whole number' if whole else 'a number'} {'above' if above else 'of at least'} {least}"
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise TypeError(f"{name} is {value!r}; expected {expected}")
    if not (least < value < math.inf or (value == least and not above)):
        raise ValueError(f"{name} is {value!r}; expected {expected}")


Addresses = Iterable[str | Request] | AsyncIterable[str | Request]
Fetch = Callable[[str | Request], Coroutine[Any, Any, Result]]


async def one_by_one(addresses: Addresses) -> AsyncGenerator[str | Request, None]:
    """Yield what either kind of iterable holds."""
    if isinstance(addresses, AsyncIterable):
        async for address in addresses:
            yield address
    else:
        for address in addresses:
            yield address


async def in_order(addresses: Addresses, fetch: Fetch, window: int) -> AsyncGenerator[Result, None]:
    """Yield the results in the order of the addresses; at most `window` are begun and not yet taken."""
    room = asyncio.Semaphore(window - 1)
    begun: asyncio.Queue[asyncio.Task[Result] | None] = asyncio.Queue()
    tasks: set[asyncio.Task[Any]] = set()

    async def begin() -> None:
        async with aclosing(one_by_one(addresses)) as each:
            async for address in each:
                tasks.add(task := asyncio.create_task(fetch(address)))
                begun.put_nowait(task)
                await room.acquire()

    tasks.add(beginner := asyncio.create_task(begin()))
    beginner.add_done_callback(lambda _: begun.put_nowait(None))
    try:
        while (task := await begun.get()) is not None:
            yield await task
            tasks.discard(task)
            room.release()
        await beginner  # raises what the addresses raised
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(eq=False)
class parallel_fetch:
    """Results in the order of the addresses, one for each, repeats kept; a failure is a result, never an exception.

    `await` it for a list. Or iterate over it with `async for`, once, so that only `window` results are ever held;
    inside `async with`, all is ended and closed when you leave, early or not.
    A wrong argument raises TypeError or ValueError at once; a wrong address is that address's own failed result.
    What the addresses themselves raise while they are read comes after the results of those before.
    """

    addresses: Addresses  # read no faster than results are taken
    _: KW_ONLY
    session: aiohttp.ClientSession | None = None  # yours, left open; its connection limit holds, too
    concurrency: int = 10  # requests in flight; one that waits to be repeated is not in flight
    window: int | None = None  # addresses begun and not yet taken; None: 4 × concurrency. The slowest holds up the rest
    rate: float | None = None  # requests that begin in any one second, repeats included
    tries: int = 4  # requests for one address, counted as the server does
    timeout: float | None = 30.0  # seconds for one try
    deadline: float | None = None  # seconds for all tries of one address, from the first one's start
    base: float = 0.1  # seconds; the wait before repeat n is random, up to base × 2 ** (n - 1)
    cap: float = 10.0  # seconds; and never above this
    longest_retry_after: float = 60.0  # seconds of Retry-After that are waited, before the random wait
    budget: float | None = None  # repeats in reserve for all addresses together; None: no limit
    progress: Callable[[int, int | None], object] | None = None  # (results so far, of how many if known)
    rng: random.Random = field(default_factory=random.Random)  # draws the random waits
    clock: Callable[[], float] = time.time  # the time of day, for a Retry-After that is a date

    def __post_init__(self) -> None:
        single = isinstance(self.addresses, str | bytes | Request)
        if single or not isinstance(self.addresses, Iterable | AsyncIterable):
            raise TypeError(f"addresses is {self.addresses!r}; expected an iterable of addresses, such as a list")
        for name in ("concurrency", "window", "tries"):
            check(name, getattr(self, name), 1, whole=True)
        for name in ("rate", "timeout", "deadline"):
            check(name, getattr(self, name), 0, above=True)
        for name in ("base", "cap", "longest_retry_after", "budget"):
            check(name, getattr(self, name), 0)
        self._total = len(self.addresses) if isinstance(self.addresses, Sized) else None
        self._done = 0
        self._slots = asyncio.Semaphore(self.concurrency)
        self._rate = None if self.rate is None else Rate(self.rate)
        self._budget = Budget(math.inf if self.budget is None else self.budget)

    def __await__(self) -> Generator[Any, None, list[Result]]:
        return self.all().__await__()

    async def all(self) -> list[Result]:
        """Return all results as a list: the coroutine for `asyncio.run` or a task."""
        async with self as results:
            return [result async for result in results]

    async def __aenter__(self) -> AsyncGenerator[Result, None]:
        self._results = aiter(self)
        return self._results

    async def __aexit__(self, *error: object) -> None:
        await self._results.aclose()

    async def __aiter__(self) -> AsyncGenerator[Result, None]:
        window = self.window or 4 * self.concurrency
        if self.session is None:  # one of our own, closed at the end; the slots are its limit
            opened: Any = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        else:
            opened = nullcontext(self.session)
        async with opened as self._client, aclosing(in_order(self.addresses, self._fetch, window)) as results:
            async for result in results:
                yield result

    async def _fetch(self, address: str | Request) -> Result:
        """Return the result of one address, after as many tries as it takes and may take."""
        result = Result(address if isinstance(address, Request) else Request(address))
        try:
            async with asyncio.timeout(None) as limit:
                wait = await self._try(result, limit)
                while wait is not None:
                    await asyncio.sleep(wait)  # outside of the slot, which serves another address meanwhile
                    wait = await self._try(result, limit)
        except TimeoutError:
            result.error = f"{result.error or 'TimeoutError'}; the deadline of {self.deadline} s has passed"
        self._done += 1
        if self.progress is not None:
            self.progress(self._done, self._total)
        return result

    async def _try(self, result: Result, limit: asyncio.Timeout) -> float | None:
        """Make one try in a slot; return the seconds to wait before the next, None if it was the last."""
        async with self._slots:
            if self._rate is not None:
                await self._rate.wait()
            if self.deadline is not None and result.attempts == 0:  # time in the queue does not count
                limit.reschedule(asyncio.get_running_loop().time() + self.deadline)
            may_heal = await send(self._client, result, self.timeout)
        if may_heal:
            return self._pause(result, limit.when())
        if result.status is not None:
            self._budget.earn()
        return None

    def _pause(self, result: Result, end: float | None) -> float | None:
        """Return the seconds to wait before the next try; None, and the reason in the result, if it may not be."""
        asked = retry_after(result.headers, self.clock())
        wait = min(asked, self.longest_retry_after) + backoff(result.attempts, self.base, self.cap, self.rng)
        left = math.inf if end is None else end - asyncio.get_running_loop().time()
        if result.attempts >= self.tries:
            reason = f"tries made: {self.tries}"
        elif not result.request.may_be_repeated:
            reason = f"a {result.request.method} without Idempotency-Key is made once"
        elif max(asked, wait) >= left:
            reason = f"the next try would miss the deadline of {self.deadline} s"
        elif not self._budget.spend():
            reason = "the retry budget is spent"
        else:
            return wait
        result.error = f"{result.error}; {reason}"
        return None
