"""The exercises of lesson 03: symptoms say nothing that is not true of the submission."""

import asyncio

import pytest

from lab import check
from tests.support.submissions import lesson_03, lesson_03_rate


@pytest.mark.parametrize(
    ("exercise", "submission", "words"),
    [
        ("03.1", lesson_03.a_timeout_of_half_a_second, "waits for a connection"),
        ("03.1", lesson_03.a_timeout_around_the_slot, "waits for a connection"),
        ("03.1", lesson_03.a_task_each_hundredth_of_a_second, "something other than a request"),
        ("03.2", lesson_03.a_typing_mistake_in_a_task_group, "TaskGroup cancels"),
        ("03.4", lesson_03_rate.two_limiters_in_turn, "allow a burst"),
        ("03.4", lesson_03_rate.twenty_at_once_each_nine_tenths_of_a_second, "allow a burst"),
    ],
)
def test_a_symptom_leaves_out_what_does_not_apply(exercise, submission, words):
    """A cause that other submissions with this symptom have is not given for one that does not have it."""
    assert words not in asyncio.run(check(exercise, submission)).symptom
