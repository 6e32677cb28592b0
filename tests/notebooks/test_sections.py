"""Each section runs right after the set-up cell, wherever its sliders stand, and leaves the server as it was."""

import json
import subprocess
import sys
from contextlib import ExitStack
from random import Random

import pytest

from tests.support.foreign_hosts import ForeignHosts
from tests.support.kernel import started_kernel
from tests.support.lessons import LESSONS, PATHS, read, sections, set_up
from tests.support.sliders import LAB, move_lab, run_lab

SECTIONS = [pytest.param(path, title, id=f"{path.stem}: {title}") for path in LESSONS for title in sections(read(path))]
AS_FOUND = """
from lab.widgets.cells import shown_panels
for panel in shown_panels():
    await panel
while server.stats().in_flight:  # the server notices at its next write that a client is gone
    await asyncio.sleep(0.05)
print(server.conditions == type(server.conditions)())
"""


@pytest.fixture(scope="module")
def foreign_hosts(tmp_path_factory):
    return ForeignHosts(tmp_path_factory.mktemp("audit"))


@pytest.fixture(scope="module")
def kernels(foreign_hosts):
    """Yield a function that returns the kernel of a notebook, started in its folder at the first use."""
    with ExitStack() as stack:
        started = {}

        def kernel(path):
            if path not in started:
                started[path] = stack.enter_context(started_kernel(path.parent, **foreign_hosts.environment))
            return started[path]

        yield kernel


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_no_section_needs_another(path):
    """A section uses no name that only another section defines."""
    notebook = read(path)
    found, anywhere = sections(notebook), undefined_names(notebook.cells)  # such as the subject of a NameError
    assert found
    for title, cells in found.items():
        assert undefined_names([*set_up(notebook), *cells]) <= anywhere, title


def undefined_names(cells):
    """Return what ruff says of each name that cells use but do not define."""
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select=F821", "--output-format=json", "-"]
    found = json.loads(subprocess.run(ruff, input=code, capture_output=True, text=True, check=False).stdout)
    assert {each["code"] for each in found} <= {"F821"}, "a syntax error hides undefined names"
    return {each["message"] for each in found}


@pytest.mark.slow
@pytest.mark.parametrize(("path", "title"), SECTIONS)
def test_each_section_runs_alone(path, title, kernels, foreign_hosts):
    """A section runs right after the set-up cell, with its sliders anywhere, and leaves the server as it was.

    The controls of its labs stand at their low ends, at their high ends, and at places drawn with a fixed seed. Each
    cell before them runs twice in a row. No cell connects to another machine.
    """
    places = [lambda: 0.0, lambda: 1.0, Random(title).random]
    notebook, kernel = read(path), kernels(path)
    kernel.run("%reset -f")  # the names of other sections
    run(kernel, set_up(notebook), times=2)
    play(kernel, sections(notebook)[title], places, times=2)
    assert kernel.run(AS_FOUND).strip() == "True"
    assert foreign_hosts.seen() == []


def play(kernel, cells, places, times=1):
    """Run cells up to the first lab, `times` times. Then move it to each place, and each time run the cells below."""
    lab = next((n for n, cell in enumerate(cells) if cell.cell_type == "code" and LAB.search(cell.source)), len(cells))
    run(kernel, cells[:lab], times)
    if lab == len(cells):
        return
    controls = run_lab(kernel, cells[lab].source)
    assert controls, "a lab without controls"
    for place in places:
        chosen = {control: place() for control in controls}
        print(f"{cells[lab].id}: {list(chosen.values())}")
        move_lab(kernel, chosen)
        play(kernel, cells[lab + 1 :], [place])


def run(kernel, cells, times=1):
    """Run each code cell this many times in a row."""
    for cell in [cell for cell in cells if cell.cell_type == "code" for _ in range(times)]:
        kernel.run(cell.source, may_raise="raises-exception" in cell.metadata.get("tags", []))
