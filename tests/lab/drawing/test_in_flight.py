"""The chart of how many exchanges were in flight."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lab.drawing.in_flight import NARROWEST_DIP, steps
from lab.drawing.scale import PLOT_LEFT, PLOT_RIGHT, Scale
from mock_server.exchange import Exchange
from tests.support.runs import exchange

SECOND = 8  # pixels


def level_at(shown: list[tuple[int, int]], x: float) -> int:
    return next((level for level, end in shown if x < end), 0)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=1, max_size=30))
def test_the_chart_is_exact(spans: list[tuple[int, int]]) -> None:
    """The chart shows the number in flight at each second, if each second is wider than the narrowest dip."""
    assert SECOND > NARROWEST_DIP
    exchanges = [exchange(n, begin, float(begin + length)) for n, (begin, length) in enumerate(spans, 1)]
    scale = Scale(0.0, (PLOT_RIGHT - PLOT_LEFT) / SECOND)
    shown = steps(exchanges, 72.0, scale)
    for second in range(61):
        there = sum(e.arrived <= second < (e.ended or 0) for e in exchanges)
        assert level_at(shown, scale(second) + 2) == there


def test_it_does_not_fall_at_now() -> None:
    assert steps([exchange(1, 0.0, None)], 1.0, Scale(0.0, 1.0)) == [(1, PLOT_RIGHT)]


def test_less_than_a_pixel_is_shown() -> None:
    assert 1 in [level for level, _ in steps([exchange(1, 0.5, 0.5001)], 1.0, Scale(0.0, 1.0))]


def rounds(gap: float) -> list[Exchange]:
    """Two hundred requests in ten slots, with a gap between one request and the next in each slot."""
    return [
        exchange(1 + 10 * n + place, n * 0.1 + place * 0.001, (n + 1) * 0.1 + place * 0.001 - gap, in_flight=10)
        for n in range(20)
        for place in range(10)
    ]


def test_two_hundred_requests_make_a_curve() -> None:
    """The short dips between rounds are filled, so the chart is level once it has risen."""
    shown = steps(rounds(0.002), 2.01, Scale(0.0, 2.01))
    levels = [level for level, _ in shown]
    assert levels.count(10) == 1
    assert len(levels) < 15


def test_a_wide_dip_stays() -> None:
    shown = steps(rounds(0.06), 2.01, Scale(0.0, 2.01))
    assert [level for level, _ in shown].count(0) >= 19
