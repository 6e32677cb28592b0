"""The lane of a version: thin bars for its requests, the time at which it ended, and its result."""

from __future__ import annotations

from collections import defaultdict

from ..drawing.bars import Stroke, merge
from ..drawing.canvas import safe, shortened
from ..drawing.palette import COLOURS, GROUND, QUIET, TEXT
from ..drawing.scale import Scale
from ..quantities import counted
from ..runs.outcome import Outcome, outcome, over_for_client
from .figures import Figures

LINES = 30  # that share the requests of a version
PITCH = 1.5  # from one line to the next
STRIP = LINES * PITCH  # the height of all requests
WORDS = 20.0  # above the strip
HEIGHT = WORDS + STRIP + 14
SHORTEST = 2.5  # pixels, so that a bar without length is visible
THICK = 2.6  # pixels, so that a failure stands out among hundreds of requests
LABEL = 64.0  # the width that the label of the end takes
GAP = 0.5  # pixels; bars that are closer are drawn as one
NAME_LETTERS = 14
DETAIL_LETTERS = 80


def lane(figures: Figures, scale: Scale, left: float, top: float) -> str:
    """Draw a version's requests, the earliest at the top, and where it ended."""
    name = shortened(figures.name, NAME_LETTERS)
    middle = top + WORDS + STRIP / 2
    look = 'text-anchor="end" font-size="12" font-weight="600"'
    drawn = f'<text x="{left - 10:.0f}" y="{middle + 4:.1f}" {look}>{safe(name)}</text>'
    drawn += f'<text x="{left:.0f}" y="{top + 14:.1f}" font-size="12" fill="{QUIET}">{safe(_detail(figures))}</text>'
    for kind, bars in _bars(figures, scale).items():
        thickness = PITCH if kind is Outcome.SERVED else THICK
        path = "".join(f"M{begin:.1f} {_y(line, top):.1f}H{end:.1f}" for line, begin, end in bars)
        drawn += f'<path data-kind="{kind}" d="{path}" stroke="{COLOURS[kind]}" stroke-width="{thickness}"/>'
    return f"<g data-lane=''>{drawn}{_end(figures, scale, top)}</g>"


def _detail(figures: Figures) -> str:
    if figures.ending:
        return shortened(f"failed: {figures.ending}", DETAIL_LETTERS)
    return f"{counted(figures.lost, 'document')} lost" if figures.lost else "no document lost"


def _y(line: int, top: float) -> float:
    return top + WORDS + (line + 0.5) * PITCH


def _bars(figures: Figures, scale: Scale) -> dict[Outcome, list[Stroke]]:
    """Return the bars of each outcome, with bars that touch joined. Failures come last, so they are drawn on top."""
    found: defaultdict[Outcome, list[Stroke]] = defaultdict(list)
    rows = figures.run.rows
    for number, row in enumerate(rows):
        line = number * LINES // max(LINES, len(rows))
        for exchange in row:
            begin, end = scale.after(exchange.arrived), scale.after(over_for_client(exchange, figures.run.now))
            found[outcome(exchange)].append((line, begin, max(end, begin + SHORTEST)))
    return {kind: merge(found[kind], GAP) for kind in Outcome if kind in found}


def _end(figures: Figures, scale: Scale, top: float) -> str:
    """Mark where a version ended: a line if it returned, a cross if it did not."""
    x, middle = scale.after(figures.seconds), top + WORDS + STRIP / 2
    fits = x + LABEL < scale.after(scale.span)
    place = f'x="{x + 12:.1f}" y="{middle + 4.5:.1f}"' if fits else f'x="{x:.1f}" y="{top + 14:.1f}" text-anchor="end"'
    mark = f'<path d="M{x:.1f} {top + WORDS - 3:.1f}v{STRIP + 6:.1f}" stroke="{TEXT}" stroke-width="2"/>'
    if figures.ending:
        cross = f"M{x - 6:.1f} {middle - 6:.1f}l12 12m0 -12l-12 12"
        mark = f'<path d="{cross}" stroke="{GROUND}" stroke-width="6"/>'
        mark += f'<path d="{cross}" stroke="{COLOURS[Outcome.FAILED]}" stroke-width="3"/>'
    return (
        f'{mark}<text {place} font-weight="600" paint-order="stroke" stroke="{GROUND}" stroke-width="4">'
        f"{figures.seconds:.1f} s</text>"
    )
