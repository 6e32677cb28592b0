"""The symptom of an exception is always the same, and has a hint if the mistake is common."""

import asyncio
import json
from contextlib import ExitStack
from dataclasses import replace

import aiohttp
import pytest
from multidict import CIMultiDict

from lab.checking.symptoms import raised
from tests.support.served import served

LINE = "Look at line"  # follows the hint; the quoted line is one of this file and may itself hold the hint


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("503, url='http://127.0.0.1:40123/status/503'", "503, url='/status/503'"),
        ("RetryError[<Future at 0x7f2c45c1e200 state=finished>]", "RetryError[<Future state=finished>]"),
        ("no number: 'Sat, 28 Nov 2026 02:41:57 GMT'", "no number: 'GMT'"),
    ],
)
def test_varying_parts_are_left_out(message, told):
    """Memory addresses, ports and dates are left out, because they differ between checks."""
    assert raised(OSError(message)).startswith(f"It raised OSError: {told}.")


@pytest.mark.parametrize(
    ("slip", "hint"),
    [
        (lambda: float("Sat, 28 Nov 2026 02:41:57 GMT"), "`parsedate_to_datetime` reads it."),
        (lambda: int("Sat, 28 Nov 2026 02:41:57 GMT"), "`parsedate_to_datetime` reads it."),
        (lambda: float(None), "and so does a function without `return`."),
        (
            lambda: "2" > 1.5,  # type: ignore[operator]
            "convert it with `float(...)`.",
        ),
    ],
)
def test_a_common_mistake_is_explained(slip, hint):
    """The symptom of a common mistake says what to do."""
    with pytest.raises((ValueError, TypeError)) as found:
        slip()
    assert f"{hint} {LINE}" in raised(found.value)


async def awaits(thing):
    await thing


async def gathers(*things):
    await asyncio.gather(*things)


async def ensures(thing):
    await asyncio.ensure_future(thing)


async def loops(things):
    async for _ in things:
        pass


async def awaits_without_brackets():
    async with aiohttp.ClientSession as session:  # type: ignore[attr-defined]
        await session.close()


async def iterates_over_a_gathering():
    return [*asyncio.gather(asyncio.sleep(0))]


async def waits_for(coroutine):
    try:
        await asyncio.wait([coroutine])
    finally:
        coroutine.close()


@pytest.mark.parametrize(
    ("slip", "hint"),
    [
        (loops(asyncio.StreamReader.read), "`()` is missing after its name."),
        (loops(asyncio.Event().wait), "`()` is missing after its name."),
        (loops([]), "Loop over it with a plain `for`."),
        (awaits(asyncio.Event().wait), "`()` is missing after its name."),
        (awaits(awaits), "`()` is missing after its name."),
        (awaits([].append), "`()` is missing after its name."),
        (awaits([awaits]), "use `asyncio.gather(*coroutines)`."),
        (awaits(each for each in [awaits]), "use `asyncio.gather(*coroutines)`."),
        (gathers(each for each in [awaits]), "as a separate argument: `gather(*[fetch(path) for path in paths])`."),
        (ensures("/items/7"), "but got an object of type str. Is there one `await` too many?"),
        (gathers(awaits), "`()` is missing after its name."),
        (awaits(None), "Call a plain function without `await`."),
        (awaits(1), "leave out the `await`."),
        (awaits(asyncio.Semaphore()), "`async with slots:`."),
    ],
    ids=[
        *("looped function", "looped method", "looped list", "method", "function", "built-in", "list", "generator"),
        *("gathered", "task of a string", "gathered function", "None", "number", "semaphore"),
    ],
)
def test_a_slip_with_await_is_explained(slip, hint):
    """Python says only that the object cannot be awaited; the symptom says what to write."""
    with pytest.raises((RuntimeError, TypeError)) as found:
        asyncio.run(slip)
    assert f"{hint} {LINE}" in raised(found.value)


@pytest.mark.parametrize(
    "slip",
    [lambda headers: None > 1.5, lambda headers: headers.get("x").isdecimal()],
    ids=["compared", "called"],
)
def test_a_missing_header_is_explained(slip):
    """Many responses have no Retry-After; the symptom says so."""
    with pytest.raises((TypeError, KeyError, AttributeError)) as found:
        slip({})
    told = "A value is None: a missing header gives None, and so does a function without `return`."
    assert f"{told} {LINE}" in raised(found.value)


async def opens(path):
    async with aiohttp.ClientSession("http://127.0.0.1:1/") as session:
        await session.get(path)


async def sends(**options):
    async with served() as server, aiohttp.ClientSession(server.url) as session:
        await session.get("/text", **options)


async def passes_nothing_on(request, handler):
    await handler(request)


async def gathers_with_awaits():
    await asyncio.gather(*(await asyncio.sleep(0) for _ in range(2)))  # type: ignore[misc, func-returns-value]


async def gathers_again():
    coroutines = []
    for _ in range(2):
        coroutines.append(asyncio.sleep(0))
        await asyncio.gather(*coroutines)


async def limits(change):
    async with aiohttp.ClientSession() as session:
        change(session.timeout)


async def shares_a_generator():
    async def numbers():
        await asyncio.sleep(0)
        yield 1

    shared = numbers()
    await asyncio.gather(loops(shared), loops(shared))


