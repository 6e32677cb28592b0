"""The committed notebooks were run from top to bottom, and hold nothing that differs between runs."""

import os
import re
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbval.plugin import get_sanitize_patterns

from tests.support import lessons

SANITIZE = (Path(__file__).parents[1] / "nbval_sanitize.cfg").read_text()
WIDGET = "application/vnd.jupyter.widget-view+json"
REFRESH = "run: make notebooks"

# What no compared output may contain after sanitising.
DIFFERS = {
    "a folder of someone's machine": r"(?<![\w:/])/(home|Users|root|tmp|var|opt|usr)/",
    "a folder of someone's home": r"~/",
    "a memory address": r"\b0x[0-9a-f]{6,16}\b",
    "a port": r"(127\.0\.0\.1|localhost):\d",
    "a time of day": r"\b\d\d:\d\d:\d\d\b",
}


@pytest.fixture(params=lessons.PATHS, ids=lambda path: path.stem)
def notebook(request) -> NotebookNode:
    return lessons.read(request.param)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [(cell, output) for cell in code_cells(notebook) for output in cell.outputs]


def test_there_are_notebooks():
    assert lessons.PATHS, f"no notebook in {lessons.FOLDER}: nothing was tested"


def test_all_lessons_share_the_set_up_cell():
    """The set-up cell is the same in all lessons, except for the path to the course's folder."""
    cells = set()
    for path in lessons.PATHS:
        [cell] = [cell for cell in lessons.set_up(lessons.read(path)) if cell.cell_type == "code"]
        cells.add(cell.source.replace(f"`%cd {os.path.relpath(lessons.FOLDER.parent, path.parent)}`", "`%cd`"))
    assert len(cells) == 1


def test_execution_counts_start_at_1(notebook):
    """Execution counts run from 1 without a gap, or else nbval does not compare a cell."""
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1)), REFRESH


def test_results_have_their_cells_count(notebook):
    """A result has the execution count of its cell."""
    results = [(cell, output) for cell, output in outputs(notebook) if output.output_type == "execute_result"]
    assert all(output.execution_count == cell.execution_count for cell, output in results), REFRESH


def test_no_cell_is_empty(notebook):
    assert all(cell.source.strip() for cell in notebook.cells)


def test_metadata_is_minimal(notebook):
    """All lessons have the same metadata, without widget state."""
    first = lessons.read(lessons.PATHS[0])
    assert set(notebook.metadata) == {"kernelspec", "language_info"}, REFRESH
    assert notebook.metadata == first.metadata, REFRESH
    assert notebook.metadata.kernelspec.name == "python3", REFRESH
    assert "version" not in notebook.metadata.language_info, REFRESH
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)


def test_cells_have_only_tags(notebook):
    """The metadata of a cell holds nothing but tags."""
    assert {key for cell in notebook.cells for key in cell.metadata} <= {"tags"}, REFRESH


def test_cell_ids_are_unique(notebook):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


def test_no_widget_is_saved(notebook):
    """No output is a widget, which could not be shown without its kernel."""
    assert not [cell.id for cell, output in outputs(notebook) if WIDGET in output.get("data", {})], REFRESH


def test_streams_are_in_one_piece(notebook):
    for cell in code_cells(notebook):
        names = [output.name for output in cell.outputs if output.output_type == "stream"]
        assert len(set(names)) == len(names), REFRESH


def test_errors_are_tagged(notebook):
    """The cells that raise are the cells tagged raises-exception."""
    raised = {cell.id for cell, output in outputs(notebook) if output.output_type == "error"}
    announced = {cell.id for cell in code_cells(notebook) if "raises-exception" in cell.metadata.get("tags", [])}
    assert raised == announced


def test_nbval_compares_every_cell():
    """No cell is left out of the comparison."""
    passed_over = [
        f"{path.stem}: {cell.source.splitlines()[0]}"
        for path in lessons.PATHS
        for cell in code_cells(lessons.read(path))
        if "nbval" in "".join(cell.metadata.get("tags", [])) or "NBVAL_" in cell.source
    ]
    assert passed_over == []


def test_compared_outputs_are_portable(notebook):
    """Outputs that nbval compares hold no path, port or time after sanitising."""
    found = [
        f"cell {cell.id}: {what} in {text[:200]!r}"
        for cell, output in outputs(notebook)
        for text in compared(output)
        for what, pattern in DIFFERS.items()
        if re.search(pattern, sanitised(text))
    ]
    assert found == []


def test_tracebacks_hold_no_path(notebook):
    """Tracebacks name no folder of the machine that ran the lesson."""
    text = "\n".join(line for _, output in outputs(notebook) for line in output.get("traceback", []))
    assert re.findall(r"(?:~|/home|/root|/tmp|/usr|/opt)/\S*", text) == [], REFRESH


def test_pictures_are_not_compared(notebook):
    """Sanitising replaces each picture by one word."""
    pictures = [text for _, output in outputs(notebook) for text in texts(output, "image/svg+xml")]
    assert all(sanitised(picture).strip() == "PICTURE" for picture in pictures)


def test_a_section_heading_opens_its_cell(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"(?s)```.*?```", "", cell.source)
            assert not re.search(r"\n## ", prose), f"split the cell {cell.id} at its second heading"


def test_section_headings_are_unique(notebook):
    headings = [c.source.splitlines()[0] for c in notebook.cells if c.source.startswith("## ")]
    assert len(set(headings)) == len(headings)


def compared(output):
    """The texts of an output that nbval compares."""
    if output.output_type == "stream":
        return [output.text]
    if output.output_type == "error":
        return [output.ename, output.evalue]
    return [text for kind in output.data if kind.startswith(("text/", "image/svg")) for text in texts(output, kind)]


def texts(output, kind):
    text = output.get("data", {}).get(kind)
    return [] if text is None else [text if isinstance(text, str) else "".join(text)]


def sanitised(text):
    for pattern, replacement in get_sanitize_patterns(SANITIZE):
        text = re.sub(pattern, replacement, text)
    return text
