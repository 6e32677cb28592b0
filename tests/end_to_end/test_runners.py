"""The lessons run under every common runner, from the repository's root and from their own folder."""

import shutil
import subprocess
import sys

import pytest

from tests.support.lessons import FOLDER, SAMPLE, read

ROOT = FOLDER.parent
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


@pytest.fixture(params=SAMPLE, ids=lambda path: path.stem)
def lesson(request, tmp_path):
    """A lesson in a copy of its folder, as a learner's own would be."""
    folder = tmp_path / "notebooks"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    return folder / request.param.relative_to(FOLDER)


def test_nbval_from_the_lessons_folder(lesson):
    sanitize = f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval_sanitize.cfg'}"
    run("pytest", "--nbval", sanitize, "-p", "no:cacheprovider", lesson.name, cwd=lesson.parent)


def test_jupyter_execute_from_the_lessons_folder(lesson):
    run("jupyter", "execute", "--inplace", lesson.name, cwd=lesson.parent)
    assert counts(lesson) == list(range(1, len(counts(lesson)) + 1))


def test_papermill_from_the_root(lesson, tmp_path):
    run("papermill", lesson, tmp_path / "done.ipynb", "--cwd", lesson.parent, cwd=ROOT)  # it runs in its own folder
    assert counts(tmp_path / "done.ipynb") == counts(lesson)


def test_nbmake_from_the_root(lesson, tmp_path):
    run("pytest", "--nbmake", "-p", "no:cacheprovider", "-o", "addopts=", lesson, cwd=tmp_path)
