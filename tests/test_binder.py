"""Binder and editors in the browser: what they build from this repository runs the first lesson.

The slow test follows the steps that repo2docker itself prints, in a fresh environment of the Python that Binder
uses. It needs that Python and a package index.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parents[1]
PYTHON = (ROOT / "runtime.txt").read_text().strip().removeprefix("python-")
LINK = re.compile(r"https://mybinder\.org/v2/gh/[\w.-]+/[\w.-]+/HEAD\?urlpath=([\w/.-]+)")
REPO2DOCKER = "jupyter-repo2docker==2026.4.0"
STEP = re.compile(r"^RUN \$\{KERNEL_PYTHON_PREFIX\}/bin/pip install --no-cache-dir (.+)$", re.MULTILINE)
PATIENCE = 600  # seconds a step: long enough to tell a hang from a slow machine
FIRST_COPY = "my-course/01_why_async.ipynb"
RUNNING_HERE = ".".join(map(str, sys.version_info[:2]))

SET_UP = """
import asyncio, lab, requests
from pathlib import Path
assert "site-packages" in lab.__file__, lab.__file__
server = lab.set_up()
assert requests.get(server.url + "/text").ok
async def blank(*arguments): raise NotImplementedError
print([asyncio.run(lab.check(number, blank)).text for number in __import__("lab.exercises").exercises.exercises()])
"""


def uv(*arguments: str, **options) -> None:
    command = [str(Path(sys.prefix, "bin", "uv")), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False, **options)
    assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The repository as Binder clones it: what git holds, as it is in this working tree."""
    folder = tmp_path_factory.mktemp("binder") / "course"
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def environment(copy) -> Path:
    """A fresh environment, made by repo2docker's own steps; uv stands in for pip, which takes minutes."""
    tool, fresh = copy.parent / "repo2docker", copy.parent / "fresh"
    uv("venv", "--quiet", "--python", sys.executable, str(tool))
    uv("pip", "install", "--quiet", "--python", str(tool / "bin" / "python"), REPO2DOCKER)
    command = [tool / "bin" / "jupyter-repo2docker", "--no-build", "--debug", str(copy)]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    text = printed.stdout + printed.stderr
    assert f"Building conda environment for python={PYTHON}" in text
    steps = STEP.findall(text)
    assert steps[0] == '-r "requirements.txt"', text
    uv("venv", "--quiet", "--python", sys.executable, str(fresh))
    for step in steps:
        uv("pip", "install", "--python", str(fresh / "bin" / "python"), *step.replace('"', "").split(), cwd=copy)
    assert "./postBuild" in text
    run_post_build(copy, fresh / "bin")
    return fresh


def run_post_build(folder: Path, programs: Path) -> None:
    """Run the script that repo2docker runs last, with the environment's programs found first."""
    search = os.pathsep.join([str(programs), os.environ["PATH"]])
    subprocess.run([folder / "postBuild"], cwd=folder, env={**os.environ, "PATH": search}, timeout=PATIENCE, check=True)


on_binders_python = pytest.mark.skipif(RUNNING_HERE != PYTHON, reason=f"runs on Python {PYTHON}")


@pytest.mark.slow
@on_binders_python
@pytest.mark.timeout(400)
def test_binders_environment_runs_the_set_up(copy, environment):
    """The environment that repo2docker installs runs the set-up cell and has every exercise."""
    command = [environment / "bin" / "python", "-c", SET_UP]
    ran = subprocess.run(command, cwd=copy / "my-course", capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ran.returncode == 0, ran.stderr
    from lab.exercises import exercises

    assert ran.stdout.strip() == str([f"{number}: not tried yet" for number in exercises()])


@pytest.mark.slow
@on_binders_python
@pytest.mark.timeout(400)
def test_binders_link_opens_the_first_lesson(copy, environment):
    """The JupyterLab that repo2docker installs opens the copy that the link names."""
    code = (
        "import sys, time; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from tests.support import jupyter_server\n"
        "with jupyter_server.jupyterlab_server(Path(sys.argv[2])) as (url, root):\n"
        "    print(url, root, flush=True); sys.stdin.read()\n"
    )
    folder = copy.parent / "server"
    folder.mkdir()
    command = [environment / "bin" / "python", "-c", code, str(copy), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        url, root = process.stdout.readline().split()
        shutil.copytree(copy / "my-course", Path(root) / "my-course")
        [path] = LINK.findall((ROOT / "README.md").read_text())
        with urlopen(url + path, timeout=300) as page:
            assert b"jupyter-config-data" in page.read()
        with urlopen(url + path.replace("lab/tree", "api/contents"), timeout=300) as found:
            assert json.load(found)["type"] == "notebook"
        process.stdin.close()


def test_the_readme_links_to_binder_once():
    """The link opens a copy of the first lesson in JupyterLab."""
    assert LINK.findall((ROOT / "README.md").read_text()) == [f"lab/tree/{FIRST_COPY}"]


def test_binder_makes_copies_without_outputs(copy, tmp_path):
    course = tmp_path / "course"
    shutil.copytree(copy, course, ignore=shutil.ignore_patterns("my-course"))
    run_post_build(course, Path(sys.executable).parent)
    cells = json.loads((course / FIRST_COPY).read_text(encoding="utf-8"))["cells"]
    assert [cell["outputs"] for cell in cells if cell.get("outputs")] == []


def test_binders_python_can_run_the_course():
    assert f'requires-python = ">={PYTHON}"' in (ROOT / "pyproject.toml").read_text()


def test_the_dev_container_opens_a_copy():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert re.fullmatch(rf"mcr\.microsoft\.com/devcontainers/python:{re.escape(PYTHON)}-\w+", container["image"])
    command, goal = container["postCreateCommand"].split()
    told = ("VENV", "MAKEFLAGS", "MAKEOVERRIDES")  # by a make that runs the tests
    elsewhere = {name: value for name, value in os.environ.items() if name not in told}
    dry = subprocess.run(
        [command, "--dry-run", goal], cwd=ROOT, env=elsewhere, capture_output=True, text=True, check=False
    )
    assert dry.returncode == 0, dry.stderr
    assert ".venv/bin/python -m lab.copies" in dry.stdout
    custom = container["customizations"]
    assert custom["codespaces"]["openFiles"] == [FIRST_COPY]
    python = custom["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert python == "${containerWorkspaceFolder}/.venv/bin/python"
