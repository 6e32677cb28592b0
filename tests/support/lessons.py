"""The notebooks' files and sections."""

import os
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

FOLDER = Path(os.environ.get("COURSE_NOTEBOOKS", Path(__file__).parents[2] / "notebooks")).resolve()
LESSONS = sorted(FOLDER.glob("*.ipynb"))
MORE = sorted(FOLDER.glob("more/*.ipynb"))  # for the curious; these have no exercises
PATHS = [*LESSONS, *MORE]


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def set_up(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the cells before the first section."""
    return _parts(notebook)[0][1]


def sections(notebook: NotebookNode) -> dict[str, list[NotebookNode]]:
    """Return the cells of each section that has code, by its heading. Its first cell begins with `## `."""
    parts = _parts(notebook)[1:]
    return {title: cells for title, cells in parts if any(cell.cell_type == "code" for cell in cells)}


def _parts(notebook: NotebookNode) -> list[tuple[str, list[NotebookNode]]]:
    parts: list[tuple[str, list[NotebookNode]]] = [("", [])]
    for cell in notebook.cells:
        heading = re.match(r"## (.*)", cell.source) if cell.cell_type == "markdown" else None
        if heading:
            parts.append((heading[1].strip(), []))
        parts[-1][1].append(cell)
    return parts
