"""How many exchanges were in flight over time, as a small step chart."""

from __future__ import annotations

from mock_server.exchange import Exchange

from ..runs.outcome import over_for_server
from .palette import GROUND, QUIET, TEXT
from .scale import LEFT, RIGHT, Scale

HEIGHT = 40.0
HEADROOM = 16.0  # for the peak's label
LEAST = 1e-6  # the journal's finest step of time: what began and ended within it was in flight, too

Level = tuple[float, int]


def levels(exchanges: list[Exchange], now: float, scale: Scale) -> list[Level]:
    """Return where the number in flight changes and to what; a dip narrower than a pixel is left out."""
    changes = [(exchange.arrived, 1) for exchange in exchanges]
    changes += [(max(e.ended, e.arrived + LEAST), -1) for e in exchanges if e.ended is not None]
    changes.sort()
    found: list[Level] = []
    column, level, most = int(LEFT), 0, 0
    for moment, change in changes:
        if (here := int(scale(moment))) != column:
            found.append((column, most))
            if here > column + 1:
                found.append((column + 1, level))
            column, most = here, level
        level += change
        most = max(most, level)
    last = max(over_for_server(exchange, now) for exchange in exchanges)
    return [*found, (column, most), (max(column, round(scale(last))), level)]


def chart(exchanges: list[Exchange], now: float, scale: Scale, peak: int, top: float) -> str:
    """Draw the chart, `HEADROOM + HEIGHT` high."""
    base = top + HEADROOM + HEIGHT
    # The server's own count is the truth: times that fall together may add up to more, forgotten rows to less.
    steps = "".join(f"H{x}V{base - HEIGHT * min(level, peak) / peak:.1f}" for x, level in levels(exchanges, now, scale))
    line = f"M{LEFT:.0f} {base:.1f}{steps}"
    return (
        f'<path d="{line}V{base:.1f}Z" fill="{TEXT}" opacity="0.1"/>'
        f'<path d="{line}" fill="none" stroke="{TEXT}" stroke-width="1.2" opacity="0.75"/>'
        f'<text x="{LEFT - 10:.0f}" y="{base - 2:.1f}" text-anchor="end" font-size="11.5" fill="{QUIET}">'
        "in flight</text>"
    )


def mark(exchanges: list[Exchange], scale: Scale, peak: int, top: float) -> str:
    """Mark where the peak was first reached, and write it there."""
    x, y = scale(next(e.arrived for e in exchanges if e.in_flight == peak)), top + HEADROOM
    side = f'x="{x + 6:.1f}"' if x < RIGHT - 60 else f'x="{x - 6:.1f}" text-anchor="end"'
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{TEXT}" stroke="{GROUND}"/>'
        f'<text {side} y="{y - 4:.1f}" font-weight="600" paint-order="stroke" stroke="{GROUND}" '
        f'stroke-width="3">{peak:,}</text>'
    )
