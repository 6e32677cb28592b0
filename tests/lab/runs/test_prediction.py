"""Predictions are compared with runs and summed up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import predictions
from lab.runs.prediction import Guess, forget_predictions, judged, record


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    forget_predictions()
    yield
    forget_predictions()


@pytest.mark.parametrize(
    ("said", "measured", "words"),
    [
        (1.0, 3.03, "you said 1 s: three times too short"),
        (1.0, 2.5, "you said 1 s: 2.5 times too short"),
        (0.2, 3.0, "you said 0.2 s: 15 times too short"),
        (6.0, 3.0, "you said 6 s: two times too long"),
        (2.4, 3.0, "you said 2.4 s: 20% too short"),
        (2.9, 3.0, "you said 2.9 s: right"),
        (0.0, 3.0, "you said 0 s: far too short"),
    ],
)
def test_a_prediction_is_judged(said: float, measured: float, words: str) -> None:
    assert judged(said, measured) == words


def test_the_summary_counts_the_right_ones() -> None:
    for said in (1.0, 2.9, 3.1, 9.0, 12.0):
        record(said, 3.0)
    assert predictions() == "You made 5 predictions: 2 right, 1 too short, 2 too long. Right means within 10%."


def test_no_prediction_is_stated() -> None:
    """Without a prediction the summary says so."""
    assert predictions() == "You made no predictions."


def test_the_run_after_a_prediction_judges_it() -> None:
    """The run after a prediction judges it, and later runs do not."""
    guess = Guess()
    guess.change(3.0, measured=1.0)
    for measured in (3.0, 9.0):
        guess.begin_run()
        guess.end_run(measured)
    assert predictions().startswith("You made 1 prediction: 1 right.")


def test_the_shown_run_may_judge() -> None:
    """A prediction that no run follows is judged by the run on display."""
    guess = Guess()
    guess.change(0.5, measured=1.0)
    guess.change(1.0, measured=1.0)
    assert predictions().startswith("You made 1 prediction: 1 right.")


def test_a_prediction_can_be_taken_back() -> None:
    guess = Guess()
    guess.change(0.5, measured=1.0)
    guess.change(None, measured=1.0)
    assert predictions() == "You made no predictions."


def test_a_cancelled_run_judges_nothing() -> None:
    guess = Guess()
    guess.change(1.0, measured=None)
    guess.begin_run()
    assert predictions() == "You made no predictions."
