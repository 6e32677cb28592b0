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
    jupyterlab.page.evaluate(
        f"() => {{ {'const notebook = window.jupyterapp.shell.currentWidget;'} notebook.content.activeCellIndex = 1;"
        "notebook.content.mode = 'command' }"
    )
    return jupyterlab


@pytest.mark.parametrize("application", ["JupyterLab", "Notebook 7"])
def test_arrow_keys_move_the_control(lab, application):
    """Arrow keys change the slider and the drop-down, not the selected cell, and other shortcuts still work."""
    if application == "Notebook 7":
        lab.page.evaluate(f"() => {{ {AS_IN_NOTEBOOK_7} }}")
    slider = lab.slider(1, "count")
    for key, value in [("ArrowRight", 6), ("ArrowUp", 7), ("ArrowDown", 6), ("ArrowLeft", 5), ("End", 9), ("Home", 1)]:
        slider.press(key)
        assert slider.value == value, key
    select = lab.dropdown(1, "how")
    select.focus()
    lab.page.keyboard.press("ArrowDown")
    assert select.evaluate("e => e.options[e.selectedIndex].text") == "together"
    selected = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
    assert lab.page.evaluate(selected) == 1
    lab.page.keyboard.press("Shift+Enter")
    lab.wait("the next cell", lambda: lab.page.evaluate(selected) == 2)
