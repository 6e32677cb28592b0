"""`python -m lab.progress` prints the state of each exercise, from the saved notebooks."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lab.copies.__main__ import main as make_copies
from lab.exercises import exercises
from lab.progress import rerun
from lab.progress.__main__ import main
from lab.progress.notebook import SavedExercise, saved_exercises
from tests.support import lessons

SET_UP = "import asyncio\nfrom lab import check, set_up\nserver = set_up()\ntrace = open('trace.txt', 'w')"
BLANK = "async def submission({}):\n    raise NotImplementedError"
ONE_BY_ONE = "async def submission(fetch, urls):\n    return [await asyncio.to_thread(fetch, url) for url in urls]"
NAMELESS = "async def submission(session, id):\n    return undefined"
FIRST = lessons.PATHS[0]


def section(number: str, title: str, *sources: str, check: str = "await check({})") -> list:
    """The cells of a section that holds one exercise."""
    head = new_markdown_cell(f"## {title}\n\n### Exercise: {title}")
    return [head, *map(new_code_cell, sources), new_code_cell(check.format(f'"{number}", submission'))]


def save(path: Path, *sections: list) -> Path:
    cells = [new_markdown_cell("# Title"), new_code_cell(SET_UP), *(cell for part in sections for cell in part)]
    path.write_text(json.dumps(new_notebook(cells=cells)))
    return path


def state_of(folder: Path) -> dict:
    """Return the content and modification time of all files in a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def solution(number: str) -> str:
    text = "\n".join(cell.source for cell in lessons.read(FIRST).cells if cell.cell_type == "markdown")
    name = next(saved.function for saved in saved_exercises(FIRST) if saved.number == number)
    found = re.search(rf"```python\n(async def {name}\(.+?)\n```", text, re.DOTALL)[1]
    return found.replace(f"async def {name}(", "async def submission(")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Return the output for notebooks with submissions of every kind, beside files that cannot be read."""
    folder = tmp_path_factory.mktemp("course") / "my-course"
    folder.mkdir()
    (folder / "helper.py").write_text("READY = True\n")
    (folder / ".#helper.py").symlink_to("nowhere")  # an editor's lock
    (folder / "package.py").mkdir()
    save(
        folder / "01_mine.ipynb",
        section("01.1", "right", "import helper", "1 / 0  # elsewhere", solution("01.1")),
        section("01.4", "odd", "submission = '\ud800'"),
        section("01.2", "wrong", ONE_BY_ONE),
        section("01.3", "raising", BLANK.format("session, id"), NAMELESS, "async def submission(:"),
    )
    save(folder / "02_mine.ipynb", section("02.1", "blank", BLANK.format("a, b")))
    before = state_of(folder)
    command = [sys.executable, "-m", "lab.progress"]
    done = subprocess.run(command, cwd=folder.parent, capture_output=True, text=True, timeout=600, check=False)
    return done, before, state_of(folder)


def test_each_exercise_has_a_line(ran):
    """The table says right, not yet with its symptom, or not tried yet."""
    lines = ran[0].stdout.splitlines()
    assert "  01.1  right          right" in lines
    assert "  01.2  not yet        wrong" in lines
    assert "The server had at most 1 of 5 requests in flight" in " ".join(ran[0].stdout.split())
    assert "  02.1  not tried yet  blank" in lines


def test_a_broken_cell_stops_no_other_exercise(ran):
    """A cell that raises is reported only below its own exercise."""
    printed = " ".join(ran[0].stdout.split())
    assert "raising It raised NameError" in printed
    assert "Before the check: The cell `async def submission(:` raised SyntaxError: invalid syntax (line 1)." in printed
    assert "ZeroDivisionError" not in printed


def test_a_cell_that_cannot_be_sent_is_named(ran):
    """A cell that cannot be sent to a kernel stops no other exercise."""
    assert "01.4 not yet odd It could not be run: UnicodeEncodeError" in " ".join(ran[0].stdout.split())


def test_wrong_submissions_exit_with_0(ran):
    """The command succeeds even if a submission is not right."""
    assert ran[0].returncode == 0
    assert ran[0].stderr == ""


def test_the_learners_folder_is_unchanged(ran):
    """No file's content or modification time changes, and no file is added."""
    _, before, after = ran
    assert after == before


def test_exercises_without_a_check_are_listed(ran):
    missing = sum(number[:2] in ("01", "02") for number in exercises()) - 5
    assert ran[0].stdout.count("The notebook has no cell that checks it.") == missing
    assert f"In all: 1 of {5 + missing} right, 3 not yet, {1 + missing} not tried yet." in ran[0].stdout


@pytest.mark.parametrize("path", lessons.LESSONS, ids=lambda path: path.stem)
def test_every_exercise_is_found(path):
    """A lesson's exercises are found in order, with their titles and blanks."""
    found = saved_exercises(path)
    assert [saved.number for saved in found] == [number for number in exercises() if number[:2] == path.name[:2]]
    assert all(saved.title and saved.blank for saved in found)


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A folder with a learner's copies, one of them set aside; it is the current folder."""
    monkeypatch.chdir(tmp_path)
    assert make_copies(["--lessons", str(FIRST.parent)]) == 0
    assert make_copies(["--lessons", str(FIRST.parent), "--fresh", FIRST.stem]) == 0
    return tmp_path


@pytest.mark.parametrize("folder", ["my-course", "."])
def test_it_reads_the_learners_copies(folder, course, monkeypatch, capsys):
    """It finds them from the course's folder and from their own, and skips those that were set aside."""
    monkeypatch.chdir(course / folder)
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert [path.name for path in lessons.LESSONS if path.name not in printed] == []
    assert f"In all: 0 of {len(exercises())} right" in printed


