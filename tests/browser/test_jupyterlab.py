"""The helpers of the browser tests see what they should, tested with a notebook made for them."""

import nbformat
import pytest

CELLS = 40


@pytest.fixture(scope="module")
def long_notebook(page, tmp_path_factory):
    """Open a notebook of many tall cells with outputs; all but the first are off the screen."""
    cells = [nbformat.v4.new_code_cell("pass\n" * 30) for _ in range(CELLS)]
    for number, cell in enumerate(cells):
        cell.outputs = [nbformat.v4.new_output("stream", text=f"output {number}")]
    path = tmp_path_factory.mktemp("long") / "folder" / "tried.ipynb"
    path.parent.mkdir()
    kernel = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    page.open(path)
    return page


def test_text_is_read_off_screen(long_notebook):
    """`text()` scrolls to a cell first, since JupyterLab renders its outputs only when they are visible."""
    for number in (39, 0, 20, 35, 5, 25, 10, 30, 15):
        assert long_notebook.text(number).strip() == f"output {number}"


def test_errors_are_seen(long_notebook):
    """An exception is an error output of its cell."""
    long_notebook.page.evaluate(
        "const notebook = window.jupyterapp.shell.currentWidget;"
        "notebook.content.widgets[1].model.sharedModel.setSource('1 / 0')"
    )
    long_notebook.run_cell(1)
    assert long_notebook.error_outputs() == ["ZeroDivisionError: division by zero in 1 / 0"]


def test_console_errors_and_foreign_requests_are_seen(long_notebook):
    """The page records console errors, failed responses except the list of kernels, and requests to other machines."""
    page = long_notebook
    page.page.evaluate("console.error('a slip')")
    page.page.evaluate("fetch('http://elsewhere.invalid/').catch(() => null)")
    assert "a slip" in page.console_errors
    assert page.foreign_requests == ["http://elsewhere.invalid/"]
    page.console_errors.clear()
    page.page.route("**/api/*?fails", lambda route: route.fulfill(status=500))
    for name in ("kernels", "sessions"):
        page.page.evaluate("name => fetch(`/api/${name}?fails`).then(response => response.text())", name)
    page.wait("the second failure", lambda: page.console_errors)
    assert len(page.console_errors) == 1
    assert "500" in page.console_errors[0]
