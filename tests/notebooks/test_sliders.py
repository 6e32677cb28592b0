"""The cells below a lab make their own runs, so they pass at any position of its sliders."""

import ast

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.kernel import started_kernel
from tests.support.lessons import LESSONS, PATHS, SAMPLE, read, sections, set_up
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


def play_and_go_on(path, place):
    """Run each section that has a lab; move all its controls first, each to the place that `place()` returns."""
    with started_kernel(path.parent) as kernel:
        for cell in [*set_up(read(path)), *(cell for cells in LABS[path].values() for cell in cells)]:
            if cell.cell_type != "code":
                continue
            if LAB.search(cell.source):
                places = {control: place() for control in run_lab(kernel, cell.source)}
                assert places, "a lab without controls"
                print(f"{cell.id}: {list(places.values())}")
                move_lab(kernel, places)
            else:
                kernel.run(cell.source, may_raise="raises-exception" in cell.metadata.get("tags", []))


@pytest.mark.slow
@pytest.mark.parametrize("place", [0.0, 0.5, 1.0], ids=["low", "middle", "high"])
@each_lesson
def test_sliders_may_stand_at_their_ends(path, place):
    """With all sliders of each lab at one end, in the middle or at the other end, the cells below pass."""
    play_and_go_on(path, lambda: place)


@pytest.mark.slow
@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.stem)
@settings(max_examples=2, phases=[Phase.generate])  # shrinking would run the lesson hundreds of times
@given(data=st.data())
def test_sliders_may_stand_anywhere(path, data):
    """With each control at a place of its own, the cells below it pass."""
    play_and_go_on(path, lambda: data.draw(st.floats(0, 1)))
