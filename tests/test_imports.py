"""Imports run one way and have no cycles, not even for type checking."""

import ast
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
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
    "notebooks.parallel_fetch": {"aiohttp"},  # it can be copied
}


def module_name(path):
    """Return the dotted name of a file; a package's `__init__.py` has the name of the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    module_name(path): path
    for pattern in ("lab/**/*.py", "mock_server/**/*.py", "notebooks/*.py")
    for path in sorted(ROOT.glob(pattern))
}


def base_of(node, module, is_package):
    """Return the module that a `from` import names, with the dots of a relative import resolved."""
    if not node.level:
        return node.module
    parents = module.split(".")
    package = parents[: len(parents) - node.level + is_package]
    return ".".join([*package, *([node.module] if node.module else [])])


def imports_in(source, module, is_package, modules):
    """Return the names of all modules that a source file imports, including those inside functions and `if` blocks."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = base_of(node, module, is_package)
            names = {f"{base}.{alias.name}" for alias in node.names}
            submodules = names & modules
            found |= submodules | ({base} if submodules != names else set())
    return found


@cache
def import_graph():
    """Return what each module imports."""
    return {
        name: imports_in(path.read_text(), name, path.name == "__init__.py", set(FILES)) for name, path in FILES.items()
    }


def test_there_are_no_cycles():
    """No module imports itself, directly or through others."""
    TopologicalSorter(import_graph()).prepare()  # a CycleError names the cycle


@pytest.mark.parametrize("importer", ALLOWED)
def test_imports_run_one_way(importer):
    """mock_server knows nothing of Jupyter, lab nothing of notebooks and tests, and parallel_fetch only aiohttp."""
    allowed = ALLOWED[importer] | sys.stdlib_module_names
    found = {
        (name, imported)
        for name in FILES
        if name.startswith(importer)
        for imported in import_graph()[name]
        if imported.partition(".")[0] not in allowed
    }
    assert found == set()


SOURCES = {
    "from . import b": {"p.b"},
    "from .b import thing": {"p.b"},
    "from p import b, thing": {"p", "p.b"},
    "import p.b": {"p.b"},
    "if TYPE_CHECKING:\n    from .b import Thing": {"p.b"},
    "def work():\n    from .b import thing": {"p.b"},
}


@pytest.mark.parametrize("source", SOURCES)
def test_every_kind_of_import_counts(source):
    """Relative, absolute, local and TYPE_CHECKING imports are all found."""
    modules = {"p", "p.a", "p.b", "q"}
    found = imports_in(source, "p.a", False, modules)
    assert found == SOURCES[source]
