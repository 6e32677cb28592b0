"""The dashed lines: where the learner said that the run ends, and where theory puts it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from .palette import GROUND, TEXT
from .scale import RIGHT, Scale, given_seconds

STEP = 17.0  # the height of a line of labels
MARGIN = 12.0  # between the picture's edge and a label
LETTER = 8.3  # the width of a letter, on the safe side
FARTHEST = 3.0  # a prediction further out than so many runs would squeeze the run into a corner


@dataclass
class Target:
    """A time to compare the run with."""

    name: str
    time: float
    dashes: str
    x: float = 0.0
    leftwards: bool = False  # whether the label stands to the left of its line
    level: int = 0  # on which line of labels it stands, counted from the chart upwards
    beyond: bool = False  # whether it lies to the right of the picture

    @property
    def label(self) -> str:
        """What stands at the line."""
        return f"{self.name} {given_seconds(self.time)}" + (" →" if self.beyond else "")

    @property
    def width(self) -> float:
        """About how wide the label is."""
        return LETTER * len(self.label) + 6


def targets(predicted: float | None, theory: float | None) -> list[Target]:
    """Return what there is to compare with."""
    given = [("you said", predicted, "7 4"), ("theory", theory, "2 3")]
    return [Target(name, time, look) for name, time, look in given if time is not None and 0 <= time < inf]


def reach(found: list[Target], elapsed: float) -> float:
    """Return how far the time axis must run: theory always shows, a prediction unless it is far out."""
    far = max([elapsed, *(target.time for target in found if target.name == "theory")])
    return max([far, *(target.time for target in found if target.time <= FARTHEST * far)])


def place(found: list[Target], scale: Scale) -> int:
    """Put the labels where they cross neither each other nor a line; return how many lines they take."""
    found.sort(key=lambda target: target.time)
    for target in found:
        target.beyond = target.time > scale.span
        target.x = min(scale.after(target.time), RIGHT)
        fits_left, fits_right = target.x - target.width > MARGIN, target.x + target.width < RIGHT + MARGIN
        target.leftwards = not fits_right or (fits_left and target is found[0] and len(found) > 1)
    if len(found) == 2 and found[0].leftwards == found[1].leftwards:
        # Both labels on one side: the line that the other label would cross starts below that label.
        found[1 if found[0].leftwards else 0].level = 1
        return 2
    return min(len(found), 1)


def line(target: Target, top: float, labels: int, bottom: float) -> str:
    """Draw one line and its label; `top` is where the first line of labels begins."""
    y = top + STEP * (labels - target.level)
    side = 'text-anchor="end"' if target.leftwards else ""
    x = target.x + (-5 if target.leftwards else 5)
    run = f"M{target.x:.1f} {y - 12:.1f}V{bottom:.1f}"
    drawn = (
        ""
        if target.beyond
        else (
            f'<path d="{run}" stroke="{GROUND}" stroke-width="3.5" opacity="0.6"/>'
            f'<path d="{run}" stroke="{TEXT}" stroke-width="1.5" stroke-dasharray="{target.dashes}"/>'
        )
    )
    return f'{drawn}<text x="{x:.1f}" y="{y - 4:.1f}" {side} font-weight="600">{target.label}</text>'
