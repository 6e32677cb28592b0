"""The arguments of parallel_fetch, and beginners' mistakes."""

import asyncio
import random

import aiohttp
import pytest

from notebooks.parallel_fetch import Request, parallel_fetch
from tests.support.fetching import scenario_served

URL = "http://127.0.0.1:1/"


async def asynchronous(*news):
    return True


@pytest.mark.parametrize(
    ("name", "value", "error", "expected"),
    [
        ("concurrency", 0, ValueError, "a whole number of at least 1"),
        ("concurrency", 1.5, TypeError, "a whole number of at least 1"),
        ("concurrency", None, TypeError, "a whole number"),
        ("window", 0, ValueError, "a whole number of at least 1"),
        ("attempts", 0, ValueError, "a whole number of at least 1"),
        ("attempts", True, TypeError, "a whole number"),
        ("max_body_size", -1, ValueError, "a whole number of at least 0"),
        ("rate", 0, ValueError, "a number above 0"),
        ("timeout", 0, ValueError, "a number above 0"),
        ("timeout", "5", TypeError, "a number above 0"),
        ("deadline", -1, ValueError, "a number above 0"),
        ("base", -0.1, ValueError, "a number of at least 0"),
        ("cap", float("nan"), ValueError, "a number of at least 0"),
        ("max_retry_after", float("inf"), ValueError, "a number of at least 0"),
        ("budget", -1, ValueError, "a number of at least 0"),
        ("session", "http://h", TypeError, "an open aiohttp.ClientSession"),
        ("session", 0, TypeError, "an open aiohttp.ClientSession"),
        ("session", aiohttp.ClientSession, TypeError, "an open aiohttp.ClientSession"),
        ("progress", 5, TypeError, "a plain function of 2 arguments"),
        ("progress", lambda done: None, TypeError, "a plain function of 2 arguments"),
        ("progress", asynchronous, TypeError, "a plain function of 2 arguments"),
        ("on_retry", "print", TypeError, "a plain function of 2 arguments"),
        ("retryable", None, TypeError, "a plain function of 1 argument"),
        ("retryable", asynchronous, TypeError, "a plain function of 1 argument"),
        ("clock", 1700000000, TypeError, "a plain function of 0 arguments"),
    ],
)
def test_a_wrong_argument_is_refused_at_once(name, value, error, expected):
    """The message has the argument's name, its value and what was expected."""
    with pytest.raises(error) as raised:
        parallel_fetch([URL], **{name: value})
    assert str(raised.value).startswith(f"{name} is {value!r:.80}; expected {expected}")


@pytest.mark.parametrize("rng", [5, "random", random.Random])
def test_a_wrong_rng_is_refused(rng):
    """Anything without a bound `uniform` is refused at once."""
    with pytest.raises(TypeError, match=r"rng\.uniform is .*; expected"):
        parallel_fetch([URL], rng=rng)


def test_a_clock_must_return_a_number():
    """The clock is checked once, at the start."""
    with pytest.raises(TypeError, match=r"clock\(\) is 'noon'; expected a number"):
        parallel_fetch([URL], clock=lambda: "noon")  # type: ignore[arg-type, return-value]


def test_a_closed_session_is_refused():
    """A closed session could only fail."""

    async def main():
        async with aiohttp.ClientSession() as session:
            pass
        with pytest.raises(TypeError, match="expected an open aiohttp.ClientSession"):
            parallel_fetch([URL], session=session)

    asyncio.run(main())


@pytest.mark.parametrize("urls", [URL, URL.encode(), Request(URL), 5, None])
def test_a_single_url_is_not_many(urls):
    """A string is iterable, too, but nobody means its characters."""
    with pytest.raises(TypeError, match="expected an iterable of URLs, such as a list"):
        parallel_fetch(urls)


@pytest.mark.parametrize("headers", [5, "text", [("only one",)], object(), {5: "a"}])
def test_wrong_headers_are_refused_at_once(headers):
    """A Request takes a mapping or pairs."""
    with pytest.raises((TypeError, ValueError)):
        Request(URL, headers=headers)


def test_awaited_gathered_and_run():
    """It can be awaited, gathered and passed to a task."""

    async def scenario(server):
        one = parallel_fetch([f"{server.url}/items/1"])
        two = parallel_fetch(iter([f"{server.url}/items/2"]), attempts=1)
        (first,), (second,) = await asyncio.gather(one, asyncio.create_task(two.all()))
        assert (first.json()["id"], second.json()["id"]) == (1, 2)
        assert await parallel_fetch([]) == []

    scenario_served(scenario)


def test_using_it_twice_is_refused():
    """A second run needs a second object, and the message says so."""

    async def scenario(server):
        run = parallel_fetch([f"{server.url}/items/1"])
        await run
        with pytest.raises(RuntimeError, match=r"used before; call parallel_fetch\(\.\.\.\) again"):
            await run

    scenario_served(scenario)


def test_a_forgotten_await_says_what_to_do():
    """The repr is short and names `.all()`, and so does the warning that appears where nothing shows the repr."""
    urls = [f"http://127.0.0.1/items/{n}" for n in range(10_000)]
    run = parallel_fetch(urls)
    assert len(repr(run)) < 200
    assert ".all()" in repr(run)
    with pytest.warns(RuntimeWarning, match=r"\.all\(\).* was never used"):
        del run
