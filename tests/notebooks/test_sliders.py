"""The cells below a lab make their own runs, so they pass at any position of its sliders."""

import ast

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.kernel import started_kernel
from tests.support.lessons import LESSONS, PATHS, read, sections, set_up
from tests.support.sliders import LAB, move_lab, run_lab

LABS = {
    path: {
        title: cells for title, cells in sections(read(path)).items() if any(LAB.search(cell.source) for cell in cells)
    }
    for path in PATHS
}
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
    """Each call of async_interact is one that these tests know how to move."""
    calls = sum(cell.source.count("async_interact(") for cell in code(read(path).cells))
    assert calls == sum(len(LAB.findall(cell.source)) for cell in code(read(path).cells))
    assert sum(bool(LAB.search(cell.source)) for cells in LABS[path].values() for cell in cells) == calls
    assert calls or path not in LESSONS


@pytest.mark.slow
@each_lesson
@settings(max_examples=1, phases=[Phase.generate])  # shrinking would run the lesson hundreds of times
@given(data=st.data())
def test_sliders_may_stand_anywhere(path, data):
    """With a lab's controls at their low ends, in the middle, at their high ends or anywhere, the cells below pass."""
    with started_kernel(path.parent) as kernel:
        run(kernel, set_up(read(path)))
        for cells in LABS[path].values():
            places = [lambda: 0.0, lambda: 0.5, lambda: 1.0, lambda: data.draw(st.floats(0, 1))]
            play(kernel, cells, places)


def play(kernel, cells, places):
    """Run cells up to the first lab. Then move it to each place, and each time go on with the cells below it."""
    lab = next((n for n, cell in enumerate(cells) if cell.cell_type == "code" and LAB.search(cell.source)), len(cells))
    run(kernel, cells[:lab])
    if lab == len(cells):
        return
    controls = run_lab(kernel, cells[lab].source)
    assert controls, "a lab without controls"
    for place in places:
        chosen = {control: place() for control in controls}
        print(f"{cells[lab].id}: {list(chosen.values())}")
        move_lab(kernel, chosen)
        play(kernel, cells[lab + 1 :], [place])


def run(kernel, cells):
    for cell in code(cells):
        kernel.run(cell.source, may_raise="raises-exception" in cell.metadata.get("tags", []))
