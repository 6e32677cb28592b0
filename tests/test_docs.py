"""The files, headings, commands, options and URLs that README.md and the other pages name exist."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import requests

from mock_server import MockServer

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "benchmarks" / "README.md",
    ROOT / "mock_server" / "README.md",
]
TEACHING = ROOT / "docs" / "teaching.md"
BIN = Path(sys.prefix, "bin")
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
PROGRAM = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:make|curl|git|python3?|\.venv/bin/\S+)(?: |$)")
NEW = re.compile(r"05_name|lesson_05")  # what the reader is told to create
# pip describes the options of each command separately; pytest takes seconds to describe its own.
OPTIONS_OF = {"pip": {"-r"}, "pytest": {"--nbval", "-k"}}


def prose(page: Path) -> str:
    """Return a page's text without its blocks of code."""
    return FENCE.sub("", page.read_text())


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    found = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def commands(page: Path) -> list[str]:
    """Return the commands in a page's blocks of code and in its sentences."""
    blocks = [line for _, kind, block in FENCE.findall(page.read_text()) if not kind for line in block.splitlines()]
    words = [words for words in re.findall(r"`([^`\n]+)`", prose(page)) if PROGRAM.match(words)]
    lines = [line.partition(" #")[0].strip() for line in [*blocks, *words]]
    return sorted({line for line in lines if line})


def named(pattern: str) -> list:
    """Return all matches of a pattern in the pages' prose, each with its page."""
    found = [(page, text) for page in PAGES for text in re.findall(pattern, prose(page))]
    return [pytest.param(page, text, id=f"{page.relative_to(ROOT)}: {text}") for page, text in dict.fromkeys(found)]


COMMANDS = [pytest.param(line, id=f"{page.relative_to(ROOT)}: {line}") for page in PAGES for line in commands(page)]


@pytest.mark.parametrize(("page", "link"), named(r"\]\(([^)\s]+)\)"))
def test_links_lead_somewhere(page, link):
    """A link leads to a file and its heading, or to a site over HTTPS."""
    target, _, anchor = link.partition("#")
    if urlsplit(link).scheme:
        assert link.startswith("https://")
        return
    file = (page.parent / target).resolve() if target else page
    assert file.exists()
    assert not anchor or anchor in headings(file)


@pytest.mark.parametrize(("page", "path"), named(r"`((?:[\w.-]+/)+[\w.-]+\.[a-z]+|\.ci/run)`"))
def test_named_files_exist(page, path):
    assert NEW.search(path) or path == "site/index.html" or (ROOT / path).is_file()


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_exist(line):
    """Each command exists, with its goals, options and files."""
    words = [word for word in shlex.split(line) if not re.match(r"[A-Z_]+=", word)]
    program, *arguments = words
    if program == "make":
        assert made_by(*arguments)
    elif program == "curl":
        assert not arguments or requests.get(local(arguments[-1]), timeout=300).ok
    else:
        assert_options(program, arguments)
    files = [word for word in arguments if re.match(r"(?:notebooks|tests|requirements)\b", word)]
    assert [file for file in files if not (ROOT / file).exists()] == []


@cache
def made_by(*targets: str) -> list[str]:
    """Return the commands that make would run; none for a target without a rule."""
    environment = {**os.environ, "MAKEFLAGS": ""}
    command = ["make", "--dry-run", "--always-make", *targets]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return [line for line in ran.stdout.splitlines() if not line.startswith("make:")] if ran.returncode == 0 else []


def local(url: str) -> str:
    """Return the same URL on a running mock server."""
    parts = urlsplit(url)
    assert parts.hostname == "127.0.0.1"
    return MockServer.start().url + url.partition(parts.netloc)[2]


