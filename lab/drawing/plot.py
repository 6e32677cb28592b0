"""The plot: the time axis, and the bars in their colours."""

from __future__ import annotations

from ..runs.outcome import Outcome
from .bars import ABANDONED, BACKOFF, PAUSE, QUEUED
from .layout import Layout
from .palette import QUIET, TEXT, hatching, paint
from .scale import PLOT_LEFT, PLOT_RIGHT, Scale

AXIS_HEIGHT = 24.0  # the height of the axis and its labels
DRAWING_ORDER = [BACKOFF, PAUSE, ABANDONED, QUEUED, *Outcome]  # later ones cover earlier ones


def axis(scale: Scale, top: float, foot: float) -> str:
    """Draw round times along the foot, and a faint line up from each."""
    ticks = [(scale.after(time), label) for time, label in scale.ticks()]
    rules = "".join(f"M{x:.1f} {top:.1f}V{foot + 4:.1f}" for x, _ in ticks)
    labels = "".join(f'<text x="{x:.1f}" y="{foot + 17:.1f}">{label}</text>' for x, label in ticks)
    return (
        f'<path d="{rules}" stroke="{TEXT}" opacity="0.12"/>'
        f'<path d="M{PLOT_LEFT:.1f} {foot:.1f}H{PLOT_RIGHT:.1f}" stroke="{TEXT}" opacity="0.4"/>'
        f'<g text-anchor="middle" font-size="12" fill="{QUIET}">{labels}</g>'
    )


def bars(paths: dict[str, str], layout: Layout, prefix: str) -> str:
    """Draw the paths of all kinds, each in its own colour and hatching."""
    patterns = "".join(hatching(outcome, prefix) for outcome in Outcome if outcome in paths)
    shown = [style(kind, prefix, layout.thickness, paths[kind]) for kind in DRAWING_ORDER if kind in paths]
    return f"<defs>{patterns}</defs>" + "".join(shown)


def style(kind: str, prefix: str, thickness: float, path: str) -> str:
    """Draw one path in the style of its kind; the plot and the legend use it."""
    thin = max(0.3, round(thickness * 0.22, 1))
    if kind in (BACKOFF, PAUSE):
        look = f'stroke="{TEXT}" stroke-width="1.2" stroke-dasharray="1.2 3" opacity="0.7"'
    elif kind == QUEUED:
        look = f'stroke="{QUIET}" stroke-width="{thin}"'
    elif kind == ABANDONED:
        look = f'stroke="{QUIET}" stroke-width="{thickness}" opacity="0.3"'
    else:
        look = f'stroke="{paint(Outcome(kind), prefix)}" stroke-width="{thickness}"'
    return f'<path data-kind="{kind}" fill="none" d="{path}" {look}/>'
