"""The arguments of parallel_fetch, its requests and results, and the slips of beginners."""

import asyncio
import copy
import dataclasses
import pickle
import random

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebooks.parallel_fetch import Request, Result, backoff, parallel_fetch
from tests.support.fetching import QUICK, fetch, scenario_served

SECONDS = st.floats(0, 1e6)
URL = "http://127.0.0.1:1/"


async def asynchronous(*news):
    return True


@given(attempt=st.integers(1, 10**6), base=SECONDS, cap=SECONDS, seed=st.integers())
def test_backoff_stays_in_its_range(attempt, base, cap, seed):
    """A wait lies between 0 and the smaller of the cap and the doubled base."""
    assert 0 <= backoff(attempt, base, cap, random.Random(seed)) <= min(cap, base * 2.0 ** min(attempt - 1, 1000))


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
        ("retryable", None, TypeError, "a plain function of 1 arguments"),
        ("retryable", asynchronous, TypeError, "a plain function of 1 arguments"),
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
    """A clock is asked once, at the start."""
    with pytest.raises(TypeError, match=r"clock\(\) is 'noon'; expected a number"):
        parallel_fetch([URL], clock=lambda: "noon")


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


@pytest.mark.parametrize("kind", [list, iter, dict], ids=["list", "iterator", "dict"])
def test_headers_in_any_form_outlast_a_retry(kind):
    """Pairs, an iterator of pairs and a mapping arrive with each attempt."""
    request = Request("/echo?failure_rate=0.9&seed=2", headers=kind([("X-Mine", "1")]))
    (result,) = fetch([request], attempts=50, **QUICK).results
    assert result.attempts > 1
    assert result.json()["headers"]["X-Mine"] == "1"


def test_any_option_of_aiohttp():
    """A Request takes the options of session.request."""
    requests = [
        Request("/echo", params={"q": "a b"}),
        Request("/echo", "PUT", data=b"bytes"),
        Request("/redirect/2", allow_redirects=False),
        Request("/fault/hang", timeout=aiohttp.ClientTimeout(0.5)),
    ]
    echo, put, redirect, late = fetch(requests, attempts=1).results
    assert echo.json()["query"] == {"q": "a b"}
    assert put.json()["text"] == "bytes"
    assert redirect.status == 302
    assert late.error.startswith("TimeoutError")


def test_a_result_knows_its_redirects():
    """The final URL and the redirects on the way are in the result."""
    (result,) = fetch(["/redirect/2"]).results
    assert [status for status, _ in result.history] == [302, 302]
    assert result.history[0][1] == result.url
    assert result.final_url not in (result.url, None)


@pytest.mark.parametrize("path", ["/echo?x=%7E&y=%2F%20+", "/echo?x=%41%2520", "/echo?name=%C3%A9"])
def test_an_encoded_url_arrives_unchanged(path):
    """What is already encoded is not encoded or decoded again."""
    run = fetch([path, "/echo?x=é ü"])
    assert run.journal[0].path == path
    assert run.journal[1].path == "/echo?x=%C3%A9+%C3%BC"


@pytest.mark.parametrize("path", ["/items/1", "/status/404", "/fault/reset", "/redirect/1"])
def test_a_result_can_be_saved(path):
    """Pickled, copied or turned into a dict, a result keeps its data."""
    (result,) = fetch([path], **QUICK).results
    assert pickle.loads(pickle.dumps(result)) == copy.deepcopy(result) == result
    assert dataclasses.asdict(result)["headers"] == result.headers
    assert Result(Request(URL)).headers == {}


BAD = ["", "nowhere", "http://", "http://[::1", "ftp://h/", "http://h:99999/", None, 5, b"http://h", Request(URL, None)]


def test_a_bad_url_costs_only_its_own_result():
    """Whatever is wrong with one request, the others succeed."""
    worse = [Request("/items/1", headers={"X": "a\nb"}), Request("/echo", "POST", json=object())]
    worse += [Request("/items/1", no_such_option=1)]
    urls = [each for bad in [*BAD, *worse] for each in ("/items/1", bad)]
    results = fetch(urls, **QUICK).results
    assert all(result.ok for result in results[::2])
    assert all(result.error and result.status is None for result in results[1::2])


@settings(max_examples=50)
@given(st.lists(st.none() | st.integers() | st.binary() | st.text(st.characters(max_codepoint=0x2F))))
def test_nothing_that_is_no_url_raises(urls):
    """What is no URL at all is a failed result."""
    results = asyncio.run(parallel_fetch(urls).all())
    assert [result.ok for result in results] == [False] * len(urls)


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
    """The repr is short, names `.all()`, and so does a warning where nothing shows the repr."""
    urls = [f"http://127.0.0.1/items/{n}" for n in range(10_000)]
    run = parallel_fetch(urls)
    assert len(repr(run)) < 200
    assert ".all()" in repr(run)
    with pytest.warns(RuntimeWarning, match=r"\.all\(\).* was never used"):
        del run
