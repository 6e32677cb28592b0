"""Each lesson works in a real JupyterLab: Run All, then every slider by keyboard."""

import os
import re
from pathlib import Path

import pytest

from mock_server import MockServer
from tests.browser.conftest import new_page
from tests.support import lessons
from tests.support.jupyter_server import IPYKERNEL7
from tests.support.witness import CODE

PREDICTION = "your prediction, s"
NARROW = 480  # pixels
HAMMERED = 51, 21  # key presses in a lesson's first lab, and in the others; the last one gives a new value
SCREENSHOTS = os.environ.get("COURSE_SCREENSHOTS")  # a folder to keep them in

LESSONS = [pytest.param((path, "python3"), id=path.stem) for path in lessons.LESSONS]
ON_7 = [
    pytest.param(
        (lessons.LESSONS[0], "ipykernel7"),
        id=f"{lessons.LESSONS[0].stem} on ipykernel7",
        marks=pytest.mark.skipif(
            not IPYKERNEL7.is_dir() and os.environ.get("COURSE_BROWSER") != "required", reason=f"no {IPYKERNEL7}"
        ),
    )
]
on_both_kernels = pytest.mark.parametrize("opened", LESSONS + ON_7, indirect=True, scope="module")
in_every_lesson = pytest.mark.parametrize("opened", LESSONS, indirect=True, scope="module")
in_the_first_lesson = pytest.mark.parametrize("opened", LESSONS[:1], indirect=True, scope="module")


@pytest.fixture(scope="module")
def opened(request, context, server):
    """Open a lesson in its own page."""
    path, kernel = request.param
    with new_page(context, server) as page:
        page.open(path, kernel)
        yield page


@pytest.fixture(scope="module")
def lesson(opened):
    """Run the lesson from top to bottom; the tests share its page and kernel."""
    opened.run_all()
    opened.evaluate(CODE)
    return opened


def labs(lesson):
    """Return the indices of the cells that show sliders."""
    found = [n for n, source in enumerate(lesson.sources()) if re.search(r"^[^#\n]*\basync_interact\($", source, re.M)]
    assert found, "a lesson without a lab"
    return found


def asked(lesson, expression):
    """Return the value of an expression in the kernel."""
    return lesson.evaluate("", expression)


def rest(lesson, cell):
    """Wait until no run is under way, and return the title. A title can look final between two attempts."""
    lesson.page.wait_for_timeout(50)
    lesson.wait("the end of all runs", lambda: asked(lesson, "_at_rest()"))
    return lesson.wait_until_finished(cell)


def sliders(lesson, cell):
    return [label for kind, label in lesson.labels(cell) if kind == "slider" and label != PREDICTION]


def step(lesson, cell, label):
    """Move a slider by one step, and return its new value as the title shows it."""
    slider = lesson.slider(cell, label)
    slider.press("ArrowLeft" if slider.at_the_end else "ArrowRight")
    return f"{slider.value:g}"


def change(lesson, cell, kind, label):
    """Move a control by keyboard, and return its new value as the title shows it."""
    if kind == "slider":
        return step(lesson, cell, label)
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
        opened.labels(cell)  # which scrolls to it, so that it is drawn
        assert opened.wait_until_finished(cell)
        opened.wait_for_text(cell, "(run the cell to use them)")
        assert "Error displaying widget" not in opened.text(cell)
    assert opened.console_errors == []
    assert opened.foreign_requests == []


@on_both_kernels
def test_run_all_works(lesson):
    """Run All ends without errors, and every lab has drawn its run."""
    assert lesson.error_outputs() == []
    counts = lesson.execution_counts()
    assert counts == list(range(1, len(counts) + 1))
    assert lesson.unfinished() == []
    for cell in labs(lesson):
        assert rest(lesson, cell)


@on_both_kernels
def test_rendering_changes_no_slider(lesson):
    """Rendering a slider leaves its value alone; with ipykernel 7.4 a rounded value sent back could disable it."""
    for cell in labs(lesson):
        assert lesson.labels(cell)  # which scrolls to it, so that it is drawn
        rest(lesson, cell)
    values = asked(lesson, "[w.value for p in _panels() for w in p.controls.arguments.values()]")
    assert [value for value in values if isinstance(value, float) and value != round(value, 9)] == []


@on_both_kernels
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
        rest(lesson, cell)


