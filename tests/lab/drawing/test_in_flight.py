"""The chart of how many exchanges were in flight."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lab.drawing.in_flight import levels
from lab.drawing.scale import RIGHT, Scale
from tests.support.runs import exchange, steady


@steady
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 90)), min_size=1, max_size=30))
def test_the_chart_shows_how_many_were_in_flight(spans: list[tuple[int, int]]) -> None:
    exchanges = [exchange(n, begin, float(begin + length)) for n, (begin, length) in enumerate(spans, 1)]
    scale = Scale(0.0, 192.0)  # three pixels a second
    shown = levels(exchanges, 192.0, scale)
    for second in range(181):
        there = sum(e.arrived <= second < (e.ended or 0) for e in exchanges)
        assert ([level for x, level in shown if x <= scale(second) + 1] or [0])[-1] == there


def test_the_chart_does_not_fall_at_now_while_something_runs() -> None:
    assert levels([exchange(1, 0.0, None)], 1.0, Scale(0.0, 1.0))[-1] == (RIGHT, 1)


def test_what_was_in_flight_for_less_than_a_pixel_is_shown() -> None:
    assert 1 in [level for _, level in levels([exchange(1, 0.5, 0.5001)], 1.0, Scale(0.0, 1.0))]


def test_a_gap_of_less_than_a_pixel_is_left_out() -> None:
    scale = Scale(0.0, 2.0)
    edge = 100 / (scale(1.0) - scale(0.0))  # where a pixel ends
    shown = levels([exchange(1, 0.0, edge - 0.0005), exchange(2, edge + 0.0005, 1.5)], 2.0, scale)
    assert [level for _, level in shown][1:-1] == [1] * len(shown[1:-1])
