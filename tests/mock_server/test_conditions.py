import math
from contextlib import suppress
from dataclasses import asdict
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server import FAULTS, ConditionError, Conditions
from mock_server.conditions import EACH, MEANINGS, RULES, Flag, Number, Statuses, parse

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


def test_every_condition_has_wrong_values_to_be_tried_here():
    assert set(WRONG) == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_value_out_of_range_is_refused_by_its_field_value_and_range(name):
    for value in WRONG[name]:
        with pytest.raises(ConditionError) as caught:
            Conditions().changed({name: value})
        assert (caught.value.field, caught.value.expected) == (name, RULES[name].expected)
        assert name in str(caught.value)
        assert repr(value) in str(caught.value)


@pytest.mark.parametrize("name", NUMBERS)
def test_both_ends_of_a_range_are_in_it(name):
    rule = RULES[name]
    for value in (rule.low, rule.high):
        assert getattr(Conditions().changed({name: value}), name) == value


def values(name):
    rule = RULES[name]
    if isinstance(rule, Number):
        numbers = st.integers if rule.whole else st.floats
        some = numbers(rule.low, rule.high)
    elif isinstance(rule, Statuses):
        some = st.lists(st.integers(400, 599), min_size=1, max_size=10).map(tuple)
    else:
        some = st.booleans() if isinstance(rule, Flag) else st.sampled_from(rule.words)
    return some | st.none() if getattr(rule, "optional", False) else some


ANY = st.fixed_dictionaries({}, optional={name: values(name) for name in RULES})


@given(ANY)
def test_what_is_changed_is_changed_and_nothing_else(changes):
    assert asdict(Conditions().changed(changes)) == {**asdict(Conditions()), **changes}


@given(ANY)
def test_the_text_of_a_query_or_an_option_says_the_same_as_the_value(changes):
    for name, value in changes.items():
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        text = {"None": "null", "True": "true", "False": "false"}.get(text, text)
        assert parse(name, text) == value


@given(st.sampled_from(sorted(RULES)), st.text())
def test_any_text_is_a_value_in_range_or_a_condition_error(name, text):
    with suppress(ConditionError):
        value = Conditions().changed({name: parse(name, text)})
        assert RULES[name].accepts(getattr(value, name))


def test_over_http_a_wrong_value_gets_422_that_names_it_and_changes_nothing(server):
    server.configure(latency=0.01)
    before = server.conditions
    answer = ask(server, "/_mock/conditions", "PATCH", {"jitter": 0.2, "latency": 61})
    assert answer.status == 422
    assert (answer.json["field"], answer.json["value"]) == ("latency", 61)
    assert answer.json["expected"] == "a number from 0 to 60 seconds"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert server.conditions == before


def test_a_condition_that_does_not_exist_gets_422_that_lists_those_that_do(server):
    answer = ask(server, "/_mock/conditions", "PATCH", {"latancy": 1})
    assert (answer.status, answer.json["field"]) == (422, "latancy")
    assert all(name in answer.json["expected"] for name in RULES)


@pytest.mark.parametrize("body", [b"", b"{", b'{"latency": NaN}', b"\xff", b"[" * 100_000])
def test_a_body_that_is_not_json_gets_400(server, body):
    assert ask(server, "/_mock/conditions", "PATCH", body).status == 400


@pytest.mark.parametrize("body", [[], 1, "latency", None])
def test_a_body_that_is_no_object_gets_422(server, body):
    assert ask(server, "/_mock/conditions", "PATCH", b"null" if body is None else body).status == 422


@pytest.mark.parametrize("value", [61, -1, math.nan, object()])
def test_the_owner_is_told_by_a_condition_error_and_nothing_changes(server, value):
    before = server.conditions
    with pytest.raises(ConditionError, match="latency"):
        server.configure(seed=7, latency=value)
    assert server.conditions == before


def test_one_request_can_have_conditions_of_its_own(server):
    assert ask(server, "/items/1?failure_rate=1&failure_statuses=500").status == 500
    assert ask(server, "/items/1?fault=wrong_type").headers["Content-Type"].startswith("text/html")
    assert ask(server, "/items/1").status == 200
    assert server.conditions == Conditions()


def test_a_request_s_own_condition_out_of_range_gets_422(server):
    for query in ("latency=61", "latency=x", "latency=nan", "latency=1e999", "fault=flood", "seed=1.5"):
        answer = ask(server, f"/items/1?{query}")
        assert (answer.status, answer.json["field"]) == (422, query.split("=")[0])
    assert all((row.status, row.queued, row.started) == (422, 0, row.arrived) for row in server.journal())


def test_conditions_of_the_whole_server_are_not_for_one_request(server):
    assert EACH.isdisjoint(("capacity", "backlog", "rate_limit", "cancel_abandoned"))
    assert ask(server, "/items/1?rate_limit=0").status == 200


def test_a_reset_restores_the_conditions(server):
    server.configure(latency=1, fault="hang", capacity=1)
    server.reset()
    assert server.conditions == Conditions()


def test_conditions_for_a_block_are_restored_after_it_and_after_an_error_in_it(server):
    server.configure(latency=0.01)

    def block():
        with server.configured(latency=0.02, capacity=5):
            assert (server.conditions.latency, server.conditions.capacity) == (0.02, 5)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        block()
    assert (server.conditions.latency, server.conditions.capacity) == (0.01, None)


def test_every_condition_has_a_meaning():
    assert all(MEANINGS[name] for name in RULES)


def delays(**conditions):
    changed = Conditions().changed(conditions)
    return [changed.delay("GET", f"/items/{n}", 1) for n in range(4000)]


def test_fixed_latency_does_not_stray():
    assert set(delays(latency=0.2, jitter=0.1, distribution="fixed")) == {0.2}
    assert set(delays(latency=0.2)) == {0.2}


def test_uniform_latency_strays_evenly_by_the_jitter_and_no_more():
    drawn = delays(latency=0.2, jitter=0.1, distribution="uniform")
    assert 0.1 <= min(drawn) < 0.101
    assert 0.299 < max(drawn) <= 0.3
    assert fmean(drawn) == pytest.approx(0.2, rel=0.02)


def test_uniform_latency_never_falls_below_nothing():
    assert min(delays(latency=0.1, jitter=1)) == 0


def test_lognormal_latency_has_the_mean_and_the_deviation_and_a_long_tail():
    drawn = delays(latency=0.2, jitter=0.1, distribution="lognormal")
    assert fmean(drawn) == pytest.approx(0.2, rel=0.03)
    assert pstdev(drawn) == pytest.approx(0.1, rel=0.1)
    assert max(drawn) > 0.5 > 0.01 < min(drawn)


@given(st.floats(0, 60), st.floats(0, 60), st.sampled_from(["fixed", "uniform", "lognormal"]), st.integers(1, 99))
def test_no_latency_is_negative_or_beyond_its_bound(latency, jitter, distribution, attempt):
    conditions = Conditions(latency=latency, jitter=jitter, distribution=distribution)
    assert 0 <= conditions.delay("GET", "/", attempt) <= 60


def test_the_faults_are_nine():
    assert len(set(FAULTS)) == 9
