"""make clears and removes virtual environments alone, whatever VENV says."""

import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


def make(goal: str, venv: str, *settings: str) -> subprocess.CompletedProcess[str]:
    """Run make with another VENV, and with no package index to install from."""
    command = ["env", "PIP_NO_INDEX=1", "make", goal, f"VENV={venv}", *settings]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def environment(venv: Path, stamp: str = "", named: Path | None = None) -> Path:
    """Make an environment whose programs name a place, its own if no other is named; its pip installs nothing."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    [packages] = venv.glob("lib/python3*/site-packages")
    (packages / "pip.py").touch()
    (venv / "bin" / "pip").write_text(f"#!{named or venv}/bin/python\n")
    (venv / "bin" / "pip").chmod(0o755)
    if stamp:
        (venv / stamp).touch()
    return venv


@pytest.mark.parametrize("goal", ["installed", "installed-dev", "clean"])
def test_a_folder_that_is_no_environment_is_left_alone(goal, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    ran = make(goal if goal == "clean" else f"{tmp_path}/{goal}", str(tmp_path))
    assert ran.returncode != 0
    assert f"{tmp_path} holds something that is no virtual environment" in ran.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("goal", ["lab", "clean"])
def test_a_path_with_a_space_is_refused_since_make_would_take_it_for_two(goal, tmp_path):
    (tmp_path / "my").mkdir()
    ran = make(goal, f"{tmp_path}/my env")
    assert ran.returncode != 0
    assert "VENV must be one folder, its path without spaces" in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["my"]


@pytest.mark.parametrize("sign", ["*", "?*", "[ab]*"])
def test_a_pattern_is_refused_since_its_first_match_may_be_an_environment_and_the_next_a_thesis(sign, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "pyvenv.cfg").touch()
    (tmp_path / "b.txt").touch()
    ran = make("clean", f"{tmp_path}/{sign}")
    assert ran.returncode != 0
    assert "VENV must be one folder, its path without spaces, *, ? and [" in ran.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b.txt"]


@pytest.mark.parametrize("stamp", ["installed", pytest.param("installed-dev", marks=pytest.mark.slow)])
def test_an_environment_whose_python_is_gone_is_made_anew(stamp, tmp_path):
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(tmp_path / "uninstalled")
    (venv / "pyvenv.cfg").touch()
    (venv / stamp).touch()
    ran = make(f"{venv}/{stamp}", str(venv))
    assert ran.returncode != 0  # as there is no index
    assert "Installing the course's packages" in ran.stdout
    subprocess.run([venv / "bin" / "python", "-c", "import pip"], check=True)


def test_an_environment_that_was_moved_is_named_with_the_mend(tmp_path):
    venv = environment(tmp_path / "venv", "installed", named=tmp_path / "before")
    ran = make(f"{venv}/installed", str(venv))
    assert ran.returncode != 0
    assert f"{venv} was moved, and its programs do not find it any more. Remove it first:" in ran.stdout
    assert f"make clean VENV={venv}." in ran.stdout
    assert (venv / "installed").exists()


def test_an_environment_behind_a_link_is_up_to_date_under_both_names(tmp_path):
    venv = environment(tmp_path / "venv", "installed")
    (tmp_path / "link").symlink_to(venv)
    for name in (tmp_path / "link", venv):
        ran = make(f"{name}/installed", str(name))
        assert (ran.returncode, ran.stderr) == (0, "")
        assert "is up to date" in ran.stdout


@pytest.mark.slow
def test_an_environment_without_pip_keeps_what_it_holds_and_gets_one(tmp_path):
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (venv / "thesis.txt").write_text("years of work")
    make(f"{venv}/installed", str(venv))
    (venv / "installed").touch()  # as after an installation; there is no index here
    assert "is up to date" in make(f"{venv}/installed", str(venv)).stdout
    assert (venv / "thesis.txt").exists()
    subprocess.run([venv / "bin" / "pip", "--version"], check=True, capture_output=True)


def test_a_python_that_is_named_and_not_the_environments_is_no_longer_passed_over(tmp_path):
    venv, other = tmp_path / "venv", tmp_path / "python9"
    environment(venv, "installed")
    other.write_text(f'#!/bin/sh\ntest "$1" != -V && exec {sys.executable} "$@"\necho Python 9.9.9\n')
    other.chmod(0o755)
    ran = make(f"{venv}/installed", str(venv), f"PYTHON={other}")
    assert ran.returncode != 0
    assert f"{venv} has Python {platform.python_version()}, and not Python 9.9.9. Remove it first:" in ran.stdout
    assert (venv / "installed").exists()
    same = make(f"{venv}/installed", str(venv), f"PYTHON={sys.executable}")
    assert (same.returncode, same.stderr) == (0, "")


def test_an_environment_is_removed(tmp_path):
    venv = tmp_path / "venv"
    venv.mkdir()
    (venv / "pyvenv.cfg").touch()
    assert make("clean", str(venv)).returncode == 0
    assert not venv.exists()
