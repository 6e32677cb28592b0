"""The picture of a run: a pure function from a `Run` to the text of an SVG."""

from __future__ import annotations

from zlib import crc32

from ..runs.outcome import over_for_server
from ..runs.run import Run
from .bars import paths, strokes
from .captions import description, heading, warnings
from .card import Card
from .in_flight import HEADROOM, HEIGHT, chart, mark
from .layout import Lines
from .legend import legend
from .markers import STEP, line, place, reach, targets
from .plot import AXIS, axis, bars, names
from .scale import Scale

GAP = 10.0  # between the chart and the bars
SHORTEST = 1e-3  # the time axis is at least so long, in seconds


def timeline(run: Run) -> str:
    """Draw a run: time to the right, a row for each request, a bar for each attempt."""
    if not run.exchanges:
        nothing = Card("no requests yet", "The server has met no request.", run.title)
        return nothing.svg("", nothing.top + 6)
    lines = Lines(len(run.rows), len(run.exchanges))
    compared = targets(run.predicted, run.theory)
    scale = _scale(run, reach(compared, _elapsed(run)))
    labels = place(compared, scale)
    card = Card(heading(run), description(run), run.title, warnings(run))

    chart_top = card.top + STEP * labels
    plot_top = chart_top + HEADROOM + HEIGHT + GAP
    plot_foot = plot_top + lines.height
    drawn = paths(strokes(run.rows, lines, scale, run.now), lines, plot_top)
    prefix = f"t{crc32(''.join(drawn.values()).encode()):08x}"
    key, key_height = legend(run.exchanges, drawn, lines, prefix, plot_foot + AXIS)
    body = [
        axis(scale, chart_top + HEADROOM, plot_foot),
        chart(run.exchanges, run.now, scale, run.peak_in_flight, chart_top),
        names(run.rows, lines, plot_top),
        bars(drawn, lines, prefix),
        *(line(target, card.top, labels, plot_foot) for target in compared),
        mark(run.exchanges, scale, run.peak_in_flight, chart_top),
        key,
    ]
    return card.svg("".join(body), plot_foot + AXIS + key_height)


def _elapsed(run: Run) -> float:
    first = min(exchange.arrived for exchange in run.exchanges)
    return max(over_for_server(exchange, run.now) for exchange in run.exchanges) - first


def _scale(run: Run, span: float) -> Scale:
    return Scale(min(exchange.arrived for exchange in run.exchanges), max(span, SHORTEST))
