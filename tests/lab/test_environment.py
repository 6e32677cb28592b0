"""`set_up` checks the environment and returns a fresh server."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from lab import EnvironmentProblem, environment, set_up
from tests.support.lessons import FOLDER, PATHS, read

REQUIREMENTS = (Path(__file__).parents[2] / "requirements.txt").read_text()


def test_it_returns_the_server_reset(server):
    server.configure(latency=0.3)
    assert set_up() is server
    assert server.conditions.latency == 0


def test_a_missing_package_is_named(monkeypatch):
    """The message names the missing package and the command that installs it."""
    monkeypatch.setitem(environment.NEEDED, "no-such-package", (1,))
    with pytest.raises(EnvironmentProblem, match=r"no-such-package is not installed.*%pip install"):
        set_up()


@pytest.mark.parametrize(("folder", "way"), [(".", "."), ("notebooks", ".."), ("notebooks/more", "../..")])
def test_the_message_leads_to_the_courses_folder(folder, way, monkeypatch):
    monkeypatch.setitem(environment.NEEDED, "no-such-package", (1,))
    monkeypatch.chdir(FOLDER.parent / folder)
    with pytest.raises(EnvironmentProblem, match=rf"`%cd {re.escape(way)}`"):
        set_up()


def test_an_old_package_is_named(monkeypatch):
    """The message names the package, both versions and the command that updates it."""
    monkeypatch.setitem(environment.NEEDED, "aiohttp", (999, 1))
    with pytest.raises(EnvironmentProblem, match=r"aiohttp is 3\.\S+; the course needs 999\.1 or later.*%pip install"):
        set_up()


@pytest.mark.parametrize(
    ("text", "numbers"), [("3.14.5", (3, 14, 5)), ("8.0rc1", (8,)), ("1.6.0.post1", (1, 6, 0)), ("dev", ())]
)
def test_versions_are_read_as_numbers(text, numbers):
    assert environment.version_numbers(text) == numbers


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_imported_package_is_checked(path):
    """`set_up` checks each package that a lesson imports."""
    cells = [cell.source for cell in read(path).cells if cell.cell_type == "code" and not cell.source.startswith("%")]
    nodes = [node for source in cells for node in ast.walk(ast.parse(source))]
    imported = {node.module.partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name.partition(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    ours = {"lab", "mock_server", *(module.stem for module in FOLDER.glob("*.py"))}
    with_jupyter = {"IPython", *sys.stdlib_module_names}
    packages = packages_distributions()
    assert [name for name in imported - ours - with_jupyter if packages[name][0] not in environment.NEEDED] == []


def test_needed_versions_match_requirements():
    """`NEEDED` has the versions of requirements.txt."""
    stated = dict(re.findall(r"^([\w-]+)>=([\d.]+)", REQUIREMENTS, re.MULTILINE))
    for package, least in environment.NEEDED.items():
        wanted = environment.version_numbers(stated[package])
        shorter = min(len(least), len(wanted))
        assert least[:shorter] == wanted[:shorter], package
