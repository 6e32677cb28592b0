"""Each lesson works in a real JupyterLab: its saved pictures, Run All, then every control by keyboard."""

import re

import pytest

from tests.browser.conftest import installed
from tests.support import lessons
from tests.support.jupyterlab import PREDICTION

LESSONS = [pytest.param((path, "python3"), id=path.stem) for path in lessons.LESSONS]
FIRST_ON_7 = pytest.param((lessons.LESSONS[0], "ipykernel7"), id=f"{lessons.LESSONS[0].stem} on ipykernel7")
in_every_lesson = pytest.mark.parametrize("opened", LESSONS, indirect=True, scope="module")
on_both_kernels = pytest.mark.parametrize("opened", [*LESSONS, FIRST_ON_7], indirect=True, scope="module")


@pytest.fixture(scope="module")
def opened(request, page):
    """Open a lesson."""
    path, kernel = request.param
    page.open(path, installed(kernel))
    return page


@pytest.fixture(scope="module")
def lesson(opened):
    """Run the lesson from top to bottom; the tests share its kernel."""
    opened.run_all()
    return opened


def labs(lesson):
    """Return the indices of the cells that show sliders."""
    found = [n for n, source in enumerate(lesson.sources()) if re.search(r"^[^#\n]*\basync_interact\($", source, re.M)]
    assert found, "a lesson without a lab"
    return found


def change(lesson, cell, kind, label):
    """Move a control by keyboard, and return its new value as the title shows it."""
    if kind == "slider":
        return lesson.slider(cell, label).step()
    if kind == "checkbox":
        box = lesson.checkbox(cell, label)
        box.press("Space")
        return str(box.is_checked())
    assert kind == "dropdown", f"teach this test the kind {kind}"
    box = lesson.dropdown(cell, label)
    box.press("ArrowUp" if box.evaluate("e => e.selectedIndex + 1 === e.options.length") else "ArrowDown")
    return box.evaluate("e => e.options[e.selectedIndex].text").replace("\xa0", " ")


@in_every_lesson
def test_a_saved_lesson_shows_its_pictures(opened):
    """An opened lesson shows its saved pictures before it runs, although its changed copy is not trusted."""
    for cell in labs(opened):
        opened.scroll_to(cell)
        assert opened.wait_until_finished(cell)
        opened.wait_for_text(cell, "(run the cell to use them)")
        assert "Error displaying widget" not in opened.text(cell)


@on_both_kernels
def test_run_all_works(lesson):
    """Run All ends without errors, and every lab has drawn its run."""
    assert lesson.error_outputs() == []
    counts = lesson.execution_counts()
    assert counts == list(range(1, len(counts) + 1))
    assert lesson.unfinished() == []
    for cell in labs(lesson):
        assert lesson.wait_until_finished(cell)


@in_every_lesson
def test_every_control_works_by_keyboard(lesson):
    """Each control of each lab changes the picture when it is moved by keyboard."""
    for cell in labs(lesson):
        controls = [(kind, label) for kind, label in lesson.labels(cell) if label != PREDICTION]
        assert controls
        for kind, label in controls:
            before = lesson.title(cell)
            value = change(lesson, cell, kind, label)
            assert f"{label} {value}, " not in before
            assert f"{label} {value}: " not in before
            lesson.wait_for_title(cell, f"{label} {value}")
            assert len(lesson.pictures(cell)) == 1


@on_both_kernels
def test_no_console_error_and_no_foreign_request(lesson):
    """After all these tests the console has no error, and no request has left the machine."""
    assert lesson.console_errors == []
    assert lesson.foreign_requests == []