UNREADABLE: dict[str, tuple[str | bytes | None, str]] = {
    "empty": ("", "it is not a complete notebook: the file is empty."),
    "cut off": ('{"cells": [', "it is not a complete notebook: NotJSONError"),
    "of another kind": ('{"a": 1}', "it is not a complete notebook: "),
    "a list": ("[]", "it is not a complete notebook: "),
    "in conflict": ("<<<<<<< HEAD\n{}", "it contains a merge conflict (search for <<<<<<<)."),
    "no cells": ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "it is not a complete notebook: "),
    "half a cell": (
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}',
        "it is not a complete notebook: ",
    ),
    "bytes": (b"\xff\xfe\x00", "it is not a notebook: it is not text."),
    "missing": (None, "there is no such file."),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_an_unreadable_notebook_exits_with_2(kind, tmp_path, capsys):
    """A notebook that cannot be read gets one sentence, and the others are still reported."""
    content, sentence = UNREADABLE[kind]
    path, whole = tmp_path / "01.ipynb", save(tmp_path / "02.ipynb", section("01.1", "whole", BLANK.format("a")))
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert main([str(path), str(whole)]) == 2
    printed = capsys.readouterr()
    [line] = printed.err.splitlines()
    assert line.startswith(f"{path}: ")
    assert sentence in line
    assert line.endswith(".")
    assert "  01.1  not tried yet  whole" in printed.out


def test_missing_copies_are_explained(tmp_path, monkeypatch, capsys):
    """Without copies, the message says how to make them."""
    monkeypatch.chdir(tmp_path)
    assert main([]) == 2
    said = "You have no copies of the lessons yet. `make lab` or `python -m lab.copies` puts them in my-course/."
    assert capsys.readouterr().err.strip() == said


@pytest.mark.parametrize(
    ("source", "symptom"),
    [("import os; os._exit(1)", "killed the kernel."), ("import time; time.sleep(99)", "had not ended after 2 s.")],
)
def test_hanging_and_killing_cells_are_named(source, symptom, tmp_path, monkeypatch):
    """A cell that hangs or ends its kernel is named in the verdict."""
    monkeypatch.setattr(rerun, "CELL_TIMEOUT", 2)
    verdict = rerun.rerun(
        SavedExercise("01.1", "submission", "", (source, "async def submission(a, b): ...")), tmp_path
    )
    assert verdict.text == f"01.1: not yet. The cell `{source}` {symptom}"


@pytest.mark.parametrize(
    "later",
    [
        "submission = mine",
        "from helper import submission",
        "%%time\nasync def submission(): ...",
        "if True:\n    submission = mine",
    ],
)
def test_a_submission_below_the_blank_counts(later):
    """A blank is not tried yet unless a later cell gives its name another value."""
    assert SavedExercise("01.1", "submission", "", (BLANK.format("a"),)).blank
    assert SavedExercise("01.1", "submission", "", (BLANK.format("a"), "other = 1")).blank
    assert not SavedExercise("01.1", "submission", "", (BLANK.format("a"), later)).blank


def test_printed_text_is_not_kept():
    """A cell may print without end."""
    assert rerun.Silent(new_notebook()).output([], {"msg_type": "stream"}, None, 0) is None


def test_earlier_definitions_can_be_used(tmp_path):
    """An exercise sees what earlier sections define; a definition that raises is skipped."""
    earlier = "import nowhere\nADDED: int = 1\nODD = {[]: 1}\n1 / 0\ndef plus(n):\n    return n + ADDED"
    sections = (
        section("01.1", "one", earlier),
        section("01.2", "two", "async def submission(a, b):\n    return plus(a)"),
    )
    used = saved_exercises(save(tmp_path / "01.ipynb", *sections))[1]
    space = {}
    for cell in used.cells[1:]:  # without the set-up
        exec(cell, space)
    assert space["plus"](1) == 2
    assert "1 / 0" not in "".join(used.cells)


def test_a_byte_order_mark_is_read(tmp_path):
    """A notebook with a byte-order mark is read, and so is a check that passes its argument by name."""
    check = 'await check("01.1", submission=submission)'
    path = save(tmp_path / "01.ipynb", section("01.1", "one", "submission = 1", check=check))
    path.write_text(path.read_text(), encoding="utf-8-sig")
    assert [saved.function for saved in saved_exercises(path)] == ["submission"]


@pytest.mark.parametrize("check", ["print(await check({}))", "display( await check({}))", "verdict = await check({})"])
def test_checks_may_be_wrapped(check, tmp_path):
    """A check is found when its verdict is printed, displayed or assigned."""
    path = save(tmp_path / "01.ipynb", section("01.1", "one", "submission = 1", check=check))
    assert [saved.function for saved in saved_exercises(path)] == ["submission"]


def test_checks_in_loops_are_ignored(tmp_path):
    """Only a check at the top level of a cell counts."""
    loop = new_code_cell('for each in (1, 2):\n    print(await check("01.2", each))')
    path = save(tmp_path / "01.ipynb", section("01.1", "one", "submission = 1"), [loop])
    assert [saved.number for saved in saved_exercises(path)] == ["01.1"]


def test_a_closed_pipe_gives_no_traceback():
    command = f"{sys.executable} -m lab.progress {FIRST} | head -1"
    ran = subprocess.run(["bash", "-c", command], cwd=FIRST.parents[1], capture_output=True, text=True, check=False)
    assert (ran.stdout.count("\n"), ran.stderr) == (1, "")
