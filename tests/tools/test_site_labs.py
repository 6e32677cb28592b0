"""On the site, the labs' sliders show the pictures that Python drew."""

import re
from itertools import product

import pytest

from lab.recording import programs
from lab.runs.prediction import judged
from tests.support import lessons
from tests.support.jupyterlab import PATIENCE
from tests.support.lessons import FOLDER
from tests.tools.conftest import RECORDED, problems

WEIGHT = 2_000_000  # bytes of a page, at most
FRAMES = 2  # from a move to its picture, at most
SAYS = "([output, words]) => output.textContent === words"
# Whether a figure shows a picture, apart from the lines that move over it.
SHOWS = """([figure, svg]) => {
  const expected = document.createElement('div'), found = figure.querySelector('.picture').cloneNode(true);
  expected.innerHTML = svg;
  found.querySelectorAll('g[transform]').forEach(each => each.remove());
  return found.innerHTML === expected.innerHTML;
}"""

# Moves a slider and counts the frames until the picture has changed.
FRAMES_OF_A_MOVE = """(figure) => new Promise(done => {
  const slider = figure.querySelector('input[type=range]'), picture = figure.querySelector('.picture');
  const before = picture.innerHTML;
  let frames = 0;
  const look = () => {
    if (picture.innerHTML !== before || frames > 60) return done(frames);
    frames++;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(() => {
    slider.value = slider.value === slider.max ? slider.min : slider.max;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    look();
  });
})"""


@pytest.fixture(params=RECORDED, ids=lambda path: path.stem)
def lesson(request, site, chromium):
    """Open a lesson's page, and fail if a script on it raises an error."""
    context = chromium.new_context(viewport={"width": 1100, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    page.errors, page.source = [], request.param
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto((site / request.param.relative_to(FOLDER).with_suffix(".html")).as_uri())
    yield page
    assert page.errors == []
    context.close()


def labs_of(page, recorded):
    return list(zip(page.query_selector_all("figure.lab"), recorded[page.source], strict=True))


def move(control, place):
    """Move a control by keyboard."""
    kind = control.evaluate("each => each.type")
    if kind == "checkbox":
        control.set_checked(bool(place))
    elif kind == "select-one":
        control.select_option(str(place))
    else:
        control.press("End" if place else "Home")


def move_first_slider(figure, lab, end):
    """Move a lab's first slider to an end, and return the picture that Python drew for this position."""
    name = next(
        name for name, found in controls_of(figure, lab).items() if found.evaluate("each => each.type") == "range"
    )
    place = len(lab.values[name]) - 1 if end else 0
    move(controls_of(figure, lab)[name], place)
    return picture_at(lab, lab.start | {name: place})


def controls_of(figure, lab):
    return dict(zip(lab.values, figure.query_selector_all(".control"), strict=True))


def picture_at(lab, places):
    """Return the picture of a position, given by the place of each control's value."""
    number = 0
    for name, values in lab.values.items():
        number = number * len(values) + places[name]
    return lab.pictures[number]


def test_every_lab_moves(recorded):
    """Each lab has a picture for every combination of its positions."""
    for path in RECORDED:
        assert [lab.cell for lab in recorded[path]] == [each.cell for each in programs(lessons.read(path).cells)]
        for lab in recorded[path]:
            assert len(lab.pictures) == len(list(product(*lab.values.values())))


def test_every_kind_of_control_is_recorded(site):
    """The recorded labs have a slider, a checkbox and a drop-down."""
    pages = "".join((site / f"{path.stem}.html").read_text() for path in RECORDED)
    kinds = ('<input [^>]*type="range"', '<input [^>]*type="checkbox"', "<select [^>]*>")
    assert [kind for kind in kinds if not re.search(kind, pages)] == []


def test_ends_show_their_pictures(lesson, recorded):
    """At both ends of every slider, the page shows the picture drawn for that position."""
    for figure, lab in labs_of(lesson, recorded):
        places = dict(lab.start)
        for name, control in controls_of(figure, lab).items():
            ends = (0, len(lab.values[name]) - 1)
            for other, end in (ends[::-1], ends):
                move(control, other)  # a control that stands at the end already would show what the notebook saved
                move(control, end)
                places[name] = end
                svg = picture_at(lab, places).svg
                lesson.wait_for_function(SHOWS, arg=[figure, svg])


def test_previous_run_is_marked(lesson, recorded):
    """After a move, a line says how long the previous run took."""
    for figure, lab in labs_of(lesson, recorded):
        took = move_first_slider(figure, lab, end=True).seconds
        move_first_slider(figure, lab, end=False)
        marker = lesson.wait_for_function("figure => figure.querySelector('.picture g[transform]')", arg=figure)
        words = marker.as_element().text_content()
        assert float(re.search(r"before: ([\d.]+) s", words)[1]) == pytest.approx(took, abs=0.006)


def test_prediction_is_judged(lesson, recorded):
    """A prediction gets a line and the verdict that the notebook gives; an empty field gets neither."""
    for figure, lab in labs_of(lesson, recorded):
        field, verdict = figure.query_selector(".prediction"), figure.query_selector(".verdict")
        assert bool(field) == lab.predict
        if not lab.predict:
            continue
        assert (field.input_value(), verdict.text_content()) == ("", "")
        took = move_first_slider(figure, lab, end=True).seconds
        for said in (took, took * 1.3, took * 3, took / 2, took * 40, took / 7.45):
            field.fill(f"{said:.3f}")
            expected = judged(float(f"{said:.3f}"), took)
            lesson.wait_for_function(SAYS, arg=[verdict, expected])
            assert "you said" in figure.query_selector(".picture").text_content()


def test_move_shows_within_two_frames(lesson):
    """A move shows its picture within two frames."""
    lesson.wait_for_load_state("networkidle")
    for figure in lesson.query_selector_all("figure.lab"):
        figure.evaluate(FRAMES_OF_A_MOVE)  # unpacks
        assert figure.evaluate(FRAMES_OF_A_MOVE) <= FRAMES


def test_moves_shift_nothing(lesson):
    """Moving a slider does not shift what is below the lab."""
    for figure in lesson.query_selector_all("figure.lab"):
        control, heights = figure.query_selector("input[type=range]"), set()
        for end in (0, 1, 0):
            move(control, end)
            lesson.wait_for_timeout(50)
            heights.add(figure.bounding_box()["height"])
        assert len(heights) == 1


def test_pages_are_light(site):
    """No page weighs more than two megabytes."""
    assert {file.name: file.stat().st_size for file in site.glob("*.html") if file.stat().st_size > WEIGHT} == {}


def test_axe_finds_nothing(lesson):
    """axe-core finds no problem on a lesson's page."""
    assert problems(lesson) == []


def test_pictures_work_without_javascript(site, chromium):
    """Without JavaScript, a page shows its lab's saved picture and no controls."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / f"{RECORDED[0].stem}.html").as_uri())
    assert page.locator("figure.lab .controls").first.is_hidden()
    assert page.locator("figure.lab .picture svg").first.is_visible()
    context.close()


def test_grid_has_the_mentioned_values(recorded):
    """The grid has both ends and the start of every slider, and the values that its section mentions."""
    labs = [lab for path in RECORDED for lab in recorded[path]]
    assert all(len(values) >= 2 for lab in labs for values in lab.values.values())
    limits = next(lab.values["limit"] for lab in labs if "limit" in lab.values)
    assert {0.1, 0.7, 0.9} <= set(limits)
