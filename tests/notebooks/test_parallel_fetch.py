"""parallel_fetch against a server that breaks answers in every way: the server's journal is the witness."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server import FAULTS, Conditions, MockServer
from notebooks.parallel_fetch import Request, parallel_fetch
from tests.support.fetching import QUICK, REAL, hits, peak, run

SLOW = ("hang", "slow_headers", "slow_body")  # these never end in time
SWIFT = tuple(kind for kind in FAULTS if kind not in SLOW)
RATES = st.sampled_from([0.0, 0.3, 0.7, 1.0])
KEY = {"Idempotency-Key": "k"}


def urls(kinds, **sizes):
    """Strategy: query strings of items, each with its own fault, failures and rates; some come twice."""
    query = st.builds(
        "/items/{}?fault={}&fault_rate={}&failure_rate={}&failure_statuses={}".format,
        st.integers(1, 20),
        st.sampled_from(kinds),
        RATES,
        RATES,
        st.sampled_from(["503", "500,429", "404,408,502"]),
    )
    return st.lists(query, **sizes)


@pytest.fixture
def server():
    server = MockServer.start()
    server.configure(cancel_abandoned=True)
    return server


def fetched(server, addresses, **options):
    server.clear()
    results = run(parallel_fetch(addresses, **QUICK | options).all(), server)
    assert [result.url for result in results] == [getattr(each, "url", each) for each in addresses]
    return results


def expected(url: str, tries: int) -> tuple[int, bool]:
    """The tries that an address takes and whether the last is answered: the server draws both from the attempt."""
    path, query = url.split("?")
    fields = dict(pair.split("=") for pair in query.split("&"))
    conditions = Conditions().for_request(fields)
    for attempt in range(1, tries + 1):
        status = conditions.failure("GET", f"{path}?{query}", attempt)
        fault = conditions.drawn_fault("GET", f"{path}?{query}", attempt) if status is None else None
        if status == 404:
            return attempt, False
        if status is None and fault in (None, "wrong_type"):
            return attempt, True
    return tries, False


@settings(REAL, max_examples=40)
@given(paths=urls(SWIFT, max_size=12, unique=True), tries=st.integers(1, 5), concurrency=st.integers(1, 8))
def test_no_address_is_lost_that_heals_within_its_tries_and_none_is_asked_once_too_often(
    server, paths, tries, concurrency
):
    addresses = [server.url + path for path in paths]
    results = fetched(server, addresses, tries=tries, concurrency=concurrency)
    assert [(result.attempts, result.ok) for result in results] == [expected(path, tries) for path in paths]
    assert hits(server) == {result.url: result.attempts for result in results}


@settings(REAL, max_examples=40)
@given(paths=urls(SWIFT, max_size=15), concurrency=st.integers(1, 6), window=st.none() | st.integers(1, 20))
def test_results_come_in_order_with_repeats_and_never_more_are_in_flight_than_asked(server, paths, concurrency, window):
    addresses = [server.url + path + "&latency=0.01" for path in paths]  # long enough to meet on the server
    results = fetched(server, addresses, concurrency=concurrency, window=window)
    assert server.stats().peak_in_flight <= concurrency
    assert hits(server).total() == sum(result.attempts for result in results)
    assert all(result.error and result.attempts for result in results if not result.ok)


@settings(REAL, max_examples=25)
@given(paths=urls(FAULTS, max_size=8), tries=st.integers(1, 3), concurrency=st.integers(1, 8))
def test_with_time_limits_too_every_address_has_its_result_within_its_tries(server, paths, tries, concurrency):
    addresses = [server.url + path for path in paths]
    results = fetched(server, addresses, tries=tries, concurrency=concurrency, timeout=0.1)
    made = Counter()
    for result in results:
        made[result.url] += result.attempts
        assert 1 <= result.attempts <= tries
        assert result.ok == (result.status == 200), result
    assert all(count <= made[url] for url, count in hits(server).items())
    stayed = [row for row in server.journal() if row.disconnected is None]
    assert peak(stayed) <= concurrency


@pytest.mark.parametrize("kind", FAULTS)
def test_each_fault_but_a_wrong_type_costs_all_tries_and_says_what_it_was(server, kind):
    url = f"{server.url}/items/1?fault={kind}"
    (result,) = fetched(server, [url], tries=3, timeout=1)
    if kind == "wrong_type":
        assert (result.ok, result.attempts, list(result.json())) == (True, 1, ["message"])
    else:
        assert (result.ok, result.status, result.body, result.attempts) == (False, None, b"", 3)
        assert "Error: " in result.error
        assert result.error.endswith("; tries made: 3")
        assert "\n" not in result.error
    assert hits(server) == {url: result.attempts}


@settings(REAL, max_examples=25)
@given(
    kinds=st.lists(st.sampled_from([*SWIFT, "503", "408"]), min_size=1, max_size=6),
    method=st.sampled_from(["POST", "PATCH", "post"]),
)
def test_a_post_is_made_once_and_repeated_only_with_a_key(server, kinds, method):
    broken = [
        f"{server.url}/echo?n={n}&" + (f"failure_rate=1&failure_statuses={kind}" if kind.isdigit() else f"fault={kind}")
        for n, kind in enumerate(kinds)
    ]
    once = [Request(url, method, json={"a": 1}) for url in broken]
    keyed = [Request(url + "&keyed=1", method, json={"a": 1}, headers={"idempotency-KEY": "k"}) for url in broken]
    results = fetched(server, once + keyed, tries=3)
    counts = hits(server, method.upper())
    assert [counts[request.url] for request in once] == [1] * len(once)
    assert counts == {result.url: result.attempts for result in results}
    assert all(result.attempts == 3 for result in results[len(once) :] if not result.ok)
    assert all("is made once" in result.error for result in results[: len(once)] if not result.ok)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_an_idempotent_method_is_repeated(server, method):
    (result,) = fetched(server, [Request(f"{server.url}/echo?fault=reset", method)], tries=3)
    assert hits(server, method).total() == result.attempts == 3


def test_only_the_statuses_that_may_heal_are_tried_again(server):
    addresses = [f"{server.url}/status/{status}" for status in range(400, 600)]
    results = fetched(server, addresses, tries=2)
    assert {result.status for result in results if result.attempts == 2} == {408, 425, 429, 500, 502, 503, 504}
    assert hits(server) == {result.url: result.attempts for result in results}
    assert [(result.ok, result.status) for result in results] == [(False, status) for status in range(400, 600)]
