"""The cells below a lab make their own runs: none reads a panel. test_sections moves the sliders."""

import ast

import pytest

from tests.support.lessons import LESSONS, PATHS, read, sections
from tests.support.sliders import LAB

each_lesson = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def code(cells):
    return [cell for cell in cells if cell.cell_type == "code"]


@each_lesson
def test_no_cell_reads_a_panel(path):
    """No cell uses the name of a lab's panel, whose run, result and error depend on the sliders."""
    panels, found = set(), []
    for cell in code(read(path).cells):
        own = {name for name in LAB.findall(cell.source) if name}
        read_here, set_here = names_in(cell.source)
        found += [f"{cell.id}: {name}" for name in read_here & (panels | own)]
        panels = (panels - set_here) | own
    assert found == []


def names_in(source):
    """Return the names that a cell reads, and those that it sets."""
    names = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
    read_here = {name.id for name in names if isinstance(name.ctx, ast.Load)}
    return read_here, {name.id for name in names} - read_here


@each_lesson
def test_every_lab_is_found(path):
    """These tests know how to move the lab of each call of async_interact."""
    notebook = read(path)
    calls = sum(cell.source.count("async_interact(") for cell in code(notebook.cells))
    assert calls == sum(len(LAB.findall(cell.source)) for cell in code(notebook.cells))
    assert calls == sum(bool(LAB.search(cell.source)) for cells in sections(notebook).values() for cell in cells)
    assert calls or path not in LESSONS
