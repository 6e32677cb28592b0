"""The helpers of the browser tests work, tested with a notebook made for them."""

import nbformat
import pytest

PICTURE = """
import ipykernel, ipywidgets
from IPython.display import display

from lab.drawing import image as pictures

def picture(value):
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="20"><title>at {value}</title></svg>'
    return pictures.picture(f"at {value}", svg)
"""
SLIDER = """
slider = ipywidgets.IntSlider(value=3, min=1, max=60, description="requests")
seconds = ipywidgets.FloatSlider(value=0.1, min=0, max=0.5, step=0.05, description="latency")
choice = ipywidgets.ToggleButtons(options=["one by one", "together"], description="mode")
display(slider, seconds, choice)
handle = display(picture(3), display_id=True, raw=True)
for widget in (slider, seconds, choice):
    widget.observe(lambda change: handle.update(picture(change["new"]), raw=True), "value")
"""


@pytest.fixture
def notebook(tmp_path):
    cells = [PICTURE, SLIDER, "print(ipykernel.__version__)", "1 / 0"]
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in cells]
    kernel = {"name": "python3", "display_name": "Python 3"}
    path = tmp_path / "folder" / "tried.ipynb"
    path.parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def test_arrow_keys_change_the_picture(jupyterlab, notebook, kernel):
    """Arrow keys move a slider, and the picture shows its new value."""
    jupyterlab.open(notebook, kernel)
    jupyterlab.run_all()

    assert jupyterlab.execution_counts() == [1, 2, 3, 4]
    assert jupyterlab.text("__version__").strip().partition(".")[0] == {"python3": "6", "ipykernel7": "7"}[kernel]
    assert jupyterlab.wait_for_picture("IntSlider", "at 3")

    slider = jupyterlab.slider("IntSlider", "requests")
    slider.press("ArrowRight")
    assert (slider.value, slider.readout) == (4, "4")
    assert jupyterlab.wait_for_picture("IntSlider", "at 4")

    slider.press("ArrowRight", times=50)
    assert jupyterlab.wait_for_picture("IntSlider", "at 54")
    slider.move_to(49)
    assert jupyterlab.wait_for_picture("IntSlider", "at 49")

    assert_controls_work(jupyterlab)
    jupyterlab.wait_until_idle()
    assert jupyterlab.error_outputs() == ["ZeroDivisionError: division by zero in 1 / 0"]
    assert jupyterlab.console_errors == []
    assert jupyterlab.foreign_requests == []


def assert_controls_work(jupyterlab):
    """Move a slider with steps, and choose an option."""
    latency = jupyterlab.slider("IntSlider", "latency")
    with pytest.raises(ValueError, match="no step"):
        latency.move_to(0.22)
    latency.move_to(0.35)
    assert latency.readout == "0.35"
    assert jupyterlab.wait_for_picture("IntSlider", "at 0.35")  # the last move, before another control has its turn

    jupyterlab.choose("IntSlider", "mode", "together")
    assert jupyterlab.wait_for_picture("IntSlider", "at together")
    assert len(jupyterlab.pictures("IntSlider")) == 1


LAB = """
from lab import async_interact, set_up

server, begun = set_up(), []

async def f(limit=0.8):
    begun.append(limit)

panel = await async_interact(f, limit=(0.1, 0.9, 0.1))
"""


def test_a_rounding_error_is_no_move(jupyterlab, notebook):
    """The page sends 0.7999999999999999 back for 0.8; the panel does not run again."""
    content = nbformat.read(notebook, as_version=4)
    content.cells = [nbformat.v4.new_code_cell(LAB.strip())]
    nbformat.write(content, notebook)
    jupyterlab.open(notebook)
    jupyterlab.run_all()
    slider = "panel.controls.arguments['limit'].value"
    jupyterlab.wait("the page's value", lambda: jupyterlab.evaluate("", slider) != 0.8)
    jupyterlab.evaluate("await panel")
    assert jupyterlab.evaluate("", "begun") == [0.8]


def test_text_is_read_off_screen(jupyterlab, notebook):
    """`text()` scrolls to a cell first, since JupyterLab renders its outputs only when they are visible."""
    content = nbformat.read(notebook, as_version=4)
    content.cells = [nbformat.v4.new_code_cell("pass\n" * 30) for _ in range(40)]
    for number, cell in enumerate(content.cells):
        cell.outputs = [nbformat.v4.new_output("stream", text=f"output {number}")]
    nbformat.write(content, notebook)
    jupyterlab.open(notebook)
    for number in (39, 0, 20, 35, 5, 25, 10, 30, 15):
        assert jupyterlab.text(number).strip() == f"output {number}"


def test_console_errors_and_foreign_requests_are_seen(jupyterlab, notebook):
    """The page records console errors, failed responses except the list of kernels, and requests to other machines."""
    jupyterlab.open(notebook)
    jupyterlab.page.evaluate("console.error('a slip')")
    jupyterlab.page.evaluate("fetch('http://elsewhere.invalid/').catch(() => null)")
    assert "a slip" in jupyterlab.console_errors
    assert jupyterlab.foreign_requests == ["http://elsewhere.invalid/"]
    jupyterlab.console_errors.clear()
    jupyterlab.page.route("**/api/*?fails", lambda route: route.fulfill(status=500))
    for name in ("kernels", "sessions"):
        jupyterlab.page.evaluate("name => fetch(`/api/${name}?fails`).then(response => response.text())", name)
    jupyterlab.wait("the second failure", lambda: jupyterlab.console_errors)
    assert len(jupyterlab.console_errors) == 1
    assert "500" in jupyterlab.console_errors[0]


def test_the_dark_theme_is_dark(jupyterlab, notebook, tmp_path):
    jupyterlab.open(notebook)
    jupyterlab.run_all()
    jupyterlab.set_theme("dark")
    scheme = "document.querySelector('[data-mime-type=\"text/html\"] img.course')"
    assert jupyterlab.page.evaluate(f"getComputedStyle({scheme}).colorScheme") == "dark"
    jupyterlab.screenshot(tmp_path / "shot.png", "IntSlider")
    assert (tmp_path / "shot.png").stat().st_size > 1000
    jupyterlab.set_theme("light")
