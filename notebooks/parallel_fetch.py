"""Fetch many URLs at once over HTTP: within limits, with retries, and with one result for every URL.

results = await parallel_fetch(urls, concurrency=20)              # in a script: asyncio.run(parallel_fetch(urls).all())
async with parallel_fetch(urls, rate=50, deadline=60) as results:  # or one by one, in constant memory
    async for result in results: print(result.url, result.status if result.ok else result.error)

It cannot stream a body, decompress anything but gzip and deflate, continue a run after a restart, share its limits with
other code or processes, or speak HTTP/2. It needs Python 3.11 and aiohttp 3.12. MIT licence: you may copy this file."""

import asyncio
import inspect
import json
import math
import random
import re
import time
import warnings
import zlib
from collections import abc, deque
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import dataclass, field
from email.utils import mktime_tz, parsedate_tz
from typing import Any
from weakref import WeakValueDictionary

import aiohttp
from aiohttp.typedefs import URL, CIMultiDict  # type: ignore[attr-defined]  # yarl's and multidict's own

__all__ = ["Request", "Result", "parallel_fetch", "retryable"]

RETRYABLE_STATUSES = {408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529}
PAUSING_STATUSES = {429, 503}  # with Retry-After, they apply to the whole host
TRANSIENT = (TimeoutError, aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, aiohttp.ClientResponseError)
PERMANENT = (aiohttp.TooManyRedirects, aiohttp.ClientConnectorCertificateError, aiohttp.ServerFingerprintMismatch)
# Headers above aiohttp's limits, TLS to a port that speaks HTTP, and HTTP to one that speaks TLS:
PERMANENT_TEXTS = re.compile(r"Got more than \d+ bytes|Too many headers|WRONG_VERSION_NUMBER|\\x15\\x03")
IDEMPOTENT_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}
OPTIONAL = {"window", "rate", "timeout", "deadline", "budget", "max_body_size", "on_retry", "progress"}
POSITIVE = {"rate", "timeout", "deadline"}
END = object()  # of the URLs
ENCODED_URL = re.compile(r"([\w.~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+", re.ASCII)
ACCEPTED = {"Accept-Encoding": "gzip, deflate"}  # what `decompress` can read


@dataclass(frozen=True, init=False)
class Request:
    """One request; a URL alone stands for a GET. It takes any option of aiohttp's `session.request`."""

    url: str | URL
    method: str
    options: abc.Mapping[str, Any]  # headers, json, data, params, ssl ...

    def __init__(self, url: str | URL, method: str = "GET", **options: Any) -> None:
        if "headers" in options:
            options["headers"] = CIMultiDict(options["headers"] or ())
        vars(self).update(url=url, method=method, options=options)


@dataclass(slots=True)
class Result:
    """What became of one request: its last response, or why its last attempt failed."""

    request: Request
    status: int | None = None  # None if the last attempt had no complete response
    headers: abc.Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)  # decompressed
    final_url: str | None = None  # after redirects
    history: tuple[tuple[int, str], ...] = ()  # status and URL of each redirect
    attempts: int = 0
    error: str | None = None  # None if ok, else one line: "503 Service Unavailable; attempts made: 4"
    transient: bool = False  # for an error without a response: whether another attempt may succeed

    @property
    def url(self) -> str | URL:
        """The URL as it was given."""
        return self.request.url

    @property
    def ok(self) -> bool:
        """Whether a complete response came, with a status below 400."""
        return self.error is None

    def text(self) -> str:
        """Return the body as text, in the charset of Content-Type or UTF-8; what cannot be decoded is replaced."""
        charset = re.search(r"charset\s*=\s*[\"']?([^\"';\s]+)", self.headers.get("Content-Type", ""), re.IGNORECASE)
        try:
            return self.body.decode(charset[1] if charset else "utf-8", errors="replace")
        except (LookupError, ValueError):  # the charset is not a text encoding
            return self.body.decode(errors="replace")

    def json(self) -> Any:
        """Return the body parsed as JSON, whatever its Content-Type; raise ValueError if it is not JSON."""
        try:
            return json.loads(self.body)  # in UTF-8, UTF-16 or UTF-32
        except UnicodeDecodeError:
            return json.loads(self.text())
        except RecursionError as error:
            raise ValueError("the JSON is nested too deeply") from error


def retryable(result: Result) -> bool:
    """Return whether another attempt may succeed. This is the default rule; a rule of your own may call it."""
    if result.status is None:
        return result.transient
    return result.status in RETRYABLE_STATUSES or (result.status >= 400 and "Retry-After" in result.headers)


