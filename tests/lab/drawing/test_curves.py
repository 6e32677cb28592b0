"""The picture of measured curves."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import curves
from lab.drawing.curves import CURVES_HEIGHT, CURVES_LEFT, CURVES_RIGHT, step_above

AMOUNT = st.floats(0, 1e9, allow_subnormal=False)
POINTS = st.lists(st.tuples(AMOUNT, AMOUNT), min_size=1, max_size=40)
NAMES = st.text(st.characters(codec="utf-8"), max_size=12)


def drawn(lines, **words):
    picture = curves(lines, **{"x": "responses", "y": "blocks", "title": "Memory", **words}).svg()
    return ElementTree.fromstring(picture)


def line(picture, number):
    [path] = [part for part in picture.iter() if part.get("data-line") == str(number)]
    return [tuple(map(float, pair)) for pair in re.findall(r"([\d.-]+) ([\d.-]+)", path.get("d"))]


@given(st.dictionaries(NAMES, POINTS, min_size=1, max_size=3), NAMES)
def test_points_lie_inside_the_plot(lines, title):
    """Each point of each line is drawn, and lies inside the plot."""
    picture = drawn(lines, title=title)
    for number, points in enumerate(lines.values()):
        places = line(picture, number)
        assert len(places) == len(points)
        assert all(CURVES_LEFT - 0.1 <= x <= CURVES_RIGHT + 0.1 for x, _ in places)
        assert max(y for _, y in places) - min(y for _, y in places) <= CURVES_HEIGHT + 0.1


@given(st.floats(1e-6, 1e12))
def test_axis_steps_are_few_and_round(most):
    """An axis reaches its largest value in at most seven round steps."""
    end, step = step_above(most)
    assert most <= end * (1 + 1e-6) <= 2.6 * most
    assert 1 <= round(end / step) <= 7
    assert f"{step:.0e}"[0] in "125"


@pytest.mark.parametrize("tiny", [5e-324, 2.2250738585072014e-308, 1e-301, 1e-300, 1e-299])
def test_a_number_near_nothing_is_drawn(tiny):
    [[x, y]] = line(drawn({"a": [(tiny, tiny)]}), 0)
    assert CURVES_LEFT <= x <= CURVES_RIGHT
    assert y > 0


def test_points_are_drawn_in_order():
    """Larger values are drawn higher and further to the right."""
    first, second = line(drawn({"a": [(1, 10), (2, 30)]}), 0)
    assert first[0] < second[0]
    assert first[1] > second[1]


def test_lines_differ_without_colour():
    """Each line has its own dash pattern."""
    picture = drawn({name: [(0, 1), (1, 2)] for name in "abc"})
    looks = [part.get("stroke-dasharray") for part in picture.iter() if part.get("data-line")]
    assert len(set(looks)) == 3


def test_the_text_holds_no_measurement():
    """The text alternative names the chart and holds no measured number."""
    assert repr(curves({"a": [(1, 0.123)]}, x="x", y="y", title="Latency")) == "<curves: Latency>"


@pytest.mark.parametrize("lines", [{}, {"a": []}, dict.fromkeys("abcd", [(1, 1)])])
def test_the_number_of_lines_is_limited(lines):
    """A chart with no line, an empty line or more than three lines is refused."""
    with pytest.raises(ValueError, match="1 to 3 lines, at least one with a point"):
        curves(lines, x="x", y="y", title="")
