"""How an exchange ended."""

from __future__ import annotations

from typing import Any

import pytest

from lab.runs.outcome import Outcome, known_as, outcome
from tests.support.runs import exchange


@pytest.mark.parametrize(
    ("facts", "ending"),
    [
        ({"status": 204}, Outcome.SERVED),
        ({"status": 304}, Outcome.SERVED),
        ({"status": 400}, Outcome.FAILED),
        ({"status": 503}, Outcome.FAILED),
        ({"status": 503, "refused": True}, Outcome.REFUSED),
        ({"status": None}, Outcome.CUT_OFF),
        ({"disconnected": 0.05}, Outcome.CUT_OFF),
        ({"disconnected": 0.05, "ended": None}, Outcome.CUT_OFF),
        ({"ended": None}, Outcome.RUNNING),
        ({"ended": None, "fault": "reset"}, Outcome.RUNNING),
        ({"fault": "reset", "status": None}, Outcome.FAILED),
        ({"fault": "truncate", "disconnected": 0.05}, Outcome.FAILED),
        ({"fault": "slow_body"}, Outcome.SERVED),
        ({"fault": "slow_body", "disconnected": 0.05}, Outcome.CUT_OFF),
        ({"fault": "hang", "status": None, "disconnected": 0.05}, Outcome.CUT_OFF),
    ],
)
def test_the_outcome_is_the_clients(facts: dict[str, Any], ending: Outcome) -> None:
    """An exchange has the outcome that its client saw."""
    assert outcome(exchange(**facts)) is ending


def test_an_unfinished_response_is_cut_off() -> None:
    """A response that did not end does not count under its status."""
    assert known_as(exchange(ended=None, status=200)) == "cut off"
