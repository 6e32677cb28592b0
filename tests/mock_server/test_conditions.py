import math
from contextlib import suppress
from dataclasses import asdict
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server import ConditionError, Conditions
from mock_server.conditions import PER_REQUEST, RULES, parse
from mock_server.rules import Flag, Number, Statuses

from ..support.client import ask

NUMBERS = [name for name, rule in RULES.items() if isinstance(rule, Number)]
WRONG = {
    **{name: [RULES[name].low - 1, RULES[name].high + 1, "1", True, [], math.nan, math.inf] for name in NUMBERS},
    "distribution": ["normal", None, 1],
    "fault": ["flood", 1, []],
    "retry_after_form": ["minutes", None],
    "failure_statuses": [[], [200], [600], [503.0], 503, None, [500] * 11],
    "cancel_abandoned": [1, "true", None],
}


@pytest.mark.parametrize("name", RULES)
def test_invalid_value_raises(name):
    """An invalid value raises a ConditionError that names the field, the value and the range."""
    for value in WRONG[name]:
        with pytest.raises(ConditionError) as caught:
            Conditions().changed({name: value})
        assert (caught.value.field, caught.value.expected) == (name, RULES[name].expected)
        assert name in str(caught.value)
        assert repr(value) in str(caught.value)


@pytest.mark.parametrize("name", NUMBERS)
def test_range_includes_its_ends(name):
    """Both ends of a range are allowed."""
    rule = RULES[name]
    for value in (rule.low, rule.high):
        assert getattr(Conditions().changed({name: value}), name) == value


def values(name):
    rule = RULES[name]
    strategy: st.SearchStrategy[object]
    if isinstance(rule, Number):
        whole = st.integers(int(rule.low), int(rule.high))
        strategy = whole if rule.whole else st.floats(rule.low, rule.high)
    elif isinstance(rule, Statuses):
        strategy = st.lists(st.integers(400, 599), min_size=1, max_size=10).map(tuple)
    else:
        strategy = st.booleans() if isinstance(rule, Flag) else st.sampled_from(rule.words)
    return strategy | st.none() if getattr(rule, "optional", False) else strategy


ANY = st.fixed_dictionaries({}, optional={name: values(name) for name in RULES})


@given(ANY)
def test_changed_changes_nothing_else(changes):
    """`changed` changes the given conditions and no others."""
    assert asdict(Conditions().changed(changes)) == {**asdict(Conditions()), **changes}


@given(ANY)
def test_parse_inverts_text(changes):
    """The text of a value, as in a query string, is parsed to that value."""
    for name, value in changes.items():
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        text = {"None": "null", "True": "true", "False": "false"}.get(text, text)
        assert parse(name, text) == value


@given(st.sampled_from(sorted(RULES)), st.text())
def test_parse_handles_any_text(name, text):
    """Any text gives a valid value or a ConditionError."""
    with suppress(ConditionError):
        value = Conditions().changed({name: parse(name, text)})
        assert RULES[name].accepts(getattr(value, name))


def test_invalid_patch_gets_422(server):
    """A PATCH with an invalid value gets 422 and changes nothing."""
    server.configure(latency=0.01)
    before = server.conditions
    response = ask(server, "/_mock/conditions", "PATCH", {"jitter": 0.2, "latency": 61})
    assert response.status == 422
    assert (response.json["field"], response.json["value"]) == ("latency", 61)
    assert response.json["expected"] == "a number from 0 to 60 seconds"
    assert response.headers["Content-Type"] == "application/problem+json"
    assert server.conditions == before


def test_unknown_condition_gets_422(server):
    """An unknown condition gets 422, and the response lists the conditions."""
    response = ask(server, "/_mock/conditions", "PATCH", {"latancy": 1})
    assert (response.status, response.json["field"]) == (422, "latancy")
    assert all(name in response.json["expected"] for name in RULES)


@pytest.mark.parametrize("body", [b"", b"{", b'{"latency": NaN}', b"\xff", b"[" * 100_000])
def test_invalid_json_gets_400(server, body):
    """A body that is not JSON gets 400."""
    assert ask(server, "/_mock/conditions", "PATCH", body).status == 400


