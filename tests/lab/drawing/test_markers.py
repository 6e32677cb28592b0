"""The vertical lines that a run is compared with, and their labels."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from lab.drawing.markers import label_box, label_lines, label_places, markers, reach
from lab.drawing.scale import Scale, next_axis
from lab.runs.run import Run

TIMES = st.none() | st.floats(0, 50)


@given(TIMES, TIMES, TIMES, st.floats(0.01, 50))
@example(predicted=0.001, theory=5.0, before=None, elapsed=5.0)
@example(predicted=4.9, theory=5.0, before=4.95, elapsed=5.0)
@example(predicted=2.0, theory=2.0, before=2.0, elapsed=5.0)
@example(predicted=0.0, theory=0.0, before=0.0, elapsed=5.0)
@example(predicted=0.001, theory=0.1, before=5.0, elapsed=5.0)
def test_labels_never_overlap(
    predicted: float | None, theory: float | None, before: float | None, elapsed: float
) -> None:
    """No label covers another label or the line of another marker."""
    found = markers(Run(predicted=predicted, theory=theory, before=before))
    scale = Scale(0.0, reach(found, elapsed))
    positions = tuple(marker.position(scale) for marker in found)
    places = label_places(positions)
    boxes = [label_box(position, place) for position, place in zip(positions, places, strict=True)]
    assert len(places) == len(found)
    assert all(left >= 0 and right <= 720 for left, right in boxes)
    assert label_lines(places) <= len(found)
    for n, (left, right) in enumerate(boxes):
        for other, (x, _) in enumerate(positions):
            if other == n:
                continue
            if places[other][0] == places[n][0]:
                assert boxes[other][1] <= left + 1e-6 or right <= boxes[other][0] + 1e-6
            if places[other][0] >= places[n][0]:  # its line starts there and runs down
                assert not left + 1e-6 < x < right - 1e-6


def test_distant_labels_share_a_line() -> None:
    """Two labels that are far apart stand on the same line."""
    scale = Scale(0.0, 5.0)
    places = label_places(tuple(m.position(scale) for m in markers(Run(predicted=0.5, theory=4.0))))
    assert label_lines(places) == 1


def test_the_axis_changes_rarely() -> None:
    """The axis stays for a slightly shorter run, and changes for one that is much shorter."""
    assert next_axis(3.0, 1.5) == 3.0
    assert next_axis(3.0, 0.3) == 0.3
