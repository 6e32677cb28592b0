"""Every common runner runs a lesson, from the repository's root or from the lesson's folder."""

import shutil
import subprocess
import sys

import nbformat
import pytest

from tests.support.lessons import FOLDER, LESSONS, read, sections, set_up

ROOT = FOLDER.parent
LESSON = LESSONS[0]
pytestmark = pytest.mark.slow
PATIENCE = 600  # seconds per step: long enough that only a hang exceeds it


def run(*command, cwd):
    """Run a module of this environment as a command; AssertionError with its output if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)], cwd=cwd, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def counts(path):
    """The execution counts of a notebook's cells."""
    return [cell.execution_count for cell in read(path).cells if cell.cell_type == "code"]


@pytest.fixture
def folder(tmp_path):
    """A copy of the lessons' folder, as a learner's own would be, in which the lesson has its first section only."""
    copied = shutil.copytree(FOLDER, tmp_path / "notebooks", ignore=shutil.ignore_patterns(".*", "__pycache__"))
    lesson = read(LESSON)
    lesson.cells = [*set_up(lesson), *next(iter(sections(lesson).values()))]
    nbformat.write(lesson, copied / LESSON.name)
    return copied


def test_nbval_from_the_lessons_folder(folder):
    sanitize = f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval_sanitize.cfg'}"
    run("pytest", "--nbval", sanitize, "-p", "no:cacheprovider", LESSON.name, cwd=folder)


def test_jupyter_execute_from_the_lessons_folder(folder):
    lesson = folder / LESSON.name
    run("jupyter", "execute", "--inplace", lesson.name, cwd=folder)
    assert counts(lesson) == list(range(1, len(counts(lesson)) + 1))


def test_papermill_from_the_root(folder, tmp_path):
    lesson = folder / LESSON.name
    run("papermill", lesson, tmp_path / "done.ipynb", "--cwd", folder, cwd=ROOT)  # it runs in its own folder
    assert counts(tmp_path / "done.ipynb") == counts(lesson)


def test_nbmake_from_the_root(folder, tmp_path):
    run("pytest", "--nbmake", "-p", "no:cacheprovider", "-o", "addopts=", folder / LESSON.name, cwd=tmp_path)