@pytest.mark.parametrize("body", [[], 1, "latency", None])
def test_non_object_gets_422(server, body):
    """A body that is not an object gets 422."""
    assert ask(server, "/_mock/conditions", "PATCH", b"null" if body is None else body).status == 422


@pytest.mark.parametrize("value", [61, -1, math.nan, object()])
def test_invalid_configure_raises(server, value):
    """`configure` with an invalid value raises a ConditionError and changes nothing."""
    before = server.conditions
    with pytest.raises(ConditionError, match="latency"):
        server.configure(seed=7, latency=value)
    assert server.conditions == before


def test_request_can_set_conditions(server):
    """Conditions in the query string apply to that request only."""
    assert ask(server, "/items/1?failure_rate=1&failure_statuses=500").status == 500
    assert ask(server, "/items/1?fault=wrong_type").headers["Content-Type"].startswith("text/html")
    assert ask(server, "/items/1").status == 200
    assert server.conditions == Conditions()


def test_invalid_query_gets_422(server):
    """An invalid condition in the query string gets 422."""
    for query in ("latency=61", "latency=x", "latency=nan", "latency=1e999", "fault=flood", "seed=1.5"):
        response = ask(server, f"/items/1?{query}")
        assert (response.status, response.json["field"]) == (422, query.split("=")[0])
    assert all((row.status, row.queued, row.started) == (422, 0, row.arrived) for row in server.journal())


def test_server_wide_conditions(server):
    """Conditions of the whole server are ignored in a query string."""
    assert PER_REQUEST.isdisjoint(("capacity", "backlog", "rate_limit", "cancel_abandoned", "keep_alive"))
    assert ask(server, "/items/1?rate_limit=0").status == 200


def test_reset_restores_conditions(server):
    """A reset restores the conditions."""
    server.configure(latency=1, fault="hang", capacity=1)
    server.reset()
    assert server.conditions == Conditions()


def test_configured_restores_after_an_error(server):
    """`configured` restores the conditions, even after an exception."""
    server.configure(latency=0.01)

    def block():
        with server.configured(latency=0.02, capacity=5):
            assert (server.conditions.latency, server.conditions.capacity) == (0.02, 5)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        block()
    assert (server.conditions.latency, server.conditions.capacity) == (0.01, None)


def delays(**conditions):
    changed = Conditions().changed(conditions)
    return [changed.delay("GET", f"/items/{n}", 1) for n in range(4000)]


def test_fixed_latency_is_constant():
    """A fixed latency ignores the jitter."""
    assert set(delays(latency=0.2, jitter=0.1, distribution="fixed")) == {0.2}
    assert set(delays(latency=0.2)) == {0.2}


def test_uniform_latency_spread():
    """A uniform latency is spread evenly over latency ± jitter."""
    drawn = delays(latency=0.2, jitter=0.1, distribution="uniform")
    assert 0.1 <= min(drawn) < 0.101
    assert 0.299 < max(drawn) <= 0.3
    assert fmean(drawn) == pytest.approx(0.2, rel=0.02)


def test_uniform_latency_is_not_negative():
    """A uniform latency is never negative."""
    assert min(delays(latency=0.1, jitter=1)) == 0


def test_lognormal_latency_shape():
    """A lognormal latency has the requested mean and standard deviation, and a long tail."""
    drawn = delays(latency=0.2, jitter=0.1, distribution="lognormal")
    assert fmean(drawn) == pytest.approx(0.2, rel=0.03)
    assert pstdev(drawn) == pytest.approx(0.1, rel=0.1)
    assert max(drawn) > 0.5 > 0.01 < min(drawn)


@given(st.floats(0, 60), st.floats(0, 60), st.sampled_from(["fixed", "uniform", "lognormal"]), st.integers(1, 99))
def test_latency_is_bounded(latency, jitter, distribution, attempt):
    """No latency is negative or longer than 60 seconds."""
    conditions = Conditions(latency=latency, jitter=jitter, distribution=distribution)
    assert 0 <= conditions.delay("GET", "/", attempt) <= 60
