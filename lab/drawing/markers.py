"""The vertical lines to compare a run with: the learner's prediction, theory, and the end of the previous run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations, product
from math import inf

from ..quantities import given_seconds, seconds
from ..runs.run import Run
from .palette import GROUND, QUIET, TEXT
from .scale import PLOT_RIGHT, Scale

LABEL_LINE = 17.0  # the height of a line of labels
LABEL_MARGIN = 12.0  # from the picture's edge to a label
LABEL_LETTER = 8.3  # the width of a letter, rounded up
FARTHEST = 3.0  # times the run's length; a prediction beyond it would squeeze the run into a corner

PREDICTION, THEORY, BEFORE = "you said", "theory", "before:"
DASHES = {PREDICTION: "7 4", THEORY: "2 3", BEFORE: ""}

Position = tuple[float, float]  # a marker's x coordinate, and the width of its label
Place = tuple[int, bool]  # a label's line, counted upwards from the chart, and whether it is left of the marker


@dataclass(frozen=True)
class Marker:
    """A time to compare the run with."""

    name: str
    time: float

    def label(self, scale: Scale) -> str:
        """Return the text beside the line; an arrow says that the line lies beyond the picture."""
        time = seconds(self.time) if self.name == BEFORE else given_seconds(self.time)
        return f"{self.name} {time}" + (" →" if self.time > scale.span else "")

    def position(self, scale: Scale) -> Position:
        """Return where the line stands, and about how wide its label is."""
        return min(scale.after(self.time), PLOT_RIGHT), LABEL_LETTER * len(self.label(scale)) + 6


def markers(run: Run) -> list[Marker]:
    """Return the run's markers in order of time."""
    given = [(PREDICTION, run.predicted), (THEORY, run.theory), (BEFORE, run.before)]
    found = [Marker(name, time) for name, time in given if time is not None and 0 <= time < inf]
    return sorted(found, key=lambda marker: marker.time)


def reach(found: Sequence[Marker], elapsed: float) -> float:
    """Return how long the time axis must be to show all markers; a prediction that is too far away does not count."""
    far = max([elapsed, *(marker.time for marker in found if marker.name != PREDICTION)])
    return max([far, *(marker.time for marker in found if marker.time <= FARTHEST * far)])


@lru_cache(256)
def label_places(positions: tuple[Position, ...]) -> tuple[Place, ...]:
    """Return the lowest places at which no label covers another label or a line.

    A marker's line starts at its label and runs down, so it crosses the lines of labels below.
    """
    count = len(positions)
    for levels in sorted(
        product(range(count), repeat=count), key=lambda levels: (*sorted(levels, reverse=True), levels)
    ):
        for sides in product((False, True), repeat=count):
            places = tuple(zip(levels, sides, strict=True))
            if _is_clear(positions, places):
                return places
    return tuple((level, x > PLOT_RIGHT / 2) for level, (x, _) in enumerate(positions))


def label_box(position: Position, place: Place) -> tuple[float, float]:
    """Return the left and right end of a label."""
    x, width = position
    return (x - width, x) if place[1] else (x, x + width)


def _is_clear(positions: tuple[Position, ...], places: tuple[Place, ...]) -> bool:
    boxes = [label_box(position, place) for position, place in zip(positions, places, strict=True)]
    if any(left < LABEL_MARGIN or right > PLOT_RIGHT + LABEL_MARGIN for left, right in boxes):
        return False
    for one, other in permutations(range(len(boxes)), 2):
        left, right = boxes[one]
        beside = places[one][0] == places[other][0] and left < boxes[other][1] and boxes[other][0] < right
        crossed = places[other][0] >= places[one][0] and left < positions[other][0] < right
        if beside or crossed:
            return False
    return True


def label_lines(places: tuple[Place, ...]) -> int:
    """Return how many lines the labels take."""
    return 1 + max((level for level, _ in places), default=-1)


def draw_marker(marker: Marker, place: Place, scale: Scale, chart_top: float, bottom: float) -> str:
    """Draw a line and its label; labels stand above `chart_top`."""
    x, _ = marker.position(scale)
    y = chart_top - LABEL_LINE * place[0]
    side = f'x="{x - 5:.1f}" text-anchor="end"' if place[1] else f'x="{x + 5:.1f}"'
    look = f'fill="{QUIET}"' if marker.name == BEFORE else 'font-weight="600"'
    label = f'<text {side} y="{y - 4:.1f}" {look}>{marker.label(scale)}</text>'
    return label if marker.time > scale.span else _line(marker.name, f"M{x:.1f} {y - 12:.1f}V{bottom:.1f}") + label


def _line(name: str, path: str) -> str:
    if name == BEFORE:
        return f'<path data-marker="before" d="{path}" stroke="{TEXT}" opacity="0.55"/>'
    return (
        f'<path d="{path}" stroke="{GROUND}" stroke-width="3.5" opacity="0.6"/>'
        f'<path data-marker="{name}" d="{path}" stroke="{TEXT}" stroke-width="1.5" stroke-dasharray="{DASHES[name]}"/>'
    )
