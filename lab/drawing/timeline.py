"""The picture of a run: a pure function from a `Run` to the text of an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

from ..runs.outcome import over_for_server
from ..runs.run import Run
from .bars import paths, strokes
from .canvas import NOTES_FOOT, TEXT_LINE, Words, canvas
from .captions import caption, description, heading, warnings
from .in_flight import CHART_HEIGHT, HEADROOM, chart, peak_label
from .layout import Layout
from .legend import LEGEND_HEIGHT, legend
from .markers import BEFORE, LABEL_LINE, PREDICTION, Marker, draw_marker, label_lines, label_places, markers, reach
from .plot import AXIS_HEIGHT, axis, bars
from .row_labels import bands, row_labels
from .scale import SHORTEST_AXIS, Scale

CHART_GAP = 10.0  # between the chart and the bars
EMPTY_FOOT = 6.0

Drawing = tuple[str, float]  # an SVG fragment and its height


def timeline(run: Run) -> str:
    """Draw a run: time to the right, a row for each request, a bar for each attempt."""
    words = _words(run)
    return canvas(words.label, description(run), *_section(run, words, 0))


def stacked(runs: Sequence[Run]) -> str:
    """Draw runs one above the other, all on the time axis of the longest."""
    longest = max(axis_length(run) for run in runs)
    drawn, top = "", 0.0
    for run in runs:
        section, height = _section(replace(run, axis=longest), _words(run), top)
        drawn, top = drawn + section, top + height
    label = ". ".join(_words(run).label for run in runs)
    return canvas(label, " ".join(map(description, runs)), drawn, top)


def axis_length(run: Run) -> float:
    """Return how long the run's time axis is, in seconds."""
    return max(reach(markers(run), _elapsed(run)), run.axis, SHORTEST_AXIS)


def _words(run: Run) -> Words:
    return Words(heading(run), run.title, caption(run), warnings(run), reserved=bool(run.reserved_rows))


def _section(run: Run, words: Words, top: float) -> Drawing:
    """Draw a run with its words, `top` below the picture's upper edge."""
    if not run.exchanges and not run.reserved_rows:
        return words.svg(top), words.height + EMPTY_FOOT
    layout = _layout(run)
    compared = markers(run) if run.exchanges else []
    scale = Scale(min((e.arrived for e in run.exchanges), default=0.0), axis_length(run))
    places = label_places(tuple(marker.position(scale) for marker in compared))
    chart_top = top + words.height + LABEL_LINE * max(label_lines(places), run.reserved_labels)
    plot_foot = _plot_foot(layout, chart_top)
    inside, legend_height = _plot(run, layout, scale, chart_top) if run.exchanges else ("", 0.0)
    lines = "".join(
        draw_marker(marker, place, scale, chart_top, plot_foot) for marker, place in zip(compared, places, strict=True)
    )
    notes = words.draw_notes(plot_foot + AXIS_HEIGHT + legend_height)
    least = LEGEND_HEIGHT + TEXT_LINE + NOTES_FOOT if run.reserved_rows else 0.0
    foot = max(legend_height + words.notes_height, least)
    return words.svg(top) + inside + lines + notes, plot_foot + AXIS_HEIGHT + foot - top


def movable_markers(run: Run) -> dict[str, str]:
    """Return the markers of the previous run and the prediction, drawn at 0 s, for a page to move along the picture.

    Each has its own line of labels, above that of the theory.
    """
    chart_top = _words(run).height + LABEL_LINE * run.reserved_labels
    foot, scale = _plot_foot(_layout(run), chart_top), Scale(0.0, axis_length(run))
    levels = enumerate((BEFORE, PREDICTION), start=int(run.theory is not None))
    return {name: draw_marker(Marker(name, 0.0), (level, False), scale, chart_top, foot) for level, name in levels}


def _layout(run: Run) -> Layout:
    return Layout(max(1, len(run.picture_rows)), len(run.exchanges), run.reserved_rows)


def _plot_foot(layout: Layout, chart_top: float) -> float:
    return chart_top + HEADROOM + CHART_HEIGHT + CHART_GAP + layout.height


def _plot(run: Run, layout: Layout, scale: Scale, chart_top: float) -> Drawing:
    """Draw the chart, the bars and the legend; return the drawing and the legend's height."""
    plot_top = chart_top + HEADROOM + CHART_HEIGHT + CHART_GAP
    plot_foot = plot_top + layout.height
    drawn = paths(strokes(run.picture_rows, layout, scale, run.now), layout, plot_top)
    prefix = f"t{crc32(''.join(drawn.values()).encode()):08x}"
    key, key_height = legend(run.exchanges, drawn, layout, prefix, plot_foot + AXIS_HEIGHT)
    body = [
        bands(run.picture_rows, layout, plot_top),
        axis(scale, chart_top + HEADROOM, plot_foot),
        chart(run.exchanges, run.now, scale, run.peak_in_flight, chart_top),
        row_labels(run.picture_rows, layout, plot_top, run.row_by or "request"),
        bars(drawn, layout, prefix),
        peak_label(run.exchanges, scale, run.peak_in_flight, chart_top),
        key,
    ]
    return "".join(body), key_height


def _elapsed(run: Run) -> float:
    if not run.exchanges:
        return 0.0
    first = min(exchange.arrived for exchange in run.exchanges)
    return max(over_for_server(exchange, run.now) for exchange in run.exchanges) - first
