"""The judges of lesson 04 count attempts, and do not depend on the machine's time zone."""

import asyncio
import os
import time

import pytest

from lab import check
from lab.exercises.retries import attempts_at
from lab.exercises.time_of_day import time_zone
from lab.runs.run import Run
from mock_server.exchange import Exchange
from tests.support.submissions import lesson_04_headers as submissions

PATH = "/items/7"
IN_LOCAL_TIME = (
    submissions.a_naive_date_as_local_time,
    submissions.mktime_of_a_date_in_utc,
    submissions.the_zone_dropped_on_one_side,
)
IN_UTC = (submissions.a_date_by_calendar, submissions.naive_utc_on_both_sides, submissions.a_moment_in_local_time)


def dropped(number, method, arrived):
    """Return an exchange whose connection the server closed at once."""
    return Exchange(number, method, PATH, 1, False, number, 1, arrived=arrived, ended=arrived, fault="empty")


def began(method, *arrivals):
    """Return when each attempt began, if requests arrived at these times and were all dropped."""
    run = Run([dropped(number, method, arrived) for number, arrived in enumerate(arrivals, start=1)])
    return [attempt.began for attempt in attempts_at(run, PATH)]


def test_a_silent_repeat_is_no_attempt():
    """A dropped GET that aiohttp repeats at once is one attempt of two requests."""
    assert began("GET", 0.0, 0.001, 0.1, 0.101) == [0.0, 0.1]
    assert began("GET", 0.0, 0.001, 0.002, 0.003) == [0.0, 0.002]


def test_a_later_request_is_an_attempt():
    """A dropped GET that is sent again after a wait is another attempt."""
    assert began("GET", 0.0, 0.1, 0.3) == [0.0, 0.1, 0.3]


def test_each_post_is_an_attempt():
    """Each POST is an attempt, because aiohttp repeats none."""
    assert began("POST", 0.0, 0.001) == [0.0, 0.001]


@pytest.fixture(params=["UTC", "Asia/Tokyo", "America/New_York"])
def zone(request, monkeypatch):
    """Set the machine's time zone for a test."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("submission", IN_LOCAL_TIME, ids=lambda each: each.__name__)
def test_a_date_in_local_time_is_wrong(zone, submission):
    """A submission that takes a UTC date for local time gets the same symptom in every time zone."""
    expected = "It waited 0 s after attempt 1, which got 503; expected 1.33 s. Retry-After was a date, in UTC."
    assert asyncio.run(check("04.3", submission)).symptom.startswith(expected)


@pytest.mark.parametrize("submission", IN_UTC, ids=lambda each: each.__name__)
def test_a_date_in_utc_is_right(zone, submission):
    """A submission that reads a date as UTC is right in every time zone."""
    assert asyncio.run(check("04.3", submission)).text == "04.3: right"


def test_the_time_zone_is_restored(zone):
    """After the block, the machine has its own time zone again."""
    before = time.localtime(0).tm_hour
    with time_zone("IST-5:30"):
        assert (time.localtime(0).tm_hour, time.localtime(0).tm_min) == (5, 30)
    assert (os.environ["TZ"], time.localtime(0).tm_hour) == (zone, before)
