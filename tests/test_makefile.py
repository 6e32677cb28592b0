"""`make` lists its goals, and fills or removes virtual environments only."""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VARIABLES = re.findall(r"^(\w+) \?=", (ROOT / "Makefile").read_text(), re.MULTILINE)  # that the environment may set
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make without a package index, and without the variables of a make that runs this test."""
    own = {name: value for name, value in os.environ.items() if name not in VARIABLES and not name.startswith("MAKE")}
    own["PIP_NO_INDEX"] = "1"
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, env=own, capture_output=True, text=True, timeout=600, check=False
    )


def environment(venv: Path, stamp: str = "", named: Path | None = None) -> Path:
    """Make an environment whose pip does nothing.

    Args:
        venv: the folder to make.
        stamp: a file to put there, as after an installation.
        named: the folder that pip's first line names, if the environment was moved from there.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (venv / "bin" / "pip").write_text(f"#!{named or venv}/bin/python\n")
    (venv / "bin" / "pip").chmod(0o755)
    if stamp:
        (venv / stamp).touch()
    return venv


def test_make_alone_lists_its_goals():
    ran = make()
    goals = set(re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split())
    assert set(re.findall(r"^make (\w+) +\w", ran.stdout, re.MULTILINE)) == goals - {"environment"}
    assert (ran.stderr, ran.stdout) == ("", make("help").stdout)


def test_lab_opens_a_copy():
    """`make lab` copies the lessons and opens a copy of the first."""
    planned = make("--dry-run", "lab").stdout.splitlines()
    assert planned[-2].endswith("-m lab.copies")
    assert planned[-1].endswith("my-course/01_why_async.ipynb")


def test_fresh_needs_a_lesson(tmp_path):
    venv = environment(tmp_path / "venv", "installed")
    ran = make("fresh", f"VENV={venv}")
    assert ran.returncode != 0
    assert "Name the lesson: make fresh NOTEBOOK=01_why_async" in ran.stdout


def test_workers_follow_the_cores():
    cores = int(subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout)
    assert f"--numprocesses {3 * cores} " in make("--dry-run", "test").stdout


@pytest.mark.parametrize("goal", ["installed", "installed-dev", "clean"])
def test_other_folders_are_left_alone(goal, tmp_path):
    """A folder that is no virtual environment is neither filled nor removed."""
    (tmp_path / "thesis.txt").write_text("years of work")
    ran = make(goal if goal == "clean" else f"{tmp_path}/{goal}", f"VENV={tmp_path}")
    assert ran.returncode != 0
    assert f"{tmp_path} is not a virtual environment, so it was not changed" in ran.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("uv_ends_with", [0, 1])
def test_pip_takes_over_where_uv_fails(uv_ends_with, tmp_path):
    venv = environment(tmp_path / "venv")
    [packages] = venv.glob("lib/*/site-packages")
    (packages / "pip.py").write_text("import sys; print('pip', *sys.argv[1:])")
    (venv / "bin" / "uv").write_text(f"#!/bin/sh\necho uv $*\nexit {uv_ends_with}\n")
    (venv / "bin" / "uv").chmod(0o755)
    called = [line.split() for line in make(f"{venv}/installed", f"VENV={venv}").stdout.splitlines()[1:]]
    assert [words[0] for words in called] == ["pip", "uv", "pip"][: 2 + uv_ends_with]
    assert [words[-2:] for words in called[1:]] == [["--requirement", "requirements.txt"]] * (1 + uv_ends_with)


@pytest.mark.parametrize("goal", ["lab", "clean"])
def test_a_path_with_a_space_is_refused(goal, tmp_path):
    """A path with a space, which make would split, is refused."""
    (tmp_path / "my").mkdir()
    ran = make(goal, f"VENV={tmp_path}/my env")
    assert ran.returncode != 0
    assert "VENV must be one folder whose path has no space" in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["my"]


@pytest.mark.parametrize("sign", ["*", "?*", "[ab]*"])
def test_a_pattern_is_refused(sign, tmp_path):
    """A pattern is refused, because it may match an environment and other files."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "pyvenv.cfg").touch()
    (tmp_path / "b.txt").touch()
    ran = make("clean", f"VENV={tmp_path}/{sign}")
    assert ran.returncode != 0
    assert "VENV must be one folder whose path has no space, *, ? or [" in ran.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b.txt"]


@pytest.mark.parametrize("fault", ["moved", "without pip", "without Python"])
def test_a_broken_environment_gets_a_clear_error(fault, tmp_path):
    """An environment that was moved, or whose pip or Python is gone, is named with what to do, and kept."""
    venv = environment(tmp_path / "venv", "installed", named=tmp_path / "before" if fault == "moved" else None)
    if fault != "moved":
        (venv / "bin" / ("pip" if fault == "without pip" else "python")).unlink()
    (venv / "thesis.txt").write_text("years of work")
    ran = make("copies", f"VENV={venv}")
    assert ran.returncode != 0
    assert f"{venv} does not work: it was moved, or its Python or pip is gone." in ran.stdout
    assert f"Remove it first: make clean VENV={venv}." in ran.stdout
    assert (venv / "thesis.txt").exists()


def test_another_python_is_refused(tmp_path):
    """A Python other than the environment's is refused, and the message says to remove the environment first."""
    venv, other = environment(tmp_path / "venv", "installed"), tmp_path / "python9"
    other.write_text(f'#!/bin/sh\ntest "$1" != -V && exec {sys.executable} "$@"\necho Python 9.9.9\n')
    other.chmod(0o755)
    ran = make(f"{venv}/installed", f"VENV={venv}", f"PYTHON={other}")
    assert ran.returncode != 0
    assert f"{venv} has Python {platform.python_version()}, not Python 9.9.9. Remove it first:" in ran.stdout
    same = make(f"{venv}/installed", f"VENV={venv}", f"PYTHON={sys.executable}")
    assert (same.returncode, same.stderr) == (0, "")


def test_an_old_python_is_refused(tmp_path):
    """A Python that is too old is named, and no environment is made."""
    old = tmp_path / "python2"
    old.write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = (2, 7); exec(sys.argv[1])" "$2"'
    )
    old.chmod(0o755)
    ran = make("copies", f"VENV={tmp_path}/venv", f"PYTHON={old}")
    assert ran.returncode != 0
    assert f"The course needs Python 3.11 or later; {old} is" in ran.stderr
    assert not (tmp_path / "venv").exists()


def test_an_environment_is_removed(tmp_path):
    venv = tmp_path / "venv"
    venv.mkdir()
    (venv / "pyvenv.cfg").touch()
    assert make("clean", f"VENV={venv}").returncode == 0
    assert not venv.exists()
