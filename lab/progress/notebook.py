"""The exercises of a saved notebook, each with the cells that its check needs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

import nbformat
from nbformat import NotebookNode

CHECK = re.compile(
    r"""^(?:\s*(?:\w+\s*=\s*)?|(?:print|display)\(\s*)"""
    r"""await check\(\s*["'](\d\d\.\d+)["']\s*,\s*(?:submission\s*=\s*)?(\w+)""",
    re.MULTILINE,
)
SECTION = re.compile(r"^## ", re.MULTILINE)
HEADING = re.compile(r"^### Exercise: *(.+)$", re.MULTILINE)


class Unreadable(Exception):
    """The file is not a notebook. The message says why; it follows the file's name and a colon."""


@dataclass(frozen=True)
class SavedExercise:
    """An exercise in a saved notebook.

    `cells` are the sources of the cells that must run before its check: the set-up, what earlier sections define, and
    the exercise's own.
    """

    number: str
    function: str  # the name that the notebook passes to `check`
    title: str
    cells: tuple[str, ...]

    @property
    def blank(self) -> bool:
        """Whether its function is still the blank: it raises NotImplementedError, and no later line names it."""
        name = re.compile(rf"\b{self.function}\b")
        last = next(filter(name.search, reversed(self.cells)), "")
        bodies = [[ast.unparse(line) for line in node.body] for node in _functions(last) if node.name == self.function]
        return bodies == [["raise NotImplementedError"]] and len(name.findall(last)) == 1


def saved_exercises(path: Path) -> list[SavedExercise]:
    """Return the exercises of a notebook in order. If an exercise is checked twice, the later check counts.

    Raises:
        Unreadable: the file is not a notebook.
    """
    found: dict[str, SavedExercise] = {}
    defined: list[str] = []
    for section, set_up in _sections(_cells(path)):
        before, title = [*set_up, *defined], ""
        defined += [_definitions(cell.source) for cell in section if cell.cell_type == "code"]
        for cell in section:
            if cell.cell_type == "markdown":
                title = next(iter(HEADING.findall(cell.source)), title)
            elif cell.cell_type == "code" and (check := CHECK.search(cell.source)):
                number, function = check.groups()
                before.append(cell.source[: check.start()])
                found[number] = SavedExercise(number, function, title.strip(), tuple(filter(str.strip, before)))
            elif cell.cell_type == "code":
                before.append(cell.source)
    return [found[number] for number in sorted(found)]


def _cells(path: Path) -> list[NotebookNode]:
    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8-sig"), as_version=4)
        nbformat.validate(notebook)
    except FileNotFoundError:
        raise Unreadable("there is no such file.") from None
    except OSError as error:
        raise Unreadable(f"it cannot be opened: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Unreadable("it is not a notebook: it is not text.") from None
    except Exception as error:
        raise Unreadable(f"it is not a complete notebook: {_reason(path, error)}.") from None
    return list(notebook.cells)


def _reason(path: Path, error: Exception) -> str:
    """Return in a few words why a text is not a notebook."""
    text = path.read_text(encoding="utf-8")
    if not text.strip():
        return "the file is empty"
    if re.search(r"^<{7} ", text, re.MULTILINE):
        return "it contains a merge conflict (search for <<<<<<<)"
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0][:80]}".rstrip(".: ")


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError):
        return []


def _functions(source: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return the functions that a cell defines; none if it is not plain Python."""
    return [node for node in _statements(source) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _definitions(source: str) -> str:
    """Return code that repeats a cell's definitions and imports for later sections, and ignores those that fail."""
    body = _statements(source)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    kept = [indent(ast.unparse(node), "    ") for node in body if isinstance(node, kinds) or _names_a_literal(node)]
    return "\n".join(f"try:\n{text}\nexcept Exception:\n    pass" for text in kept)


def _names_a_literal(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return False
    try:
        ast.literal_eval(node.value)
    except (ValueError, TypeError):  # not a literal, or a dict with a list as a key
        return False
    return True


def _sections(cells: list[NotebookNode]) -> Iterator[tuple[list[NotebookNode], list[str]]]:
    """Yield the cells of each section, with the sources of the code cells before the first one."""
    parts: list[list[NotebookNode]] = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and SECTION.search(cell.source):
            parts.append([])
        parts[-1].append(cell)
    set_up = [cell.source for cell in parts[0] if cell.cell_type == "code" and not CHECK.search(cell.source)]
    for number, part in enumerate(parts):
        yield part, set_up if number else []
