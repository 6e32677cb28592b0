"""The plot: the time axis, the names of the rows, and the bars in their colours."""

from __future__ import annotations

from ..runs.outcome import Outcome
from ..runs.requests import Row
from .bars import ABANDONED, BACKOFF, QUEUED
from .card import safe
from .layout import Lines
from .palette import QUIET, TEXT, hatching, paint
from .scale import LEFT, RIGHT, Scale

AXIS = 24.0  # the height of the axis and its labels
NAMED_ROWS = 15  # so many rows are high enough for the address beside each
NAME_LETTERS = 15
ORDER = [BACKOFF, ABANDONED, QUEUED, *Outcome]  # what must not be hidden comes last


def axis(scale: Scale, top: float, foot: float) -> str:
    """Draw round times along the foot, and a faint line up from each."""
    ticks = [(scale.after(time), label) for time, label in scale.ticks()]
    rules = "".join(f"M{x:.1f} {top:.1f}V{foot + 4:.1f}" for x, _ in ticks)
    labels = "".join(f'<text x="{x:.1f}" y="{foot + 17:.1f}">{label}</text>' for x, label in ticks)
    return (
        f'<path d="{rules}" stroke="{TEXT}" opacity="0.12"/>'
        f'<path d="M{LEFT:.1f} {foot:.1f}H{RIGHT:.1f}" stroke="{TEXT}" opacity="0.4"/>'
        f'<g text-anchor="middle" font-size="12" fill="{QUIET}">{labels}</g>'
    )


def names(rows: list[Row], lines: Lines, top: float) -> str:
    """Name each row by its address where there is room and they differ, else number first and last."""
    addresses = [_address(row) for row in rows[: NAMED_ROWS + 1]]
    if len(rows) <= NAMED_ROWS and len(set(addresses)) > 1:
        named = dict(enumerate(addresses))
    else:
        named = {0: "request 1", len(rows) - 1: f"{len(rows):,}"} if len(rows) > 1 else {0: "request 1"}
    middles = lines.middles(top)
    return (
        f'<g text-anchor="end" font-size="11" fill="{QUIET}">'
        + "".join(
            f'<text x="{LEFT - 10:.0f}" y="{middles[lines.of(row)] + 4:.1f}">{safe(name)}</text>'
            for row, name in named.items()
        )
        + "</g>"
    )


def _address(row: Row) -> str:
    first = row[0]
    name = first.path if first.method == "GET" else f"{first.method} {first.path}"
    return name if len(name) <= NAME_LETTERS else "…" + name[1 - NAME_LETTERS :]


def bars(paths: dict[str, str], lines: Lines, prefix: str) -> str:
    """Draw the paths of all kinds, each in its own colour and hatching."""
    patterns = "".join(hatching(outcome, prefix) for outcome in Outcome if outcome in paths)
    shown = [style(kind, prefix, lines.thickness, paths[kind]) for kind in ORDER if kind in paths]
    return f"<defs>{patterns}</defs>" + "".join(shown)


def style(kind: str, prefix: str, thickness: float, path: str) -> str:
    """Draw one path the way its kind is drawn, in the plot and in the legend."""
    thin = max(0.3, round(thickness * 0.22, 1))
    if kind == BACKOFF:
        look = f'stroke="{TEXT}" stroke-width="1.2" stroke-dasharray="1.2 3" opacity="0.7"'
    elif kind == QUEUED:
        look = f'stroke="{QUIET}" stroke-width="{thin}"'
    elif kind == ABANDONED:
        look = f'stroke="{QUIET}" stroke-width="{thickness}" opacity="0.3"'
    else:
        look = f'stroke="{paint(Outcome(kind), prefix)}" stroke-width="{thickness}"'
    return f'<path data-kind="{kind}" fill="none" d="{path}" {look}/>'