@in_the_first_lesson
def test_a_slider_can_be_hammered(lesson):
    """Runs never overlap, the last value wins, and no task, session or connection is left."""
    for number, cell in enumerate(labs(lesson)):
        presses = HAMMERED[number > 0]
        rest(lesson, cell)
        before = asked(lesson, "_left()")
        begun = asked(lesson, "len(_witness.begun)")
        label = sliders(lesson, cell)[0]
        slider = lesson.slider(cell, label)
        for n in range(presses):
            slider.press("ArrowRight" if n % 3 else "ArrowLeft", gap=0.3 if n % 10 == 9 else 0)
        lesson.wait_for_title(cell, f"{label} {slider.value:g}")
        rest(lesson, cell)

        assert asked(lesson, "_witness.begun[-1]")[label] == pytest.approx(slider.value)
        assert 1 < asked(lesson, "len(_witness.begun)") - begun <= presses
        assert asked(lesson, "[_witness.most, _witness.now]") == [1, 0]
        assert asked(lesson, "_left()") == before


@in_the_first_lesson
def test_a_prediction_starts_no_run(lesson):
    """A new prediction is drawn at once, without another run."""
    for cell in labs(lesson):
        if (("slider", PREDICTION)) not in lesson.labels(cell):
            continue
        rest(lesson, cell)
        begun = asked(lesson, "len(_witness.begun)")
        hits = asked(lesson, "server.stats().exchanges")
        assert "Predicted: " not in lesson.alternatives(cell)[0]
        assert lesson.prediction(cell).input_value() == ""
        height = lesson.heights(cell)
        lesson.slider(cell, PREDICTION).press("ArrowRight", times=3)
        lesson.wait_for_picture(cell, "Predicted: ")
        lesson.wait_for_picture(cell, f"Predicted: {lesson.prediction(cell).input_value()} s")
        lesson.prediction(cell).fill("1.5")
        lesson.prediction(cell).press("Enter")
        lesson.wait_for_picture(cell, "Predicted: 1.5 s")
        assert lesson.heights(cell) == height
        assert asked(lesson, "len(_witness.begun)") == begun
        assert asked(lesson, "server.stats().exchanges") == hits


@in_the_first_lesson
def test_an_exception_is_shown_below_the_sliders(lesson):
    """An exception is shown below the sliders until the next run."""
    cell = labs(lesson)[0]
    lesson.evaluate(
        "async def _fails(**values):\n    raise ValueError('a slip in the lab')\n"
        "_first = _panels()[0]; _kept, _first.function = _first.function, _functools.wraps(_first.function)(_fails)"
    )
    step(lesson, cell, sliders(lesson, cell)[0])
    lesson.wait_for_text(cell, "ValueError: a slip in the lab")
    lesson.evaluate("_first.function = _kept")
    step(lesson, cell, sliders(lesson, cell)[0])
    lesson.wait_for_text(cell, "ValueError", gone=True)
    assert lesson.error_outputs() == []


@in_the_first_lesson
def test_labs_are_accessible_in_both_themes(lesson, tmp_path):
    """In both themes the text has enough contrast and axe finds no serious problem."""
    folder = Path(SCREENSHOTS) if SCREENSHOTS else tmp_path
    name = re.sub(r"\W", "_", lesson.page.title())
    try:
        for theme in ("light", "dark"):
            lesson.set_theme(theme)
            for cell in labs(lesson):
                rest(lesson, cell)
                lesson.screenshot(folder / f"{name}-{cell}-{theme}.png", cell)
                assert lesson.contrast(cell) > 4.5
                assert lesson.faults(cell) == []
    finally:
        lesson.set_theme("light")


@in_the_first_lesson
def test_pictures_have_a_text_alternative(lesson):
    """The text alternative of a picture has its title and its figures."""
    for cell in labs(lesson):
        rest(lesson, cell)
        [words] = lesson.alternatives(cell)
        assert words.startswith(lesson.title(cell))
        assert re.search(r"\d+ requests?, ", words)


@in_the_first_lesson
def test_a_check_shows_symptom_and_picture(lesson):
    """A wrong submission gets a symptom and one picture."""
    sources = lesson.sources()
    cell = next(n for n, source in enumerate(sources) if source.startswith("await check("))
    name = re.search(r", (\w+)\)", sources[cell])[1]
    lesson.evaluate(
        f"async def {name}(target, *_):  # a session or the URL of the check's own server\n"
        "    given = isinstance(target, aiohttp.ClientSession)\n"
        "    async with target if given else aiohttp.ClientSession(target) as session:\n"
        "        async with session.get('/text') as response:\n            return await response.text()"
    )
    lesson.run_cell(cell)
    lesson.wait_for_text(cell, ": not yet. ")
    assert len(lesson.pictures(cell)) == 1


@in_the_first_lesson
def test_a_lab_fits_a_narrow_window(lesson):
    """In a narrow window nothing is cut off and the sliders work."""
    wide = lesson.page.viewport_size["width"]
    try:
        lesson.set_width(NARROW)
        for cell in labs(lesson):
            rest(lesson, cell)
            label = sliders(lesson, cell)[0]
            lesson.wait_for_title(cell, f"{label} {step(lesson, cell, label)}")
            assert lesson.sticking_out(cell) == []
    finally:
        lesson.set_width(wide)


