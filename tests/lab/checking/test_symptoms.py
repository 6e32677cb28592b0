"""The symptom of an exception is always the same, and has a hint if the mistake is common."""

import asyncio

import pytest

from lab.checking.symptoms import raised

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
        (lambda: float(None), "`headers.get(...)` then returns None."),
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


async def loops(things):
    async for _ in things:
        pass


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
        (gathers(awaits), "`()` is missing after its name."),
        (awaits(None), "Call a plain function without `await`."),
        (awaits(1), "leave out the `await`."),
    ],
    ids=[
        *("looped function", "looped method", "looped list", "method", "function", "built-in", "list", "generator"),
        *("gathered", "gathered function", "None", "number"),
    ],
)
def test_a_slip_with_await_is_explained(slip, hint):
    """Python says only that the object cannot be awaited; the symptom says what to write."""
    with pytest.raises((RuntimeError, TypeError)) as found:
        asyncio.run(slip)
    assert f"{hint} {LINE}" in raised(found.value)


@pytest.mark.parametrize(
    "slip",
    [lambda headers: None > 1.5, lambda headers: headers["Retry-After"], lambda headers: headers.get("x").isdecimal()],
    ids=["compared", "read", "called"],
)
def test_a_missing_header_is_explained(slip):
    """Many responses have no Retry-After; the symptom says so."""
    with pytest.raises((TypeError, KeyError, AttributeError)) as found:
        slip({})
    assert f"A header may be missing: `headers.get(...)` then returns None. {LINE}" in raised(found.value)


def test_an_exception_that_was_never_raised():
    """A list may hold an exception that nobody raised; it has no traceback to look at."""
    assert raised(TypeError("unhashable type: 'list'")) == "It raised TypeError: unhashable type: 'list'."
