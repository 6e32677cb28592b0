"""The grid has the values that are always kept, and no more combinations than asked for if they allow it."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipywidgets import Checkbox, Dropdown, FloatSlider, IntSlider, Text

from lab.recording.positions import grid, mentioned, positions

WIDGETS = {
    "count": IntSlider(7, min=1, max=40),
    "latency": FloatSlider(0.3, min=0.0, max=0.6, step=0.1),
    "how": Dropdown(options=["together", "one by one"]),
    "busy": Checkbox(False),
    "name": Text("lamp"),
}


@given(st.integers(1, 4000), st.sets(st.integers(0, 60), max_size=5))
def test_the_grid_is_small_and_keeps_what_matters(most, numbers):
    """Each widget keeps its ends, its start and the numbers in the text, in order, and no value of another widget."""
    values = grid(WIDGETS, f"Move `count` to {', '.join(map(str, numbers))}.", most)
    for name, kept in values.items():
        assert kept == [value for value in positions(WIDGETS[name]) if value in kept]
    assert {1, 7, 40, *(numbers & set(range(1, 41)))} <= set(values["count"])
    assert {0.0, 0.3, 0.6} <= set(values["latency"])
    assert [values["how"], values["busy"], values["name"]] == [["together", "one by one"], [False, True], ["lamp"]]
    least = prod(map(len, grid(WIDGETS, f"Move `count` to {', '.join(map(str, numbers))}.", 1).values()))
    assert prod(map(len, values.values())) <= max(most, least)


@pytest.mark.parametrize("widgets", [{}, {"name": Text("lamp")}])
def test_a_lab_without_sliders_has_one_position(widgets):
    """A lab with nothing to move is recorded once."""
    assert grid(widgets, "", 200) == {name: ["lamp"] for name in widgets}


def test_numbers_count_only_beside_the_name():
    """Numbers are taken from the sentences that name a slider, not from others."""
    assert mentioned("cap", "Move `cap` to 0.2, then 1.6. Then wait 9 seconds.") == {0.2, 1.6}
