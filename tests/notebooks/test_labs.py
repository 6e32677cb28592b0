"""Every lab does what its theory or its claim says, at both ends of every slider and in between."""

import asyncio
import os
import re
from math import isclose

import nbformat
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lab.recording import positions, programs, recording
from tests.support import lessons

EXAMPLES = 5 if os.environ.get("COURSE_SLOW") == "required" else 3  # the first has all sliders at their low ends
LABS = [
    pytest.param(path, number, id=f"{path.stem}-{program.cell}")
    for path in lessons.PATHS
    for number, program in enumerate(programs(nbformat.read(path, as_version=4).cells))
]
TOLERANCE = 0.004  # seconds: the event loop's iterations take a microsecond each


def meets_theory(lab, values, run):
    """The run takes as long as theory says. Without a theory, any time is right."""
    theory = lab.theory(values)
    return theory is None or isclose(run.seconds, theory, abs_tol=TOLERANCE)


def ends_with_the_last_retry(lab, values, run):
    """Theory assumes that a call needs all its attempts; this run needed as many as its longest row has."""
    attempts = max(map(len, run.rows))
    return attempts <= values["attempts"] and meets_theory(lab, values | {"attempts": attempts}, run)


def meets_theory_without_failures(lab, values, run):
    """Theory leaves out the retries: a run without failures takes exactly as long, and any other at least as long."""
    if values["failure_rate"] == 0:
        return meets_theory(lab, values, run)
    return run.hits > 100 and run.seconds > lab.theory(values) - TOLERANCE


def meets_theory_give_or_take(lab, values, run):
    """Theory leaves out that a request may take up to 40% more or less, so each round can be off by as much."""
    return run.hits == 96 and isclose(run.seconds, lab.theory(values), rel_tol=0.4)


def lets_all_forty_in(lab, values, run):
    """The outage lasts for 120 requests, and then each of the forty clients is served once."""
    return run.statuses[200] == 40 and run.hits >= 160


def counts_each_client_once(lab, values, run):
    """Each client has one write that succeeds, and there is one read for each write."""
    writes = [exchange.status for exchange in run.exchanges if exchange.method == "PUT"]
    return writes.count(200) == values["clients"] and 2 * len(writes) == run.hits


def loses_what_was_sent_on_closed_connections(lab, values, run):
    """If the server has closed a connection that the client still keeps, every second POST is lost."""
    is_stale = values["pause"] > 0.5 and values["keepalive_timeout"] > values["pause"]
    lost = 2 if values["method"] == "POST" and is_stale else 0
    return run.caption.endswith(f"lost: {lost}")


def makes_requests_in_every_round(lab, values, run):
    """Each of the twenty rounds sends at least one request, and no more than its limit."""
    return run.hits >= 20 and run.peak_in_flight <= max(map(int, re.findall(r"\d+", run.caption)))


def ends_by_its_deadline(lab, values, run):
    """No call goes on after its deadline, and the caption counts the responses that came in time."""
    in_time = run.statuses.get(200, 0)
    return run.seconds <= values["deadline"] + TOLERANCE and run.caption.startswith(f"{in_time} of 30")


def spends_no_more_than_its_budget(lab, values, run):
    """Every retry takes one from the budget, and every success adds a half."""
    succeeded = run.statuses.get(200, 0)
    told = run.caption.startswith(f"{succeeded} of 200 succeed, {run.hits} requests")
    return told and 200 <= run.hits <= 200 + values["size"] + succeeded / 2


def is_as_long_as_its_slowest(lab, values, run):
    """Forty requests, one of which takes a second; never more than `concurrency` are in flight."""
    least = max(1.0, (1 + 39 * 0.1) / values["concurrency"])
    return run.hits == 40 and run.peak_in_flight <= values["concurrency"] and run.seconds > least - TOLERANCE


# What holds for a lab whose run does not take exactly what its theory says, or that has no theory.
CLAIMS = {
    "forty": ends_with_the_last_retry,
    "hundred": meets_theory_without_failures,
    "load": meets_theory_give_or_take,
    "outage": lets_all_forty_in,
    "with_deadline": ends_by_its_deadline,
    "two_hundred": spends_no_more_than_its_budget,
    "one_slow": is_as_long_as_its_slowest,
    "contend_here": counts_each_client_once,
    "send_four": loses_what_was_sent_on_closed_connections,
    "twenty_rounds": makes_requests_in_every_round,
}


# Where the controls start: with many clients that do not back off, `contend_here` needs thousands of requests, and only
# without failures does `hundred` take exactly what its theory says.
FROM = {"contend_here": {"clients": 10, "strategy": "full"}, "hundred": {"failure_rate": 0.0}}
FEWER = {"contend_here": {"clients": [10, 20, 30]}}


async def failures(path, number, all_values):
    """The positions of a lab at which its claim does not hold, each with the run's seconds."""
    async with recording(path) as labs:
        lab = labs[number]
        claim = CLAIMS.get(lab.function.__name__, meets_theory)
        assert claim is not meets_theory or lab.options.theory, "it has neither a theory nor a claim"
        found = []
        for values in all_values(lab):
            run = await lab.run(values)
            if not claim(lab, values, run):
                found.append((values, run.seconds, run.theory))
        return found


def at_both_ends(lab):
    start = lab.start | FROM.get(lab.function.__name__, {})
    ends = [(name, positions(widget)) for name, widget in lab.widgets.items()]
    return [start] + [start | {name: end} for name, found in ends for end in {found[0], found[-1]} - {start[name]}]


@pytest.mark.parametrize(("path", "number"), LABS)
def test_ends_of_sliders(path, number):
    """With one slider at an end, and the others where they start, a lab does what it claims."""
    assert asyncio.run(failures(path, number, at_both_ends)) == []


@pytest.mark.parametrize(("path", "number"), LABS)
@settings(max_examples=EXAMPLES, phases=[Phase.generate])  # shrinking runs hundreds
@given(places=st.lists(st.integers(0, 99), min_size=8, max_size=8))  # percent of a control's values
def test_positions_between(path, number, places):
    """With every slider anywhere, a lab does what it claims."""

    def at_places(lab):
        choices = {name: positions(widget) for name, widget in lab.widgets.items()}
        choices |= FEWER.get(lab.function.__name__, {})
        pairs = zip(choices.items(), places, strict=False)
        return [{name: found[at * len(found) // 100] for (name, found), at in pairs}]

    assert asyncio.run(failures(path, number, at_places)) == []
