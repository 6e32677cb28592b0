"""The exercises of lesson 03: symptoms say nothing that is not true of the submission."""

import asyncio

import pytest

from lab import check
from tests.support.submissions import lesson_03


@pytest.mark.parametrize(
    ("exercise", "submission", "words"),
    [("03.2", lesson_03.a_typing_mistake_in_a_task_group, "TaskGroup cancels")],
)
def test_a_symptom_leaves_out_what_does_not_apply(exercise, submission, words):
    """A cause that other submissions with this symptom have is not given for one that does not have it."""
    assert words not in asyncio.run(check(exercise, submission)).symptom
