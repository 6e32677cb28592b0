"""The position of a time in the picture."""

from __future__ import annotations

import pytest

from lab.drawing.scale import Scale


@pytest.mark.parametrize("span", [0.001, 0.03, 0.21, 1.0, 2.03, 7.0, 59.0, 1234.0])
def test_ticks_are_few_round_and_inside(span: float) -> None:
    ticks = Scale(0.0, span).ticks()
    assert 4 <= len(ticks) <= 9
    assert ticks[-1][0] <= span
    assert all(float(label.rstrip(" s")) == pytest.approx(time) for time, label in ticks)