@pytest.mark.parametrize(
    ("slip", "hint"),
    [
        (opens("//items/7"), "The path begins with two slashes; one is enough."),
        (awaits_without_brackets(), "A class must be called: is `()` missing after its name?"),
        (iterates_over_a_gathering(), "Is an `await` missing, as before `gather`?"),
        (waits_for(awaits(None)), "`asyncio.gather(*coroutines)` is simpler, and keeps the order."),
        (sends(raise_for_status=lambda response: None), "define it with `async def`."),
        (sends(middlewares=[passes_nothing_on]), "A middleware must return the response."),
        (gathers_with_awaits(), "Gather the calls of a coroutine function instead."),
        (gathers_again(), "Is `gather` inside the loop that makes the coroutines?"),
        (limits(lambda timeout: asyncio.creat_task()), "Did you mean `asyncio.create_task`?"),  # type: ignore[attr-defined]
        (sends(read_timeout=1), "`timeout=aiohttp.ClientTimeout(...)`."),
        (limits(lambda timeout: aiohttp.ClientTimeout(read=1)), "`connect`, `sock_connect` and `sock_read`."),  # type: ignore[call-arg]
        (limits(lambda timeout: setattr(timeout, "total", 1)), "make a new one, and pass it with the request."),
        (limits(lambda timeout: replace(timeout, total=1)), "make a new one, and pass it with the request."),
        (limits(lambda timeout: aiohttp.Timeout(1)), "use what this lesson uses."),  # type: ignore[operator]
        (limits(lambda timeout: asyncio.Semaphore(1, loop=1)), "it is not needed any more."),  # type: ignore[call-arg]
        (shares_a_generator(), "let each task send its requests."),
    ],
    ids=[
        *("two slashes", "class", "gather", "wait", "callback", "middleware"),
        *("inner await", "gather again", "typo", "keyword", "limit", "frozen", "replace"),
        *("old name", "loop", "generator"),
    ],
)
def test_a_slip_with_a_library_is_explained(slip, hint):
    """aiohttp and asyncio may say nothing, or name what the learner did not write; the symptom says what to do."""
    with pytest.raises((AssertionError, AttributeError, RuntimeError, TypeError)) as found:
        asyncio.run(slip)
    assert f"{hint} {LINE}" in raised(found.value)


@pytest.mark.parametrize("name", ["ClientConnectionError", "ClientTimeout"])
def test_a_name_of_aiohttp_is_explained(name):
    """The texts name aiohttp's classes without the module, and so do learners."""
    with pytest.raises(NameError) as found:
        eval(name)
    assert f"It is `aiohttp.{name}`." in raised(found.value)


@pytest.mark.parametrize(
    ("slip", "hint"),
    [
        (lambda document: document.related, 'read a field with `document["name"]`.'),
        (lambda document: json.loads(document), "`await response.json()` returns the document."),
        (lambda document: str(document)["related"], "or a body that was not read as JSON."),  # type: ignore[index]
        (lambda document: len(document)["name"], "such as an id, not a document."),  # type: ignore[index]
        (lambda document: document.append(1), "`[item, *others]` puts a document into one."),
        (lambda document: document + [1], "`[item, *others]` puts a document into one."),
        (lambda document: [1] + document, "`[item, *others]` puts a document into one."),
        (lambda document: document.get("items").append(1), "do not assign its result."),
        (lambda document: str(document).get(1), "Are two arguments or parameters swapped?"),  # type: ignore[attr-defined]
        (lambda document: str(document)(), "or are two arguments swapped?"),  # type: ignore[operator]
        (lambda document: document["Retry-After"], "`headers.get(...)` returns None then."),
        (lambda document: asyncio.Queue().get_nowait(), "ask `queue.empty()` first."),
        (lambda document: list(asyncio.Queue()), "`while not queue.empty(): item = queue.get_nowait()`."),  # type: ignore[call-overload]
        (lambda document: 0 in len(document), "A tuple of one needs a comma: `(429,)`."),  # type: ignore[operator]
        (lambda document: list(len(document)), "To count, loop over `range(...)`."),  # type: ignore[call-overload]
        (lambda document: ExitStack().enter_context(asyncio.Lock()), "or aiohttp's, use `async with`."),  # type: ignore[arg-type]
        (lambda document: document.keys > 1.5, "`()` is missing after its name."),
        (lambda document: document.get("x").json(), "`raise_for_status()` and a semaphore give None, too."),
        (lambda document: {OSError: 1}[ValueError], "`isinstance` find its subclasses, too."),  # type: ignore[index]
        (lambda document: {"ok", document}, "`a, b` is a tuple."),
        (lambda document: 0.1 * 2 ^ 3, "Python writes a power as `2 ** n`."),  # type: ignore[operator]
        (lambda document: CIMultiDict({"Idempotency-Key", "0123456789"}), "a colon stands after each name."),  # type: ignore[arg-type]
    ],
    ids=[
        *("field", "document", "text", "number", "append", "dict and list", "list and dict", "append twice"),
        *("no session", "no function", "header", "empty queue", "queue", "tuple", "range", "with", "method"),
        *("None", "class", "set", "power", "headers"),
    ],
)
def test_a_slip_with_a_value_is_explained(slip, hint):
    """The symptom says what kind of value it is, or how Python writes what was meant."""
    with pytest.raises((AttributeError, KeyError, TypeError, ValueError, asyncio.QueueEmpty)) as found:
        slip({})
    assert f"{hint} {LINE}" in raised(found.value)


def test_an_exception_that_was_never_raised():
    """A list may hold an exception that nobody raised; it has no traceback to look at."""
    assert raised(TypeError("unhashable type: 'list'")) == "It raised TypeError: unhashable type: 'list'."
