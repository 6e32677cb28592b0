"""Each section runs right after the set-up cell, leaves the server as it was, and works wherever its sliders stand."""

from contextlib import ExitStack

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.kernel import started_kernel
from tests.support.lessons import LESSONS, PATHS, read, sections, set_up
from tests.support.sliders import LAB, move_lab, run_lab

SECTIONS = [pytest.param(path, title, id=f"{path.stem}: {title}") for path in PATHS for title in sections(read(path))]
AS_FOUND = """
from lab.widgets.cells import shown_panels
for panel in shown_panels():
    await panel
while server.stats().in_flight:  # the server notices at its next write that a client is gone
    await asyncio.sleep(0.05)
print(server.conditions == type(server.conditions)())
"""


@pytest.fixture(scope="module")
def kernels():
    """Yield a function that returns the kernel of a notebook, started in its folder at the first use."""
    with ExitStack() as stack:
        started = {}

        def kernel(path):
            if path not in started:
                started[path] = stack.enter_context(started_kernel(path.parent))
            return started[path]

        yield kernel


def test_there_are_sections():
    assert SECTIONS


@pytest.mark.slow
@pytest.mark.parametrize(("path", "title"), SECTIONS)
@settings(max_examples=1, phases=[Phase.generate])  # shrinking would run a section hundreds of times
@given(data=st.data())
def test_each_section_runs_alone(path, title, kernels, data):
    """A section runs right after the set-up cell, with its sliders anywhere, and leaves the server as it was.

    The controls of its labs stand where Hypothesis puts them and, in a lesson, at their low and at their high ends.
    """
    ends = [lambda: 0.0, lambda: 1.0] if path in LESSONS else []
    places = [*ends, lambda: data.draw(st.floats(0, 1))]
    notebook, kernel = read(path), kernels(path)
    kernel.run("%reset -f")  # the names of other sections
    run(kernel, set_up(notebook))
    play(kernel, sections(notebook)[title], places)
    assert kernel.run(AS_FOUND).strip() == "True"


def play(kernel, cells, places):
    """Run cells up to the first lab. Then move it to each place, and each time run the cells below it."""
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
    for cell in cells:
        if cell.cell_type == "code":
            kernel.run(cell.source, may_raise="raises-exception" in cell.metadata.get("tags", []))