@in_the_first_lesson
def test_reduced_motion_is_respected(lesson):
    """A page that prefers reduced motion has no animation."""
    lesson.ask_for_less_motion(True)
    try:
        for cell in labs(lesson):
            rest(lesson, cell)
            label = sliders(lesson, cell)[0]
            value = step(lesson, cell, label)
            seen = [lesson.moving(cell) for _ in range(20)]  # while the run is drawn
            lesson.wait_for_title(cell, f"{label} {value}")
            assert not any(seen)
            assert not any("<animate" in picture or "animation" in picture for picture in lesson.pictures(cell))
    finally:
        lesson.ask_for_less_motion(False)


@in_the_first_lesson
def test_running_a_cell_again_replaces_its_panel(lesson):
    """A cell that runs again shows one panel; tests/end_to_end runs every cell of every lesson twice."""
    for cell in labs(lesson):
        lesson.run_cell(cell)
        lesson.wait_until_idle()
        before = asked(lesson, "_left()")
        lesson.run_cell(cell)
        rest(lesson, cell)
        lesson.wait_until_idle()
        assert asked(lesson, "_left()") == before
        assert len(lesson.pictures(cell)) == 1
        label = sliders(lesson, cell)[0]
        lesson.wait_for_title(cell, f"{label} {step(lesson, cell, label)}")


@in_the_first_lesson
def test_an_interrupted_run_leaves_nothing_behind(lesson):
    """tests/end_to_end interrupts each lab of every lesson, in a kernel without a page."""
    server = MockServer(None, asked(lesson, "server.url"))
    for cell in labs(lesson):
        lesson.run_cell(cell)
        before = asked(lesson, "_left()")
        lesson.evaluate("server.configure(latency=2.0, cancel_abandoned=True)")
        server.clear()
        lesson.start_cell(cell)
        lesson.wait("the run's first request", lambda: server.stats().exchanges)
        lesson.interrupt()
        lesson.wait_until_idle()
        errors = [output["ename"] for output in lesson.outputs(cell) if output["output_type"] == "error"]
        assert errors in (["CancelledError"], ["KeyboardInterrupt"]), "the run had ended before it was interrupted"
        lesson.evaluate("await _asyncio.sleep(0.3)")
        assert asked(lesson, "_left()") == before
        assert asked(lesson, "server.stats().in_flight") == 0
        lesson.evaluate("server.reset()")


@in_the_first_lesson
def test_run_all_works_again(lesson):
    """Run All works again after these tests; tests/end_to_end does this for every lesson."""
    lesson.run_all()
    assert lesson.error_outputs() == []


@on_both_kernels
def test_no_console_error_and_no_foreign_request(lesson):
    """After all these tests the console has no error, and no request has left the machine."""
    assert lesson.console_errors == []
    assert lesson.foreign_requests == []


@in_the_first_lesson
def test_a_move_during_the_first_run_counts(lesson):
    """A slider moved during its first run starts a run with the new value, and still works afterwards."""
    cell, label = move_during_the_first_run(lesson)
    lesson.wait_for_title(cell, f"{label} {step(lesson, cell, label)}")


@pytest.mark.parametrize("opened", ON_7, indirect=True, scope="module")
def test_ipykernel_7_disables_a_moved_slider(lesson):
    """A slider moved during its first run does not work afterwards, so the course pins ipykernel below 7.

    ipykernel 7.4 sends no idle message for a move that arrives while a cell awaits, and JupyterLab waits for it. When
    this test fails, the course no longer needs the pin.
    """
    cell, label = move_during_the_first_run(lesson)
    value = step(lesson, cell, label)
    with pytest.raises(TimeoutError, match=f"'{label} {value}' in the title"):
        lesson.wait_for_title(cell, f"{label} {value}", timeout=20)


def move_during_the_first_run(lesson):
    """Move the first slider while the first run is slow, then remove the delay and wait for the next run's end."""
    cell = labs(lesson)[0]
    lesson.run_cell(cell)
    server = MockServer(None, asked(lesson, "server.url"))
    server.configure(capacity=1, latency=3)  # twenty requests: a minute
    lesson.start_cell(cell)
    lesson.wait("the first run", lambda: " so far" in lesson.title(cell) and server.stats().in_flight)
    [label, *_] = sliders(lesson, cell)
    value = step(lesson, cell, label)
    assert not lesson.page.evaluate("window.ranCell"), "the first run had ended before the slider was moved"
    server.configure(capacity=None, latency=0)
    lesson.wait_for_title(cell, f"{label} {value}")
    lesson.wait("the cell", lambda: lesson.page.evaluate("window.ranCell"))
    server.reset()
    return cell, label
