"""What lesson 04 shows of parallel_fetch is the text of parallel_fetch.py itself."""

import ast
import re
from textwrap import dedent

import pytest

from tests.support import lessons

FENCED = re.compile(r"```python\n(.*?)\n```", re.DOTALL)
FILE = lessons.FOLDER / "parallel_fetch.py"
STEPS = {
    "in_window",
    "retryable",
    "backoff",
    "retry_after",
    "Host",
    "one_hit",
    "send",
    "_conclude",
    "_attempt",
    "_fetch",
}


def definitions(source, *, methods=False):
    """Return the source of each function and class by its name; with `methods`, also of methods."""
    found = {}
    nodes = ast.parse(source).body
    if methods:
        nodes = [*nodes, *(method for node in nodes if isinstance(node, ast.ClassDef) for method in node.body)]
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found[node.name] = dedent("\n".join(source.split("\n")[first - 1 : node.end_lineno]))
    return found


def shown():
    """Yield the name, source and cell of each function and class that the lesson shows, except in exercises."""
    [path] = [path for path in lessons.PATHS if path.stem.startswith("04")]
    for cell in lessons.read(path).cells:
        if cell.cell_type == "code":
            texts = [cell.source]
        else:
            texts = [] if "<details>" in cell.source else FENCED.findall(cell.source)
        for text in texts:
            yield from ((name, source, cell.id) for name, source in definitions(text).items())


@pytest.fixture(scope="module")
def of_the_file():
    return definitions(FILE.read_text(), methods=True)


def test_the_lesson_quotes_the_file_exactly(of_the_file):
    """Each definition that the lesson shows is the same text as in parallel_fetch.py."""
    differing = [f"{name}, cell {id}" for name, source, id in shown() if source != of_the_file.get(name, source)]
    assert differing == []


def test_the_lesson_shows_every_step(of_the_file):
    assert set(of_the_file) >= STEPS
    assert {name for name, _, _ in shown()} >= STEPS
