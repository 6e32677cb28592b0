"""A panel in real kernels, ipykernel 6 and 7: interrupts, cells that run again, moves during the first run."""

import json
import sys

import pytest

from tests.support.kernel import wait_until

SET_UP = """
import asyncio, aiohttp, json
from lab import async_interact, set_up
from lab.widgets.cells import shown_panels
server = set_up()
begun = []

async def f(delay=0.05):
    begun.append(delay)
    async with aiohttp.ClientSession(server.url) as session:
        async with session.get(f"/delay/{delay}") as response:
            await response.read()
"""
LAB = "panel = await async_interact(f, delay=(0.0, 9.0, 0.05))"
LEFT = """
from ipywidgets.widgets import widget
print(json.dumps([len(asyncio.all_tasks()), len(widget._instances)]))
"""


@pytest.fixture(autouse=True)
def prepared(kernel):
    kernel.run(SET_UP)


def begin(kernel, delay):
    """Start the cell of a panel with a slow first run, and return its request and its slider."""
    server = kernel.server
    request = kernel.begin(f"f.__defaults__ = ({delay},)\n{LAB}", cell="a")
    slider = kernel.new_slider()
    wait_until(lambda: server.stats().in_flight, "a request")
    return request, slider


def test_an_interrupt_leaves_nothing_behind(kernel):
    """An interrupt during the first run leaves no task or widget, and the slider still works."""
    kernel.run(LAB, cell="a")
    before = json.loads(kernel.run(LEFT))
    request, slider = begin(kernel, 9.0)
    kernel.interrupt()
    assert kernel.finish(request)[1]["ename"] in ("CancelledError", "KeyboardInterrupt")
    kernel.until("server.journal()[-1].disconnected is not None")
    assert json.loads(kernel.run(LEFT)) == before

    kernel.move(slider, value=0.1)
    kernel.until("begun[-1] == 0.1 and shown_panels()[-1].run.finished")


def test_running_a_cell_again_replaces_its_panel(kernel):
    """A cell that runs again has one panel and no more widgets than before."""
    kernel.run(LAB, cell="a")
    before = json.loads(kernel.run(LEFT))
    kernel.run(LAB, cell="a")
    assert json.loads(kernel.run(LEFT)) == before
    assert kernel.run("print(shown_panels() == [panel])").strip() == "True"


def test_a_cell_may_have_two_panels(kernel):
    """Two panels in one cell both stay open."""
    kernel.run(LAB + "\n" + LAB, cell="a")
    assert kernel.run("print(len(shown_panels()))").strip() == "2"
    assert kernel.run("print(all(panel.controls.box.comm for panel in shown_panels()))").strip() == "True"


def test_a_move_during_the_first_run_counts(kernel):
    """The last move wins: ipykernel 6 delivers it when the cell ends, 7 at once in another thread."""
    request, slider = begin(kernel, 1.0)
    kernel.move(slider, value=0.2)
    kernel.move(slider, value=0.1)
    assert kernel.finish(request)[1]["status"] == "ok"
    kernel.until("begun[-1] == 0.1 and panel.run.finished and panel.error is None and panel.run.hits == 1")
    kernel.move(slider, value=0.3)
    kernel.until("begun[-1] == 0.3 and panel.run.finished")


@pytest.mark.xfail(
    sys.version_info >= (3, 14), strict=True, reason="nest_asyncio 1.6.0 hides the current task from asyncio.timeout"
)
def test_a_panel_under_nest_asyncio(kernel):
    """A panel works on a loop that nest_asyncio has patched; this test is last because the patch is permanent."""
    kernel.run("import nest_asyncio; nest_asyncio.apply()")
    kernel.run(LAB)
    kernel.run("panel.controls.arguments['delay'].value = 0.2\nawait asyncio.sleep(0.05)\nawait panel")
    assert kernel.run("print(begun, panel.error)").strip() == "[0.05, 0.2] None"
