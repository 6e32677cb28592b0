"""The chart of how many exchanges were in flight."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lab.flight import levels
from lab.scale import RIGHT, Scale
from tests.lab.runs import exchange


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
