"""Curves: one measured figure against another, in the style of the timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..runs.outcome import Outcome
from .canvas import EDGE, Words, canvas, safe
from .image import picture
from .palette import COLOURS, GROUND, QUIET, TEXT
from .scale import round_step

Point = tuple[float, float]

CURVES_LEFT, CURVES_RIGHT = 84.0, 690.0
CURVES_HEIGHT = 190.0
NOTHING = 1e-300  # below this, the step of an axis would be too small for a float
KEY, FOOT = 26.0, 44.0  # the heights of the key above the plot, and of the axis with its name below it
LINE_STYLES = (  # colour and dashes, so that no two lines differ by colour alone
    (COLOURS[Outcome.SERVED], ""),
    (COLOURS[Outcome.FAILED], "7 4"),
    (COLOURS[Outcome.RUNNING], "2 3"),
)


@dataclass(frozen=True)
class Curves:
    """Up to three named lines of (x, y) points; a notebook shows their picture."""

    lines: Mapping[str, Sequence[Point]]
    x: str
    y: str
    title: str

    def __repr__(self) -> str:
        return f"<curves: {self.title}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return picture(repr(self), self.svg())

    def svg(self) -> str:
        """Draw the lines."""
        words = Words(self.title)
        top = words.height + KEY
        width = step_above(max(x for points in self.lines.values() for x, _ in points))
        height = step_above(max(y for points in self.lines.values() for _, y in points))
        across, up = (CURVES_RIGHT - CURVES_LEFT) / width[0], CURVES_HEIGHT / height[0]
        drawn = [words.svg(0), _axes(self, width, height, top)]
        for number, (name, points) in enumerate(self.lines.items()):
            places = [(CURVES_LEFT + x * across, top + CURVES_HEIGHT - y * up) for x, y in points]
            drawn.append(_line(places, number) + _key(name, number, self.lines, words.height + 10))
        description = f"{self.y} against {self.x}: {', '.join(self.lines)}."
        return canvas(words.label, description, "".join(drawn), top + CURVES_HEIGHT + FOOT)


def curves(lines: Mapping[str, Sequence[Point]], *, x: str, y: str, title: str) -> Curves:
    """Return a picture of up to three lines, each a name and its (x, y) points, from zero upwards.

    Raises:
        ValueError: there are more than three lines, or none of them has a point.
    """
    if len(lines) > len(LINE_STYLES) or not any(map(len, lines.values())):
        raise ValueError(f"curves needs 1 to {len(LINE_STYLES)} lines, at least one with a point, not {len(lines)}.")
    return Curves(lines, x, y, title)


def step_above(most: float) -> tuple[float, float]:
    """Return the end of an axis that includes `most`, and the round step between its ticks."""
    if most < NOTHING:
        return 1.0, 1.0
    step = round_step(most / 7)
    ticks = next(n for n in range(1, 8) if n * step >= most * (1 - 1e-9))
    return ticks * step, step


def _axes(chart: Curves, width: tuple[float, float], height: tuple[float, float], top: float) -> str:
    foot = top + CURVES_HEIGHT
    labels, rules = "", ""
    for n in range(round(height[0] / height[1]) + 1):
        y = foot - n * CURVES_HEIGHT * height[1] / height[0]
        rules += f"M{CURVES_LEFT} {y:.1f}H{CURVES_RIGHT}"
        labels += f'<text x="{CURVES_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{n * height[1]:,.6g}</text>'
    for n in range(round(width[0] / width[1]) + 1):
        x = CURVES_LEFT + n * (CURVES_RIGHT - CURVES_LEFT) * width[1] / width[0]
        rules += f"M{x:.1f} {foot}v4"
        labels += f'<text x="{x:.1f}" y="{foot + 17:.1f}" text-anchor="middle">{n * width[1]:,.6g}</text>'
    labels += f'<text x="{CURVES_RIGHT}" y="{foot + 34:.1f}" text-anchor="end">{safe(chart.x)}</text>'
    labels += f'<text x="{EDGE}" y="{top - 14:.1f}">{safe(chart.y)}</text>'
    return (
        f'<path d="{rules}" stroke="{TEXT}" opacity="0.15"/>'
        f'<path d="M{CURVES_LEFT} {foot}H{CURVES_RIGHT}" stroke="{TEXT}" opacity="0.4"/>'
        f'<g font-size="12" fill="{QUIET}">{labels}</g>'
    )


def _line(places: Sequence[Point], number: int) -> str:
    colour, dashes = LINE_STYLES[number]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    style = f'fill="none" stroke="{colour}" stroke-width="2.2" stroke-dasharray="{dashes}" stroke-linejoin="round"'
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="{colour}" stroke="{GROUND}"/>'
        for x, y in (places if len(places) <= 15 else ())
    )
    return f'<path data-line="{number}" d="{path}" {style}/>{dots}' if places else ""


def _key(name: str, number: int, lines: Mapping[str, Sequence[Point]], y: float) -> str:
    """Draw a line's entry in the key above the plot; the last entry ends at the right edge."""
    colour, dashes = LINE_STYLES[number]
    after = list(lines)[number:]
    x = CURVES_RIGHT - sum(7.8 * len(other) + 46 for other in after)
    return (
        f'<path d="M{x:.1f} {y - 4:.1f}h26" stroke="{colour}" stroke-width="2.2" stroke-dasharray="{dashes}"/>'
        f'<text x="{x + 32:.1f}" y="{y:.1f}">{safe(name)}</text>'
    )
