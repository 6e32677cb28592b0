"""The legend: the kinds of bars in the picture."""

from __future__ import annotations

from collections import Counter

from mock_server.exchange import Exchange

from ..runs.outcome import Outcome, outcome
from .bars import ABANDONED, BACKOFF, PAUSE, QUEUED
from .layout import Layout
from .plot import style
from .scale import PLOT_LEFT, PLOT_RIGHT

LEGEND_LINE = 22.0
LEGEND_HEIGHT = 34.0  # of one line, with the space around it
SWATCH = 26.0
LEGEND_LETTER = 7.8  # the width of a letter, rounded up
SPACE = 16.0
LEGEND_KINDS = [*Outcome, QUEUED, BACKOFF, PAUSE, ABANDONED]


def legend(
    exchanges: list[Exchange], paths: dict[str, str], layout: Layout, prefix: str, top: float
) -> tuple[str, float]:
    """Return the legend's drawing and height; each kind has a swatch and a name, and an outcome also its count."""
    counts: Counter[str] = Counter(outcome(exchange) for exchange in exchanges)
    x, y, drawn = PLOT_LEFT, top + 14, ""
    for kind in LEGEND_KINDS:
        if kind not in paths:
            continue
        label = f"{kind} {counts[kind]:,}" if counts[kind] else kind
        width = SWATCH + LEGEND_LETTER * len(label)
        if x + width > PLOT_RIGHT:
            x, y = PLOT_LEFT, y + LEGEND_LINE
        drawn += style(kind, prefix, 10, f"M{x:.1f} {y:.1f}h{SWATCH - 6:.0f}")
        drawn += f'<text x="{x + SWATCH:.1f}" y="{y + 4.5:.1f}">{label}</text>'
        x += width + SPACE
    if layout.shared_by > 1:
        shared = f"up to {layout.shared_by} requests a line"
        drawn += f'<text x="{PLOT_RIGHT}" y="{y + 4.5:.1f}" text-anchor="end">{shared}</text>'
    return f'<g font-size="12.5" data-legend="">{drawn}</g>', y - top - 14 + LEGEND_HEIGHT
