"""The parts of parallel_fetch on their own, and what it says to wrong arguments."""

import asyncio
import random
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server import MockServer
from notebooks.parallel_fetch import Budget, Request, Result, backoff, parallel_fetch, retry_after
from tests.support.fetching import REAL, run

SECONDS = st.floats(0, 1e6)


@pytest.fixture
def server():
    return MockServer.start()


@given(attempt=st.integers(1, 10**6), base=SECONDS, cap=SECONDS, seed=st.integers())
def test_backoff_lies_between_0_and_the_smaller_of_cap_and_the_doubled_base(attempt, base, cap, seed):
    wait = backoff(attempt, base, cap, random.Random(seed))
    assert 0 <= wait <= min(cap, base * 2.0 ** min(attempt - 1, 1000))


def test_backoff_fills_its_whole_range():
    rng = random.Random(1)
    waits = sorted(backoff(3, 0.1, 10, rng) for _ in range(1000))
    assert waits[0] < 0.01
    assert waits[-1] > 0.39
    assert 0.18 < waits[500] < 0.22


@given(wait=st.integers(0, 10**6), now=st.integers(0, 2**32))
def test_retry_after_reads_seconds_and_dates_alike(wait, now):
    assert retry_after({"Retry-After": f" {wait} "}, now) == wait
    assert retry_after({"Retry-After": formatdate(now + wait, usegmt=True)}, now) == wait
    assert retry_after({"Retry-After": formatdate(now, usegmt=True)}, now + wait) == 0


@given(text=st.text() | st.from_regex(r"[-+0-9.e]+") | st.from_regex(r"\w{3}, \d+ \w{3} \d+ [\d:]+ [-+\w]*"))
def test_retry_after_takes_nonsense_for_nothing_and_raises_for_none(text):
    assert retry_after({"Retry-After": text}, 1e9) >= 0


@pytest.mark.parametrize("text", ["", "-1", "1.5", "soon", "²", "Sun, 99 Nov 1994 08:49:37 GMT", "9" * 5000])
def test_retry_after_of_no_known_form_asks_for_nothing(text):
    assert retry_after({"Retry-After": text}, 1e9) == (float("inf") if text.isdecimal() else 0)


def test_no_retry_after_asks_for_nothing():
    assert retry_after({}, 0) == 0


@given(moves=st.lists(st.booleans()), size=st.integers(0, 9))
def test_a_budget_never_gives_more_than_its_size_and_half_of_what_was_answered(moves, size):
    budget, spent = Budget(size), 0
    for number, earns in enumerate(moves):
        if earns:
            budget.earn()
        else:
            spent += budget.spend()
        assert 0 <= budget.left <= size
        assert spent <= size + 0.5 * sum(moves[: number + 1])


@pytest.mark.parametrize("method", ["POST", "PATCH", "post", "LOCK"])
def test_what_is_not_idempotent_may_be_repeated_only_with_a_key(method):
    assert not Request("/", method).may_be_repeated
    assert Request("/", method, headers={"IDEMPOTENCY-key": "1"}).may_be_repeated


@pytest.mark.parametrize(
    ("name", "value", "error", "expected"),
    [
        ("concurrency", 0, ValueError, "a whole number of at least 1"),
        ("concurrency", 1.5, TypeError, "a whole number of at least 1"),
        ("concurrency", None, TypeError, "a whole number"),
        ("window", 0, ValueError, "a whole number of at least 1"),
        ("tries", 0, ValueError, "a whole number of at least 1"),
        ("tries", True, TypeError, "a whole number"),
        ("rate", 0, ValueError, "a number above 0"),
        ("timeout", 0, ValueError, "a number above 0"),
        ("timeout", "5", TypeError, "a number above 0"),
        ("deadline", -1, ValueError, "a number above 0"),
        ("base", -0.1, ValueError, "a number of at least 0"),
        ("cap", float("nan"), ValueError, "a number of at least 0"),
        ("longest_retry_after", float("inf"), ValueError, "a number of at least 0"),
        ("budget", -1, ValueError, "a number of at least 0"),
    ],
)
def test_a_wrong_argument_is_refused_at_once_with_its_name_its_value_and_what_was_expected(
    name, value, error, expected
):
    with pytest.raises(error) as raised:
        parallel_fetch(["http://127.0.0.1:1/"], **{name: value})
    assert str(raised.value).startswith(f"{name} is {value!r}; expected {expected}")


@pytest.mark.parametrize("addresses", ["http://127.0.0.1:1/", b"http://h", Request("http://h"), 5, None])
def test_a_single_address_is_not_taken_for_many(addresses):
    with pytest.raises(TypeError, match="expected an iterable of addresses, such as a list"):
        parallel_fetch(addresses)


BAD = ["", "nowhere", "http://", "http://[::1", "ftp://h/", None, 5, b"http://h", Request("http://h", None)]


def test_a_bad_address_among_many_is_its_own_failed_result(server):
    good = f"{server.url}/items/1"
    worse = [Request(good, headers={"X": "a\nb"}), Request(good, "POST", json=object()), Request(good, headers=None)]
    addresses = [each for bad in [*BAD, *worse] for each in (good, bad)]
    results = run(parallel_fetch(addresses).all(), server)
    assert [result.url for result in results[::2]] == [good] * len([*BAD, *worse])
    assert all(result.ok for result in results[::2])
    assert [result.ok for result in results[1::2]] == [False] * (len(BAD) + 2) + [True]
    assert all(result.error and result.status is None for result in results[1:-2:2])


@settings(REAL, max_examples=30)
@given(st.lists(st.none() | st.integers() | st.binary() | st.text(st.characters(max_codepoint=0x2F))))
def test_nothing_that_is_no_address_raises(addresses):
    results = asyncio.run(parallel_fetch(addresses).all())
    assert [result.ok for result in results] == [False] * len(addresses)


def test_no_addresses_are_no_results(server):
    assert run(parallel_fetch([]).all(), server) == []
    assert server.stats().exchanges == 0


def test_it_can_be_awaited_gathered_and_run(server):
    async def main():
        one = parallel_fetch([f"{server.url}/items/1"])
        two = parallel_fetch(iter([f"{server.url}/items/2"]))
        return await asyncio.gather(one, two)

    ((one,), (two,)) = asyncio.run(main())
    assert (one.json()["id"], two.json()["id"]) == (1, 2)


def test_a_result_reads_its_body_as_text_in_the_charset_that_it_came_in(server):
    charsets = ["utf-8", "iso-8859-1", "utf-16"]
    results = run(parallel_fetch([f"{server.url}/text?charset={name}" for name in charsets]).all(), server)
    assert len({result.text() for result in results}) == 1
    assert len({result.body for result in results}) == 3


def test_a_result_that_failed_has_an_empty_text():
    assert Result(Request("/"), error="x").text() == ""
