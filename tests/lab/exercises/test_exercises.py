"""Each exercise has the right verdict for right and wrong submissions and for the blank."""

import asyncio
import re
from importlib import import_module

import nbformat
import pytest

from lab import check
from lab.exercises import LESSONS, exercises
from tests.support.lessons import PATHS

FOLDED = r"<details><summary>{}</summary>\n\n(.+?)\n\n</details>"
PLANTED = [each for lesson in LESSONS for each in import_module(f"tests.support.submissions.lesson_{lesson}").planted]
RIGHT = [submission for submission in PLANTED if submission.symptom is None]
WRONG = [submission for submission in PLANTED if submission.symptom is not None]


def named(submission):
    return f"{submission.exercise}-{submission.function.__name__}"


def lesson_of(exercise):
    """Return the notebook that has an exercise."""
    [path] = [path for path in PATHS if path.name.startswith(exercise[:2])]
    return nbformat.read(path, as_version=4)


def cells_of(exercise):
    """Return an exercise's blank, its check and its folded cell."""
    cells = lesson_of(exercise).cells
    [at] = [n for n, cell in enumerate(cells) if cell.source.startswith(f'await check("{exercise}"')]
    return cells[at - 1], cells[at], cells[at + 1]


def verdict_on(exercise, source, name):
    """Define functions from a cell's text and check one of them."""
    space = {}
    exec("import asyncio\nimport aiohttp\n" + source, space)
    return asyncio.run(check(exercise, space[name]))


def checked_name(check_cell):
    return re.search(r'await check\("[\d.]+", (\w+)\)', check_cell.source)[1]


@pytest.mark.parametrize("exercise", exercises())
def test_the_solution_is_right(exercise):
    """The folded solution in the lesson is right."""
    _, checked, folded = cells_of(exercise)
    solution = re.search(FOLDED.format("Solution"), folded.source, re.DOTALL)[1]
    source = re.fullmatch(r"```python\n(.+)\n```", solution, re.DOTALL)[1]
    assert verdict_on(exercise, source, checked_name(checked)).text == f"{exercise}: right"


@pytest.mark.parametrize("exercise", exercises())
def test_the_blank_is_not_tried_yet(exercise):
    """The blank is "not tried yet", here and in the saved output, and the exercise has a hint."""
    blank, checked, folded = cells_of(exercise)
    assert verdict_on(exercise, blank.source, checked_name(checked)).text == f"{exercise}: not tried yet"
    assert checked.outputs[0].data["text/plain"] == f"{exercise}: not tried yet"
    assert re.search(FOLDED.format("Hint"), folded.source, re.DOTALL)


@pytest.mark.parametrize("right", RIGHT, ids=named)
def test_right_submissions_are_right(right):
    """Right submissions that differ from the solution are right."""
    assert asyncio.run(check(right.exercise, right.function)).text == f"{right.exercise}: right"


@pytest.mark.parametrize("wrong", WRONG, ids=named)
def test_wrong_submissions_get_their_symptom(wrong):
    """A wrong submission is "not yet", with its own symptom in whole sentences."""
    verdict = asyncio.run(check(wrong.exercise, wrong.function))
    assert verdict.state == "not yet"
    assert wrong.symptom
    assert wrong.symptom in verdict.symptom
    assert re.search(r"([\w`)'\"}\]][.?!]|\.\.\.)$", verdict.symptom)


@pytest.mark.parametrize("exercise", exercises())
def test_three_wrong_submissions_are_planted(exercise):
    """Each judge is tested with at least three mistakes."""
    assert sum(wrong.exercise == exercise for wrong in WRONG) >= 3
