"""The bars of a timeline: one for each attempt, in the row of its request."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from mock_server.exchange import Exchange

from ..runs.outcome import Outcome, outcome, over_for_client, over_for_server
from ..runs.requests import Row
from .layout import Layout
from .scale import PLOT_RIGHT, Scale

Stroke = tuple[int, float, float]  # its line, its left end and its right end

BACKOFF = "waiting to retry"
PAUSE = "pausing"
QUEUED = "queued by the server"
ABANDONED = "worked on for nobody"

THINNEST = 1.0  # pixels; shorter work for nobody would be in the legend but too short to see
SHORTEST_BAR = 4.0  # pixels, so that a bar without length is visible


def strokes(rows: list[Row], layout: Layout, scale: Scale, now: float) -> dict[str, list[Stroke]]:
    """Return the strokes of each kind: attempts by outcome, time in the queue, backoff, and work for nobody."""
    found: defaultdict[str, list[Stroke]] = defaultdict(list)
    for number, row in enumerate(rows):
        line = layout.of(number)
        for exchange in row:
            begin, end = scale(exchange.arrived), scale(over_for_client(exchange, now))
            start = _start(exchange, scale, begin, end)
            if start > begin:
                found[QUEUED].append((line, begin, start))
            worked = scale(over_for_server(exchange, now))
            if exchange.disconnected is not None and worked > end + THINNEST:
                found[ABANDONED].append((line, end, worked))
            start = min(start, PLOT_RIGHT - SHORTEST_BAR)
            found[outcome(exchange)].append((line, start, max(end, start + SHORTEST_BAR)))
        for before, after in pairwise(row if layout.spacious else ()):
            kind = PAUSE if outcome(before) is Outcome.SERVED else BACKOFF
            found[kind].append((line, scale(over_for_client(before, now)), scale(after.arrived)))
    return found


def _start(exchange: Exchange, scale: Scale, begin: float, end: float) -> float:
    """Return where the bar starts: after the time in the queue, or at the end if it never left the queue."""
    if exchange.started is None:
        return begin if exchange.refused else end
    return begin if exchange.started == exchange.arrived else min(scale(exchange.started), end)


def merge(given: list[Stroke], gap: float = 1.0) -> list[Stroke]:
    """Join strokes of a line that are at most `gap` pixels apart."""
    found: list[Stroke] = []
    for line, begin, end in sorted(given):
        if found and found[-1][0] == line and begin <= found[-1][2] + gap:
            found[-1] = (line, found[-1][1], max(end, found[-1][2]))
        else:
            found.append((line, begin, end))
    return found


def paths(given: dict[str, list[Stroke]], layout: Layout, top: float) -> dict[str, str]:
    """Return the SVG path data of each kind of strokes."""
    at = [f" {y:.1f}h" for y in layout.middles(top)]
    drawn = {kind: merge(bars) for kind, bars in given.items()} if layout.merged else given
    return {
        kind: "".join([f"M{begin:.1f}{at[line]}{end - begin:.1f}" for line, begin, end in bars])
        for kind, bars in drawn.items()
    }
