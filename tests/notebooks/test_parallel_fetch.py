"""parallel_fetch against a server that breaks responses in every way: the journal is the witness."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server import FAULTS, Conditions
from notebooks.parallel_fetch import RETRYABLE_STATUSES, Request, retryable
from tests.support.fetching import QUICK, fetch

SLOW = ("hang", "slow_headers", "slow_body", "silent")  # these take longer than any timeout here
SWIFT = tuple(kind for kind in FAULTS if kind not in SLOW)
RATES = st.sampled_from([0.0, 0.3, 0.7, 1.0])


def paths(kinds, **sizes):
    """Strategy: paths of items, each with its own fault, failures and rates; some come twice."""
    query = st.builds(
        "/items/{}?fault={}&fault_rate={}&failure_rate={}&failure_statuses={}".format,
        st.integers(1, 20),
        st.sampled_from(kinds),
        RATES,
        RATES,
        st.sampled_from(["503", "500,429", "404,408,502"]),
    )
    return st.lists(query, **sizes)


def expected(path: str, attempts: int) -> tuple[int, bool]:
    """The attempts that a path takes, and whether the last succeeds: both follow from the server's draws."""
    fields = dict(pair.split("=") for pair in path.partition("?")[2].split("&"))
    conditions = Conditions().for_request(fields)
    for attempt in range(1, attempts + 1):
        status = conditions.failure("GET", path, attempt)
        fault = conditions.drawn_fault("GET", path, attempt) if status is None else None
        if status == 404:
            return attempt, False
        if status is None and fault in (None, "wrong_type"):
            return attempt, True
    return attempts, False


@given(paths=paths(SWIFT, max_size=12, unique=True), attempts=st.integers(1, 5), concurrency=st.integers(1, 8))
def test_every_url_has_exactly_its_attempts(paths, attempts, concurrency):
    """A URL succeeds if one of its attempts can, and none gets an attempt too many."""
    run = fetch(paths, attempts=attempts, concurrency=concurrency, **QUICK)
    assert [(result.attempts, result.ok) for result in run.results] == [expected(path, attempts) for path in paths]
    assert run.hits() == {("GET", path): expected(path, attempts)[0] for path in paths}


@given(paths=paths(SWIFT, max_size=15), concurrency=st.integers(1, 6), window=st.none() | st.integers(1, 20))
def test_never_more_in_flight_than_asked(paths, concurrency, window):
    """Repeated URLs each have a result, in order, and `concurrency` is never exceeded."""
    paths = [path + "&latency=0.01" for path in paths]
    run = fetch(paths, concurrency=concurrency, window=window, **QUICK)
    assert max((exchange.in_flight for exchange in run.journal), default=0) <= concurrency
    assert len(run.journal) == sum(result.attempts for result in run.results)
    assert all(result.error and result.attempts for result in run.results if not result.ok)


@given(paths=paths(FAULTS, max_size=8), attempts=st.integers(1, 3), concurrency=st.integers(1, 8))
def test_timeouts_cost_their_own_url_only(paths, attempts, concurrency):
    """With responses that never end, every URL still has its result within its attempts."""
    run = fetch(paths, attempts=attempts, concurrency=concurrency, timeout=0.1, **QUICK)
    made = Counter()
    for path, result in zip(paths, run.results, strict=True):
        made["GET", path] += result.attempts
        assert 1 <= result.attempts <= attempts
        assert result.ok == (result.status == 200)
    assert run.hits() == made


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_costs_all_attempts(kind):
    """A result says what the fault was; a wrong Content-Type alone is no fault."""
    run = fetch([f"/items/1?fault={kind}"], attempts=3, timeout=1)
    (result,) = run.results
    if kind == "wrong_type":
        assert (result.ok, result.attempts, list(result.json())) == (True, 1, ["message"])
    else:
        assert (result.ok, result.status, result.body, result.attempts) == (False, None, b"", 3)
        assert "Error: " in result.error
        assert result.error.endswith("; attempts made: 3")
        assert "\n" not in result.error
    assert len(run.journal) == result.attempts


@pytest.mark.parametrize("method", ["POST", "PATCH", "post"])
@pytest.mark.parametrize("kind", [*SWIFT, "503"])
def test_a_post_is_repeated_only_with_a_key(method, kind):
    """Only an Idempotency-Key makes a POST or PATCH safe to send again."""
    path = "/echo?n=1&" + ("failure_rate=1" if kind == "503" else f"fault={kind}")
    keyed = Request(path + "&keyed=1", method, json={"a": 1}, headers={"idempotency-KEY": "k"})
    run = fetch([Request(path, method, json={"a": 1}), keyed], attempts=3, **QUICK)
    once, repeated = run.results
    assert once.attempts == 1
    assert once.ok or "is sent once" in once.error
    assert repeated.ok or repeated.attempts == 3


@pytest.mark.parametrize("data", [iter([b"a"]), (b"a" for _ in "a")], ids=["iterator", "generator"])
def test_a_body_that_is_used_up_is_sent_once(data):
    """A second attempt would send an empty body."""
    (result,) = fetch([Request("/status/503", "PUT", data=data)], **QUICK).results
    assert result.attempts == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_an_idempotent_method_is_repeated(method):
    """Each attempt is one request, although aiohttp would repeat it by itself."""
    run = fetch([Request("/echo?fault=reset", method)], attempts=3, **QUICK)
    assert len(run.journal) == run.results[0].attempts == 3


def test_only_retryable_statuses_are_repeated():
    """The default retries the exported statuses, and no others."""
    run = fetch([f"/status/{status}" for status in range(400, 600)], attempts=2, **QUICK)
    assert {result.status for result in run.results if result.attempts == 2} == RETRYABLE_STATUSES
    assert [(result.ok, result.status) for result in run.results] == [(False, status) for status in range(400, 600)]


def test_your_own_rule_decides():
    """A hook can retry what the default does not, and a success that it rejects is a failure in the end."""
    run = fetch(
        ["/status/404,200", "/items/1"],
        retryable=lambda result: retryable(result) or result.status == 404 or b'"id": 1' in result.body,
        attempts=2,
        **QUICK,
    )
    healed, rejected = run.results
    assert (healed.ok, healed.attempts) == (True, 2)
    assert (rejected.ok, rejected.attempts, rejected.error) == (False, 2, "200; attempts made: 2")
