"""The public names of the packages, and which packages they may import."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lab
import mock_server

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "mock_server": {"mock_server", "aiohttp", "yarl", "multidict"},
    "lab": {
        "lab",
        "mock_server",
        "aiohttp",
        "IPython",
        "ipywidgets",
        "nbclient",
        "nbformat",
        "requests",
        "time_machine",
    },
}


def imported(path, package):
    """Yield the packages that a file imports; a relative import is one of its own package."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield package if node.level else node.module.partition(".")[0]


@pytest.mark.parametrize("package", [lab, mock_server], ids=lambda package: package.__name__)
def test_all_lists_the_public_names(package):
    """`__all__` lists exactly the public names of the package."""
    public = {
        name
        for name, value in vars(package).items()
        if not name.startswith("_") and not isinstance(value, type(sys)) and name != "annotations"
    }
    modules = {name for name, value in vars(package).items() if isinstance(value, type(sys))}
    assert set(package.__all__) - modules <= public
    assert public <= set(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_run_one_way(package):
    """mock_server knows nothing of Jupyter, and lab nothing of notebooks and tests."""
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in (ROOT / package).rglob("*.py")
        for name in imported(path, package)
        if name not in ALLOWED[package] and name not in sys.stdlib_module_names
    }
    assert found == set()


def test_importing_the_instruments_starts_nothing():
    """Importing the packages starts no thread and no process, and waits for no slow package that few functions need."""
    code = (
        "import lab, mock_server, sys; print({'nbformat', 'time_machine'} & set(sys.modules) or 'none');"
        "import psutil, threading; print(threading.active_count(), psutil.Process().children())"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert told.stdout.split() == ["none", "1", "[]"]
