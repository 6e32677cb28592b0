"""The controls of a lab work by keyboard, in JupyterLab and in Jupyter Notebook 7."""

import nbformat
import pytest

LAB = """
from lab import async_interact, set_up

server = set_up()

async def f(count, how):
    pass

panel = await async_interact(f, count=(1, 9), how=["one by one", "together"])
"""
# Jupyter Notebook 7 handles shortcuts before the page gets the key, JupyterLab after.
AS_IN_NOTEBOOK_7 = """document.addEventListener(
    'keydown', event => window.jupyterapp.commands.processKeydownEvent(event), true)"""


@pytest.fixture
def lab(jupyterlab, tmp_path):
    path = tmp_path / "folder" / "keys.ipynb"
    path.parent.mkdir()
    cells = [nbformat.v4.new_code_cell(source) for source in ("1", LAB.strip(), "2")]
    kernel = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    jupyterlab.open(path)
    jupyterlab.run_all()
    select_the_lab(jupyterlab)
    return jupyterlab


def test_arrow_keys_move_the_control(lab):
    """Arrow keys change the slider and the drop-down, not the selected cell, and other shortcuts still work."""
    press_all_keys(lab)
    lab.page.evaluate(f"() => {{ {AS_IN_NOTEBOOK_7} }}")
    press_all_keys(lab)


def press_all_keys(lab):
    slider = lab.slider(1, "count")
    slider.press("Home")
    for key, value in [("ArrowRight", 2), ("ArrowUp", 3), ("ArrowDown", 2), ("ArrowLeft", 1), ("End", 9), ("Home", 1)]:
        slider.press(key)
        assert slider.value == value, key
    select = lab.dropdown(1, "how")
    select.focus()
    lab.page.keyboard.press("ArrowUp")
    lab.page.keyboard.press("ArrowDown")
    assert select.evaluate("e => e.options[e.selectedIndex].text") == "together"
    selected = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
    assert lab.page.evaluate(selected) == 1
    lab.page.keyboard.press("Shift+Enter")
    lab.wait("the next cell", lambda: lab.page.evaluate(selected) == 2)
    select_the_lab(lab)


def select_the_lab(lab):
    notebook = "const notebook = window.jupyterapp.shell.currentWidget;"
    lab.page.evaluate(f"() => {{ {notebook} notebook.content.activeCellIndex = 1; notebook.content.mode = 'command' }}")
