"""The dashed lines and their labels."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from lab.drawing.markers import place, reach, targets
from lab.drawing.scale import Scale
from tests.support.runs import steady


@steady
@given(st.floats(0, 50), st.floats(0, 50), st.floats(0.01, 50))
@example(predicted=0.001, theory=5.0, elapsed=5.0)
@example(predicted=0.001, theory=0.1, elapsed=5.0)
@example(predicted=4.9, theory=5.0, elapsed=5.0)
@example(predicted=2.0, theory=2.0, elapsed=5.0)
def test_labels_of_dashed_lines_cross_no_label_and_no_line(predicted: float, theory: float, elapsed: float) -> None:
    found = targets(predicted, theory)
    scale = Scale(0.0, reach(found, elapsed))
    height = place(found, scale)
    boxes = {}
    for target in found:
        left, right = (target.x - target.width, target.x) if target.leftwards else (target.x, target.x + target.width)
        assert left >= 0
        assert right <= 720
        boxes[target.name] = (left, right, target.level)
    (a, b, level), (c, d, other) = boxes.values()
    assert level != other or b <= c + 1e-6 or d <= a + 1e-6
    assert max(level, other) < height
    for target in found:  # a line runs down from its own label
        for name, (left, right, at) in boxes.items():
            crosses = not target.beyond and left + 1e-6 < target.x < right - 1e-6
            assert name == target.name or not crosses or at > target.level
