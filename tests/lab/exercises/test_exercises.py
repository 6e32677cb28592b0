"""Each exercise tells a right answer, the blank and the wrong answers that people really give apart."""

import asyncio
import re
import time
from importlib import import_module

import aiohttp
import nbformat
import pytest

from lab import check
from lab.exercises import LESSONS, exercises
from lab.exercises.tries import caught, waits
from lab.runs.run import Run
from mock_server import MockServer
from mock_server.exchange import Exchange

from ...support.lessons import PATHS

FOLDED = r"<details><summary>{}</summary>\n\n(.+?)\n\n</details>"
ANSWERS = [each for lesson in LESSONS for each in import_module(f"tests.support.submissions.lesson_{lesson}").answers]
RIGHT = [answer for answer in ANSWERS if answer.symptom is None]
WRONG = [answer for answer in ANSWERS if answer.symptom is not None]


def named(answer):
    return f"{answer.exercise}-{answer.function.__name__}"


@pytest.fixture(scope="module", autouse=True)
def server():
    """The server that `check` asks."""
    server = MockServer.start()
    yield server
    server.stop()


def lesson_of(exercise):
    """Return the notebook in which an exercise stands."""
    [path] = [path for path in PATHS if path.name.startswith(exercise[:2])]
    return nbformat.read(path, as_version=4)


def cells_of(exercise):
    """Return an exercise's blank, its check's output and its folded cell."""
    cells = lesson_of(exercise).cells
    [at] = [n for n, cell in enumerate(cells) if cell.source.startswith(f'await check("{exercise}"')]
    return cells[at - 1], cells[at], cells[at + 1]


def verdict_on(exercise, source):
    """Define a function from a cell's text and check it."""
    name = re.search(r"^async def (\w+)", source, re.MULTILINE)[1]
    space = {}
    exec("import asyncio\nimport aiohttp\n" + source, space)
    return asyncio.run(check(exercise, space[name]))


@pytest.mark.parametrize("exercise", exercises())
def test_the_solution_is_right(exercise):
    solution = re.search(FOLDED.format("Solution"), cells_of(exercise)[2].source, re.DOTALL)[1]
    source = re.fullmatch(r"```python\n(.+)\n```", solution, re.DOTALL)[1]
    assert verdict_on(exercise, source).text == f"{exercise}: right"


@pytest.mark.parametrize("right", RIGHT, ids=named)
def test_a_right_answer_of_another_shape_is_right_too(right):
    assert asyncio.run(check(right.exercise, right.function)).text == f"{right.exercise}: right"


@pytest.mark.parametrize("exercise", exercises())
def test_the_blank_is_not_tried_yet_and_has_a_hint(exercise):
    blank, checked, folded = cells_of(exercise)
    assert verdict_on(exercise, blank.source).text == f"{exercise}: not tried yet"
    assert checked.outputs[0].data["text/plain"] == f"{exercise}: not tried yet"
    assert re.search(FOLDED.format("Hint"), folded.source, re.DOTALL)


@pytest.mark.parametrize("wrong", WRONG, ids=named)
def test_a_wrong_answer_is_told_its_own_symptom(wrong):
    verdict = asyncio.run(check(wrong.exercise, wrong.function))
    assert verdict.state == "not yet"
    assert wrong.symptom
    assert wrong.symptom in verdict.symptom


def test_a_wait_is_no_shorter_where_a_busy_server_notes_the_end_of_a_try_late():
    failed = Exchange(1, "GET", "/status/503,200", 1, False, 1, 1, arrived=0.0, ended=0.05)
    again = Exchange(2, "GET", "/status/503,200", 1, True, 2, 1, arrived=0.1, ended=0.11)
    assert waits(Run([failed, again]), failed.path) == [0.1]


def test_who_gives_up_at_once_on_a_machine_that_stands_still_has_not_waited():
    async def gives_up():
        for _ in range(6):
            await asyncio.sleep(0)
            time.sleep(0.5)  # noqa: ASYNC251 - all of it is to stand still
        raise aiohttp.ClientError

    assert isinstance(asyncio.run(caught(gives_up, within=1.2)()), aiohttp.ClientError)


def test_a_session_that_an_earlier_call_kept_open_is_found_again():
    kept = []

    async def fetch_items(url, ids):
        if not kept:
            kept.append(aiohttp.ClientSession(url))
        return [await (await kept[0].get(f"/items/{id}")).json() for id in ids]

    async def check_twice():
        verdicts = [await check("02.1", fetch_items) for _ in range(2)]
        await kept[0].close()
        return verdicts

    assert ["its session is still open" in verdict.symptom for verdict in asyncio.run(check_twice())] == [True, True]


@pytest.mark.parametrize("exercise", exercises())
def test_at_least_three_wrong_answers_are_planted(exercise):
    assert sum(wrong.exercise == exercise for wrong in WRONG) >= 3


def test_a_check_leaves_the_servers_conditions_as_they_were(server):
    with server.configured(latency=0.01, seed=7):
        before = server.conditions
        asyncio.run(check("01.1", WRONG[0].function))
        assert server.conditions == before


def test_an_unknown_exercise_is_named(server):
    assert "There is no such exercise" in asyncio.run(check("99.9", WRONG[0].function)).text
