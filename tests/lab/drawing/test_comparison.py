"""`compare` shows several runs in one picture."""

from __future__ import annotations

import pytest

from lab import compare
from lab.runs.run import Run
from tests.support.runs import together


def test_a_notebook_shows_one_picture() -> None:
    """A notebook shows a line of text for each run, without times, and one picture of all."""
    bundle = compare(Run(together(3), title="one"), Run(together(2)))._repr_mimebundle_()
    assert bundle["text/plain"].splitlines() == [
        "one: 3 requests, 3 × 200, 3 in flight at most, 3 connections",
        "2 requests, 2 × 200, 2 in flight at most, 2 connections",
    ]
    assert bundle["image/svg+xml"].count("<svg") == 1


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one run"):
        compare()
