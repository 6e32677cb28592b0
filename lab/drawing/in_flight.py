"""The in-flight chart: how many exchanges were in flight over time, as a small step chart."""

from __future__ import annotations

from itertools import groupby

from mock_server.exchange import Exchange

from ..runs.outcome import over_for_server
from .palette import GROUND, QUIET, TEXT
from .scale import PLOT_LEFT, PLOT_RIGHT, Scale

CHART_HEIGHT = 40.0
HEADROOM = 16.0  # for the peak's label
RESOLUTION = 1e-6  # seconds, the journal's; an exchange that took less was in flight, too
NARROWEST_DIP = 6  # pixels; the short dip between one request and the next means nothing

Step = tuple[int, int]  # a level, and the x coordinate up to which it holds


def steps(exchanges: list[Exchange], now: float, scale: Scale) -> list[Step]:
    """Return the number in flight from left to right; dips narrower than `NARROWEST_DIP` are filled."""
    tops = _filled(_tops(exchanges, now, scale))
    found, x = [], int(PLOT_LEFT)
    for level, columns in groupby(tops):
        x += len(list(columns))
        found.append((level, x))
    return found


def _tops(exchanges: list[Exchange], now: float, scale: Scale) -> list[int]:
    """Return the peak in flight in each column of pixels, up to the end of the last exchange."""
    changes = [(exchange.arrived, 1) for exchange in exchanges]
    changes += [(max(e.ended, e.arrived + RESOLUTION), -1) for e in exchanges if e.ended is not None]
    changes.sort()
    last = max(over_for_server(exchange, now) for exchange in exchanges)
    tops = [0] * max(1, round(scale(last) - PLOT_LEFT))
    column = level = 0
    for moment, change in changes:
        here = min(int(scale(moment) - PLOT_LEFT), len(tops) - 1)
        if here > column:
            tops[column + 1 : here + 1] = [level] * (here - column)
            column = here
        level += change
        tops[column] = max(tops[column], level)
    tops[column + 1 :] = [level] * (len(tops) - column - 1)
    return tops


def _filled(tops: list[int]) -> list[int]:
    """Fill narrow dips, with a moving maximum and then a moving minimum."""
    edge = [0] * (NARROWEST_DIP - 1)
    widened = [max(around) for around in _windows([*edge, *tops, *edge])]
    return [min(around) for around in _windows(widened)]


def _windows(columns: list[int]) -> zip[tuple[int, ...]]:
    return zip(*(columns[n:] for n in range(NARROWEST_DIP)), strict=False)


def chart(exchanges: list[Exchange], now: float, scale: Scale, peak: int, top: float) -> str:
    """Draw the chart, `HEADROOM + CHART_HEIGHT` high."""
    base = top + HEADROOM + CHART_HEIGHT
    fall = "" if any(exchange.ended is None for exchange in exchanges) else f"V{base:.1f}"
    # Trust the server's own peak: exchanges at equal times may add up to more, and dropped rows are missing.
    line = f"M{PLOT_LEFT:.0f} {base:.1f}" + "".join(
        f"V{base - CHART_HEIGHT * min(level, peak) / peak:.1f}H{x}" for level, x in steps(exchanges, now, scale)
    )
    return (
        f'<path d="{line}V{base:.1f}Z" fill="{TEXT}" opacity="0.1"/>'
        f'<path d="{line}{fall}" fill="none" stroke="{TEXT}" stroke-width="1.2" opacity="0.75"/>'
        f'<text x="{PLOT_LEFT - 10:.0f}" y="{base - 2:.1f}" text-anchor="end" font-size="11.5" fill="{QUIET}">'
        "in flight</text>"
    )


def peak_label(exchanges: list[Exchange], scale: Scale, peak: int, top: float) -> str:
    """Draw a dot where the peak was first reached, with its number."""
    x, y = scale(next(e.arrived for e in exchanges if e.in_flight == peak)), top + HEADROOM
    side = f'x="{x + 6:.1f}"' if x < PLOT_RIGHT - 60 else f'x="{x - 6:.1f}" text-anchor="end"'
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{TEXT}" stroke="{GROUND}"/>'
        f'<text {side} y="{y - 4:.1f}" font-weight="600" paint-order="stroke" stroke="{GROUND}" '
        f'stroke-width="3">{peak:,}</text>'
    )
