"""Retry-After in every form: the minimum wait, or a reason to give up."""

import random
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebooks.parallel_fetch import retry_after
from tests.support.fetching import QUICK, SOON, fetch, fetch_raw, response

NOW = 1_700_000_000  # a Unix time


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_random_wait_comes_on_top(form):
    """The wait is never shorter than Retry-After, in either form."""
    drawn = random.Random(3).uniform(0, 1)
    conditions = {"retry_after": 20, "retry_after_form": form}
    run = fetch(["/status/503,200"], conditions, base=1, rng=random.Random(3))
    (gap,) = run.gaps()
    whole_seconds = 2 if form == "date" else 0  # both Date and Retry-After are rounded
    assert 20 + drawn - SOON <= gap <= 20 + drawn + whole_seconds + SOON


@pytest.mark.parametrize("value", ["3600", "60.5", "9" * 5000, formatdate(2e9, usegmt=True)])
def test_too_long_a_pause_is_not_begun(value):
    """A URL gives up rather than ask again too soon; the others go on."""
    results = fetch_raw({"/x": response(b"", "503 Busy", Retry_After=value), "/y": response()})
    assert results["/x"].error == "503 Busy; Retry-After asks for more than 60.0 s"
    assert results["/y"].ok


@given(wait=st.integers(0, 10**6), now=st.integers(0, 2**32))
def test_seconds_and_dates_read_alike(wait, now):
    """A date counts from the given time."""
    assert retry_after({"Retry-After": f" {wait} "}, now) == wait
    assert retry_after({"Retry-After": formatdate(now + wait, usegmt=True)}, now) == wait
    assert retry_after({"Retry-After": formatdate(now, usegmt=True)}, now + wait) == 0


@given(wait=st.integers(0, 10**6), wrong=st.integers(0, 2**32))
def test_the_responses_date_beats_a_wrong_clock(wait, wrong):
    """A date counts from the response's own Date, whatever the local clock says."""
    headers = {"Retry-After": formatdate(NOW + wait, usegmt=True), "Date": formatdate(NOW, usegmt=True)}
    assert retry_after(headers, wrong) == wait


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1.5", 1.5),
        ("299.997", 299.997),
        (".5", 0.5),
        ("7.", 7),
        ("9" * 5000, float("inf")),
        ("Tuesday, 14-Nov-23 22:13:30 GMT", 10),
        ("Tue Nov 14 22:13:30 2023", 10),
        ("Tue, 14 Nov 2023 23:13:30 +0100", 10),
        ("", 0),
        ("-1", 0),
        ("soon", 0),
        ("²", 0),
        ("nan", 0),
        ("1e400", 0),
        ("Sun, 99 Nov 1994 08:49:37 GMT", 0),
    ],
)
def test_every_form_of_retry_after(text, seconds):
    """Fractions, huge values and all three forms of a date are read; nonsense asks for nothing."""
    assert retry_after({"Retry-After": text}, NOW) == seconds


TEXTS = st.text() | st.from_regex(r"[-+0-9.e]+") | st.from_regex(r"\w{3}, \d+ \w{3} \d+ [\d:]+ [-+\w]*")


@given(text=TEXTS, date=TEXTS)
def test_nonsense_never_raises(text, date):
    """Whatever the headers say, the wait is not negative."""
    assert retry_after({"Retry-After": text, "Date": date}, 1e9) >= 0


def test_the_clock_can_be_yours():
    """Without a Date, a date counts from `clock`."""
    busy = response(b"", "429 Too Many", Retry_After=formatdate(NOW + 3, usegmt=True))
    assert fetch_raw({"/x": [busy, response()]}, clock=lambda: NOW, **QUICK)["/x"].ok
