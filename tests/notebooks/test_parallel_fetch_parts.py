"""The requests and results of parallel_fetch: options, URLs, redirects, and what can be saved."""

import asyncio
import copy
import dataclasses
import pickle
import random

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebooks.parallel_fetch import Request, Result, backoff, parallel_fetch
from tests.support.fetching import QUICK, fetch

SECONDS = st.floats(0, 1e6)
URL = "http://127.0.0.1:1/"


@given(attempt=st.integers(1, 10**6), base=SECONDS, cap=SECONDS, seed=st.integers())
def test_backoff_stays_in_its_range(attempt, base, cap, seed):
    """A wait lies between 0 and the smaller of the cap and the doubled base."""
    assert 0 <= backoff(attempt, base, cap, random.Random(seed)) <= min(cap, base * 2.0 ** min(attempt - 1, 1000))


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


@pytest.mark.parametrize("limit", [None, 1000])
def test_a_middleware_may_read_the_body(limit):
    """A body that a middleware of yours has read is in the result, too."""

    async def peek(request, handler):
        response = await handler(request)
        await response.read()
        return response

    (result,) = fetch([Request("/items/1", middlewares=[peek])], max_body_size=limit).results
    assert result.json()["id"] == 1


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


@given(st.lists(st.none() | st.integers() | st.binary() | st.text(st.characters(max_codepoint=0x2F))))
def test_nothing_that_is_no_url_raises(urls):
    """What is no URL at all is a failed result."""
    results = asyncio.run(parallel_fetch(urls).all())
    assert [result.ok for result in results] == [False] * len(urls)