def backoff(attempt: int, base: float, cap: float, rng: random.Random) -> float:
    """Draw the seconds to wait after a failed attempt (1, 2, ...), with full jitter."""
    return rng.uniform(0, min(cap, base * 2.0 ** min(attempt - 1, 1000)))


def retry_after(headers: abc.Mapping[str, str], now: float) -> float:
    """Return the seconds that Retry-After asks for, or 0; a date counts from the response's Date, or from `now`."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?|\.[0-9]+", text):
        return float(text)
    end, sent = parsedate_tz(text), parsedate_tz(headers.get("Date", ""))
    try:
        return max(0.0, mktime_tz(end) - (mktime_tz(sent) if sent else now)) if end else 0.0
    except (ValueError, OverflowError):
        return 0.0


class Rate:
    """Lets at most `limit` attempts begin in any one second; a fraction above 1 is rounded down."""

    def __init__(self, limit: float) -> None:
        self.starts: deque[float] = deque(maxlen=max(1, math.floor(limit)))
        self.span = 1.05 * max(1, 1 / limit)  # the network may push requests up to 50 ms closer together

    async def wait(self) -> None:
        now = asyncio.get_running_loop().time()
        self.starts.append(max(now, self.starts[0] + self.span) if len(self.starts) == self.starts.maxlen else now)
        await asyncio.sleep(self.starts[-1] - now)


class Host:
    """Pauses the requests to one host. After a pause, refused requests are retried first, one at a time, because most
    would be refused again if sent together. If the first is refused twice in a row, the host counts as down, and after
    each pause all requests go together."""

    def __init__(self, limit: int) -> None:
        self.slots: AbstractAsyncContextManager[Any] = asyncio.Semaphore(limit) if limit else nullcontext()
        self.first: Result | None = None  # in line
        self.line, self.pause_end, self.refusals = asyncio.Lock(), -math.inf, 0  # refusals of the first, in a row

    def must_line_up(self, result: Result) -> bool:
        return self.refusals < 2 and result.status in PAUSING_STATUSES and "Retry-After" in result.headers

    def admits(self, result: Result) -> bool:
        turn = self.first is result or not (self.first or self.must_line_up(result))
        return turn and self.pause_end <= asyncio.get_running_loop().time()

    async def enter(self, result: Result) -> None:  # waits for the line and the end of the pause
        if self.first is not result and (self.first or self.must_line_up(result)):
            await self.line.acquire()
            self.first = result
        if not self.must_line_up(result):
            self.leave(result)
        await asyncio.sleep(self.pause_end - asyncio.get_running_loop().time())

    def leave(self, result: Result) -> None:
        if self.first is result:
            self.first = None
            self.line.release()


async def one_hit(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """A client middleware that prevents aiohttp's own silent retry, which follows only these two errors."""
    try:
        return await send(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientError from error


async def read_body(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Return the body as it was sent, or the first `most` bytes of it; raise if it breaks off earlier."""
    try:
        return await (response.read() if response.content.is_eof() else response.content.readexactly(most))
    except asyncio.IncompleteReadError as whole:
        return whole.partial


def decompress(body: bytes, coding: str, most: int) -> bytes:
    """Return the body decompressed, or the first `most` bytes of it; raise if it breaks off earlier."""
    if coding in ("br", "zstd"):
        raise aiohttp.ClientError(f"no decoder for Content-Encoding {coding}")
    if coding not in ("gzip", "x-gzip", "deflate"):
        return body
    bits, whole = -15 if coding == "deflate" and body[0] & 15 != 8 else 47, b""  # many servers omit deflate's header
    while body and len(whole) < most:  # gzip may come in several parts
        part = zlib.decompressobj(bits)
        whole += part.decompress(body, most)
        if not part.eof and len(whole) < most:
            raise EOFError("the compressed body breaks off")  # aiohttp would return half of it
        body = part.unused_data.lstrip(b"\0")
    return whole


def note_error(result: Result, error: BaseException, seconds: float | None = None) -> None:
    """Store an error in the result, as one line, and whether another attempt may succeed."""
    error = (error.__cause__ if type(error) is aiohttp.ClientError else None) or error  # one_hit's
    text = str(getattr(error, "message", "") or error) or (f"no complete response in {seconds} s" if seconds else "")
    result.error = ": ".join(filter(None, [type(error).__name__, " ".join(text.split())]))
    permanent = isinstance(error, PERMANENT) or PERMANENT_TEXTS.search(result.error)
    result.transient = isinstance(error, (*TRANSIENT, EOFError, zlib.error)) and not permanent
    link: BaseException | None = error
    while link is not None:  # aiohttp keeps errors, whose tracebacks would keep the result
        link.__traceback__, link = None, link.__cause__ or link.__context__


async def send(session: aiohttp.ClientSession, result: Result, seconds: float | None, limit: int | None = None) -> None:
    """Make one attempt, body included, and fill in the result; never raise."""
    url, given, most = result.request.url, result.request.options, 2**62 if limit is None else limit + 1
    result.attempts += 1
    result.status, result.headers, result.body, result.final_url, result.history = None, {}, b"", None, ()
    try:
        options = {**given, "auto_decompress": False, "raise_for_status": False}
        options["middlewares"] = (one_hit, *given.get("middlewares", session._middlewares))
        if "Accept-Encoding" not in session.headers:
            options["headers"] = CIMultiDict(ACCEPTED)
            options["headers"].update(given.get("headers", ()))
        url = URL(url, encoded=True) if isinstance(url, str) and "%" in url and ENCODED_URL.fullmatch(url) else url
        async with asyncio.timeout(seconds), session.request(result.request.method, url, **options) as response:
            body = await read_body(response, most)
        if 0 < len(body) < most and given.get("auto_decompress", session.auto_decompress):
            body = decompress(body, response.headers.get("Content-Encoding", "").strip().lower(), most)
        if len(body) >= most:
            raise aiohttp.ClientError(f"the body has more than {limit} bytes")
        result.status, result.headers, result.body = response.status, response.headers.copy(), body
        result.final_url = str(response.url)
        result.history = tuple((each.status, str(each.url)) for each in response.history)
        result.error = None if response.status < 400 else f"{response.status} {response.reason}"
    except Exception as error:  # whatever it is, only this URL has failed
        note_error(result, error, seconds)


def check(name: str, value: Any, kind: Any, least: int) -> None:
    """Raise TypeError or ValueError with the argument's name and what was expected, if it is wrong."""
    if value is None and name in OPTIONAL:
        return
    right_type = isinstance(value, kind) and not isinstance(value, bool)
    if not right_type or not least <= value < math.inf or (value == least and name in POSITIVE):
        expected = f"a{' whole' * (kind is int)} number {'above' if name in POSITIVE else 'of at least'} {least}"
        raise (ValueError if right_type else TypeError)(f"{name} is {value!r:.80}; expected {expected}")


def check_hook(name: str, hook: Any, arguments: int) -> None:
    """Raise TypeError if a hook cannot be called with this many arguments, or is a coroutine function."""
    try:
        fits = not inspect.iscoroutinefunction(hook) and bool(inspect.signature(hook).bind(*range(arguments)))
    except (TypeError, ValueError) as error:
        fits = isinstance(error, ValueError)  # some builtins have no signature
    if not fits and (hook is not None or name not in OPTIONAL):
        expected = f"a plain function of {arguments} argument{'s' * (arguments != 1)}"
        raise TypeError(f"{name} is {hook!r:.80}; expected {expected}")


async def in_window(source: Any, fetch: Any, window: int, ordered: bool) -> abc.AsyncGenerator[Result, None]:
    """Yield the results, in the order of the URLs or as they come; at most `window` are begun and not yet taken."""
    room, ready = asyncio.Semaphore(window - 1), asyncio.Queue[asyncio.Task[Any]]()
    tasks: set[asyncio.Task[Any]] = set()

    async def begin() -> None:
        while (url := next(source, END) if isinstance(source, abc.Iterator) else await anext(source, END)) is not END:
            tasks.add(task := asyncio.create_task(fetch(url)))
            ready.put_nowait(task) if ordered else task.add_done_callback(ready.put_nowait)
            await room.acquire()

    tasks.add(beginner := asyncio.create_task(begin()))
    beginner.add_done_callback(ready.put_nowait)
    try:
        while tasks:
            task = await ready.get()
            if task is not beginner:
                yield await task
                room.release()
            tasks.discard(task)
        await beginner  # raises what the source of the URLs raised
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(eq=False, repr=False, kw_only=True)
class parallel_fetch:
    """One result for each URL, in order, duplicates included; a failure is a result, not an exception.

    `await` it for a list, or use `async with`, which ends everything when you leave it, and `async for`. Raises:
    TypeError or ValueError at once, if an argument is wrong; what the source of the URLs raises, after the results."""

    urls: abc.Iterable[str | URL | Request] | abc.AsyncIterable[str | URL | Request] = field(kw_only=False)
    session: aiohttp.ClientSession | None = None  # yours, not closed; its timeout and connection limits apply, too
    concurrency: int = 10  # requests in flight; a URL that waits for its next attempt is not in flight
    window: int | None = None  # URLs begun and not yet taken; None: 4 × concurrency
    ordered: bool = True  # in the order of the URLs, where a slow one holds up the rest; False: as they complete
    rate: float | None = None  # attempts that begin in any one second
    attempts: int = 4  # requests for one URL, as the server counts them
    timeout: float | None = 30.0  # seconds for one attempt, which the session's own total may shorten
    deadline: float | None = None  # seconds for all attempts at one URL, from the start of the first
    base: float = 0.1  # seconds; the wait before retry n is random, up to base × 2 ** (n - 1)
    cap: float = 10.0  # seconds; the longest random wait
    max_retry_after: float = 60.0  # seconds; a URL gives up if Retry-After asks for more; less is waited for in full
    budget: float | None = None  # retries in reserve for all URLs together; None: no limit
    max_body_size: int | None = None  # bytes, decompressed
    retryable: abc.Callable[[Result], bool] = retryable  # whether to make another attempt
    on_retry: abc.Callable[[Result, float], object] | None = None  # called before each wait, with its seconds
    progress: abc.Callable[[int, int | None], object] | None = None  # called with the number of results, and of URLs
    rng: random.Random = field(default_factory=random.Random)  # draws the random waits
    clock: abc.Callable[[], float] = time.time  # the Unix time, for a Retry-After that is a date

    def __post_init__(self) -> None:
        single = isinstance(self.urls, str | bytes | URL | Request)
        if single or not isinstance(self.urls, abc.Iterable | abc.AsyncIterable):
            raise TypeError(f"urls is {self.urls!r:.80}; expected an iterable of URLs, such as a list")
        if self.session is not None and (not isinstance(self.session, aiohttp.ClientSession) or self.session.closed):
            raise TypeError(f"session is {self.session!r:.80}; expected an open aiohttp.ClientSession")
        whole = {"concurrency": 1, "window": 1, "attempts": 1, "max_body_size": 0}
        for name in (*whole, "rate", "timeout", "deadline", "base", "cap", "max_retry_after", "budget"):
            check(name, getattr(self, name), int if name in whole else int | float, whole.get(name, 0))
        for name, arguments in {"retryable": 1, "on_retry": 2, "progress": 2, "clock": 0}.items():
            check_hook(name, getattr(self, name), arguments)
        check_hook("rng.uniform", getattr(self.rng, "uniform", None), 2)
        check("clock()", self.clock(), int | float, 0)
        connector = self.session.connector if self.session else None
        self._slots = asyncio.Semaphore(min(self.concurrency, (connector and connector.limit) or self.concurrency))
        self._limit_per_host = connector.limit_per_host if connector else 0
        self._hosts: WeakValueDictionary[str, Host] = WeakValueDictionary()
        self._rate = None if self.rate is None else Rate(self.rate)
        self._most_retries = self._retries = math.inf if self.budget is None else self.budget
        self._done, self._used, self._total = 0, False, len(self.urls) if isinstance(self.urls, abc.Sized) else None

    def __repr__(self) -> str:
        return f"<parallel_fetch, URLs: {self._total or 'any number'}; await it, or pass its .all() to asyncio.run>"

    def __del__(self) -> None:
        if not getattr(self, "_used", True):
            warnings.warn(f"{self!r} was never used", RuntimeWarning, stacklevel=2)

    def __await__(self) -> abc.Generator[Any, None, list[Result]]:
        return self.all().__await__()

    async def all(self) -> list[Result]:
        """Return all results as a list; the coroutine suits `asyncio.run` or a task."""
        async with self as results:
            return [result async for result in results]

    async def __aenter__(self) -> abc.AsyncGenerator[Result, None]:
        self._results = aiter(self)
        return self._results

    async def __aexit__(self, *error: object) -> None:
        await self._results.aclose()

    def __aiter__(self) -> abc.AsyncGenerator[Result, None]:
        if self._used:
            raise RuntimeError("this parallel_fetch was used before; call parallel_fetch(...) again for another run")
        self._used = True
        return self._run()

    async def _run(self) -> abc.AsyncGenerator[Result, None]:
        opened: Any = nullcontext(self.session)
        if self.session is None:  # one of our own, closed at the end; the slots are its limit
            connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(None)
            opened = aiohttp.ClientSession(connector=connector, timeout=timeout, headers=ACCEPTED)
        source = aiter(self.urls) if isinstance(self.urls, abc.AsyncIterable) else iter(self.urls)
        results = in_window(source, self._fetch, self.window or 4 * self.concurrency, self.ordered)
        closing: Any = aclosing(source) if isinstance(source, abc.AsyncGenerator) else nullcontext()
        async with opened as self._client, closing, aclosing(results):
            async for result in results:
                yield result

    async def _fetch(self, url: str | URL | Request) -> Result:
        """Return the result of one URL, after as many attempts as it needs and may have."""
        result = Result(url if isinstance(url, Request) else Request(url))
        host, deadline = self._host(result.url), None if self.deadline is None else asyncio.timeout(None)
        try:
            async with deadline or nullcontext():
                wait = await self._attempt(result, host, deadline)
                while wait is not None:
                    await asyncio.sleep(wait)  # outside the slot, which serves another URL meanwhile
                    wait = await self._attempt(result, host, deadline)
        except Exception as error:
            if deadline is not None and deadline.expired():
                result.error = f"{result.error or 'TimeoutError'}; the deadline of {self.deadline} s has passed"
            else:  # from a hook, say
                note_error(result, error)
        finally:
            host.leave(result)
        self._done += 1
        if self.progress is not None:  # via call_soon, so that a hook that raises costs no result
            asyncio.get_running_loop().call_soon(self.progress, self._done, self._total)
        return result

    async def _attempt(self, result: Result, host: Host, deadline: asyncio.Timeout | None) -> float | None:
        """Make one attempt in a slot, if the host admits it; return the seconds to wait for the next, or None."""
        if not host.admits(result):
            await host.enter(result)
        async with host.slots, self._slots:  # as many as the session has connections: waiting for one takes time
            if self._rate is not None and host.admits(result):
                await self._rate.wait()
            if not host.admits(result):  # any more
                return 0.0
            if deadline is not None and self.deadline and result.attempts == 0:  # the queue costs no time
                deadline.reschedule(asyncio.get_running_loop().time() + self.deadline)
            await send(self._client, result, self.timeout, self.max_body_size)
        return self._conclude(result, host, deadline.when() if deadline else None)

    def _host(self, url: object) -> Host:
        name = str(url).partition("//")[2].partition("/")[0].lower()
        return self._hosts.get(name) or self._hosts.setdefault(name, Host(self._limit_per_host))

    def _conclude(self, result: Result, host: Host, end: float | None) -> float | None:
        """Return the seconds to wait before the next attempt; None, and the reason in the result, if there is none."""
        again, now = self.retryable(result), asyncio.get_running_loop().time()
        asked = retry_after(result.headers, self.clock()) if "Retry-After" in result.headers else 0.0
        wait = asked + backoff(result.attempts, self.base, self.cap, self.rng) if again or asked else 0.0
        if result.status in PAUSING_STATUSES and 0 < asked <= self.max_retry_after:
            host.refusals += host.first is result
            for each in (host, self._host(result.final_url)):
                each.pause_end = max(each.pause_end, now + wait)
        elif result.status is not None:
            host.refusals = 0
        if not host.must_line_up(result):
            host.leave(result)
        if not again:
            self._retries = min(self._retries + (result.status is not None) / 2, self._most_retries)
            return None
        if reason := self._why_stop(result, asked, end is not None and now + wait >= end):
            result.error = f"{result.error or result.status}; {reason}"
            return None
        self._retries -= 1
        if self.on_retry is not None:
            asyncio.get_running_loop().call_soon(self.on_retry, result, wait)
        return 0.0 if asked and host.must_line_up(result) else wait  # in line it waits for the end of the pause

    def _why_stop(self, result: Result, asked: float, late: bool) -> str | None:
        method, options = result.request.method, result.request.options
        sent_once = method.upper() not in IDEMPOTENT_METHODS and "Idempotency-Key" not in options.get("headers", ())
        used_up = not isinstance(options.get("data"), str | bytes | bytearray | dict | None)
        return (
            (result.attempts >= self.attempts and f"attempts made: {self.attempts}")
            or (sent_once and f"a {method} without Idempotency-Key is sent once")
            or (used_up and "a body other than text, bytes or a dict is sent once")
            or (late and f"the next would miss the deadline of {self.deadline} s")
            or (asked > self.max_retry_after and f"Retry-After asks for more than {self.max_retry_after} s")
            or ("the retry budget is spent" if self._retries < 1 else None)
        )
