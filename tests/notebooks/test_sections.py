"""Each section runs right after the set-up cell, and leaves the server as it was."""

from contextlib import ExitStack

import pytest

from tests.support.kernel import started_kernel

from ..support.lessons import PATHS, read, sections, set_up

SECTIONS = [pytest.param(path, title, id=f"{path.stem}: {title}") for path in PATHS for title in sections(read(path))]
AS_FOUND = "print(server.conditions == type(server.conditions)(), server.stats().in_flight)"


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
def test_each_section_runs_alone(path, title, kernels):
    """A section runs right after the set-up cell, and leaves the server as it was."""
    notebook, kernel = read(path), kernels(path)
    kernel.run("%reset -f")  # the names of other sections
    for cell in [*set_up(notebook), *sections(notebook)[title]]:
        if cell.cell_type == "code":
            kernel.run(cell.source, may_raise="raises-exception" in cell.metadata.get("tags", []))
    assert kernel.run(AS_FOUND).strip() == "True 0"
