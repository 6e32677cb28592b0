"""The legend: what the picture holds, and nothing else."""

from __future__ import annotations

from collections import Counter

from mock_server.exchange import Exchange

from ..runs.outcome import Outcome, outcome
from .bars import ABANDONED, BACKOFF, QUEUED
from .layout import Lines
from .plot import style
from .scale import LEFT, RIGHT

LINE = 22.0
SWATCH = 26.0
LETTER = 7.8  # the width of a letter, on the safe side
SPACE = 16.0
ORDER = [*Outcome, QUEUED, BACKOFF, ABANDONED]


def legend(
    exchanges: list[Exchange], paths: dict[str, str], lines: Lines, prefix: str, top: float
) -> tuple[str, float]:
    """Draw a swatch and a name, with a count for outcomes, of each kind there is; return its height, too."""
    counts: Counter[str] = Counter(outcome(exchange) for exchange in exchanges)
    x, y, drawn = LEFT, top + 14, ""
    for kind in ORDER:
        if kind not in paths:
            continue
        label = f"{kind} {counts[kind]:,}" if counts[kind] else kind
        width = SWATCH + LETTER * len(label)
        if x + width > RIGHT:
            x, y = LEFT, y + LINE
        drawn += style(kind, prefix, 10, f"M{x:.1f} {y:.1f}h{SWATCH - 6:.0f}")
        drawn += f'<text x="{x + SWATCH:.1f}" y="{y + 4.5:.1f}">{label}</text>'
        x += width + SPACE
    if lines.shared_by > 1:
        drawn += f'<text x="{RIGHT}" y="{y + 4.5:.1f}" text-anchor="end">up to {lines.shared_by} requests a line</text>'
    return f'<g font-size="12.5" data-legend="">{drawn}</g>', y + LINE - top - 2
