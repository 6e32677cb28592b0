"""A learner's crawler in a real kernel: judged, saved next to their notebook, and put on the next lesson's board."""

import re

import nbformat
import pytest
from nbclient import NotebookClient

from lab.copies import COPIES_FOLDER
from tests.support import lessons


def section_of(path):
    """Return the set-up cell and the section of a lesson's crawler, with the solution in place of the blank."""
    notebook = lessons.read(path)
    [cells] = [cells for title, cells in lessons.sections(notebook).items() if title.startswith("Your crawler")]
    text = "".join(cell.source for cell in cells)
    solution = re.search(r"<summary>Solution</summary>\n\n```python\n(.+?)\n```", text, re.DOTALL)[1]
    [blank] = [cell for cell in cells if cell.cell_type == "code" and "raise NotImplementedError" in cell.source]
    blank.source = solution
    return solution, [*lessons.set_up(notebook), *cells]


def shown_in(folder, cells):
    """Run cells as a notebook of a folder, and return the text that they print or show."""
    notebook = nbformat.from_dict({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, kernel_name="python3", timeout=60, resources=resources).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return "\n".join(output.text if "text" in output else output.data["text/plain"] for output in outputs)


@pytest.fixture(scope="module")
def learner(tmp_path_factory):
    """Return a learner's folder after lessons 01 and 02, with the solutions and what the second lesson showed."""
    folder = tmp_path_factory.mktemp("learner") / COPIES_FOLDER
    folder.mkdir()
    solutions, shown = [], ""
    for path in lessons.PATHS[:2]:
        solution, cells = section_of(path)
        solutions.append(solution)
        shown = shown_in(folder, cells)
    return folder, solutions, shown


def test_each_version_is_a_file(learner):
    """After two lessons there are two files, each of them the whole cell, and nothing else."""
    folder, solutions, _ = learner
    saved = {path.name: path.read_text() for path in folder.iterdir()}
    assert saved == {"crawler_01.py": solutions[0] + "\n", "crawler_02.py": solutions[1] + "\n"}


def test_the_next_board_has_the_saved_version(learner):
    """Lesson 02 puts page one, the file of lesson 01, its own crawler and the reference on the board."""
    shown = learner[2]
    assert "02.5: right" in shown
    assert "crawler_02.py is saved." in shown
    board = shown[shown.index("120 items from") :].splitlines()
    assert [re.split(r"\s{2,}", line)[0] for line in board[2:6]] == [
        "page one",
        "crawler_01.py",
        "your crawl",
        "reference",
    ]