def assert_options(program: str, arguments: list[str]) -> None:
    """Check that a program, or a module that Python runs, is in this environment and knows its options."""
    name = program.removeprefix(".venv/bin/")
    if name in ("python", "python3"):
        if arguments[0] == "-c":
            compile(arguments[1], "-c", "exec")
            return
        assert arguments[0] == "-m"
        module, *arguments = arguments[1:]
        words = [sys.executable, "-m", module]
        name = module
    else:
        assert program.startswith(".venv/bin/")
        words = [str(BIN / name)]
        assert Path(words[0]).is_file()
    asked = {word.partition("=")[0] for word in arguments if word.startswith("-")}
    if name in OPTIONS_OF:
        assert asked <= OPTIONS_OF[name]
    elif asked or name.startswith(("lab", "mock_server")):
        assert {option for option in asked if not re.search(rf"{option}\b", help_of(*words))} == set()


@cache
def help_of(*words: str) -> str:
    """Return a command's help. The course's own commands print no warning with it."""
    command = [*words, "--help"]
    folder = ROOT if "-m" in words else gettempdir()  # outside, pytest has no settings to read
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=True)
    assert ran.stderr == "" or "-m" not in words
    return ran.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_modules_to_run_exist(page):
    modules = re.findall(r"python3? -m ((?:benchmarks|lab|mock_server)[\w.]*)", page.read_text())
    paths = [ROOT.joinpath(*module.split(".")) for module in modules]
    assert [path for path in paths if not (path.with_suffix(".py").is_file() or (path / "__main__.py").is_file())] == []


def test_one_file_names_the_owner():
    """Only README.md names the repository's owner."""
    [repository] = set(re.findall(r"mybinder\.org/v2/gh/([\w.-]+/[\w.-]+)/HEAD", (ROOT / "README.md").read_text()))
    listed = ["git", "-c", "safe.directory=*", "grep", "-lF", f"/{repository}"]
    found = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert found == ["README.md"]


def test_the_version_is_the_same_everywhere():
    """pyproject.toml, CITATION.cff and the latest release in CHANGELOG.md name one version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)[1]
    released = re.findall(r"^## ([\d.]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert project == cited == released[0]


def test_jupyterhubs_start_command_makes_the_copies(tmp_path):
    """The command in docs/teaching.md copies the lessons, then starts the learner's server with its arguments."""
    [block] = [text for _, kind, text in FENCE.findall(TEACHING.read_text()) if kind == "python"]
    config = SimpleNamespace(Spawner=SimpleNamespace())
    exec(block.replace("/srv/async-http-course", str(ROOT)), {"c": config})
    (tmp_path / "jupyterhub-singleuser").write_text('#!/bin/sh\necho started with "$@"\n')
    (tmp_path / "jupyterhub-singleuser").chmod(0o755)
    search = os.pathsep.join([str(tmp_path), str(BIN), os.environ["PATH"]])
    environment = {"HOME": str(tmp_path), "PATH": search, "PYTHONPATH": str(ROOT)}
    command = [*config.Spawner.cmd, "--port=1", "a b"]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "started with --port=1 a b"
    assert (tmp_path / config.Spawner.default_url.removeprefix("/lab/tree/")).is_file()


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?", text))


def test_readmes_figures_are_among_the_benchmarks():
    """Each of README's figures is in the section of benchmarks/README.md that has its command."""
    sections = (ROOT / "benchmarks" / "README.md").read_text().split("\n## ")
    [table] = re.findall(r"## Measured\n.*?(^\| .*?)\n\n", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    assert len(rows) >= 5
    for what, figure, command in rows:
        [section] = [section for section in sections if command in section]
        assert numbers(figure) <= numbers(section), what


def test_the_figures_for_thirty_follow():
    """docs/teaching.md multiplies the figures for one learner in benchmarks/README.md."""
    [table] = re.findall(r"## One learner\n(.*)", (ROOT / "benchmarks" / "README.md").read_text(), re.DOTALL)
    memory, work = re.search(r"^\| together \| \d+ \| (\d+) \| ([\d.]+) \|$", table, re.MULTILINE).groups()
    teaching = TEACHING.read_text()
    assert f"| {memory} MiB | 30 x {memory} MiB = {30 * int(memory) / 1024:.1f} GiB |" in teaching
    assert f"| {work} s of a core | 30 x {work} s = {30 * float(work):.0f} s of a core |" in teaching
