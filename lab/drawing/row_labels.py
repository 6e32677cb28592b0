"""The labels of the rows: the parts of each URL that tell the rows apart."""

from __future__ import annotations

from itertools import pairwise
from unicodedata import east_asian_width
from urllib.parse import parse_qsl

from mock_server.exchange import Exchange

from ..runs.requests import Row
from .canvas import EDGE, safe
from .layout import Layout
from .palette import QUIET, TEXT
from .scale import PLOT_LEFT, PLOT_RIGHT

LABELLED_ROWS = 15  # with more rows, a row is too low for a label
FONT_SIZE = 11
LABEL_GAP = 10.0  # between a label and its row
LABEL_WIDTH = PLOT_LEFT - LABEL_GAP - EDGE / 2
NARROW, WIDE = 6.6, 11.0  # the widths of letters, rounded up


def row_labels(rows: list[Row], layout: Layout, top: float, noun: str) -> str:
    """Draw a label for each row if they are few and differ, otherwise the numbers of the first and last."""
    named = list(enumerate(names(rows))) if len(rows) <= LABELLED_ROWS else []
    if len({name for _, name in named}) < 2:
        named = [(0, f"{noun} 1"), (len(rows) - 1, f"{len(rows):,}")][: len(rows)]
    middles = layout.middles(top)
    texts = "".join(
        f'<text x="{PLOT_LEFT - LABEL_GAP:.0f}" y="{middles[layout.of(row)] + 4:.1f}">{safe(fitted(name))}</text>'
        for row, name in named
    )
    return f'<g data-labels="" text-anchor="end" font-size="{FONT_SIZE}" fill="{QUIET}">{texts}</g>'


def names(rows: list[Row]) -> list[str]:
    """Return a name for each row: the method, path and query of its first attempt, without redundant parts.

    GET is left out. The query is left out if all paths differ. A parameter that all rows share is left out. The path
    is left out if all rows have the same path and each has a query.
    """
    firsts = [row[0] for row in rows]
    paths = [(first.method, first.path.partition("?")[0]) for first in firsts]
    if len(set(paths)) == len(paths):
        return [_joined(method, path) for method, path in paths]
    queries = [_parameters(first) for first in firsts]
    shared = set.intersection(*map(set, queries))
    tails = [_query([parameter for parameter in query if parameter not in shared]) for query in queries]
    if len(set(paths)) == 1 and all(tails):
        return tails
    return [_joined(*path) + (f"?{tail}" if tail else "") for path, tail in zip(paths, tails, strict=True)]


def bands(rows: list[Row], layout: Layout, top: float) -> str:
    """Shade every second group of labelled rows; a new group begins where method or parameter names change."""
    if len(rows) > LABELLED_ROWS:
        return ""
    kinds = [(row[0].method, frozenset(name for name, _ in _parameters(row[0]))) for row in rows]
    known = list(dict.fromkeys(kinds))
    if not 1 < len(known) < len(rows):
        return ""
    shaded = [known.index(kind) % 2 == 1 for kind in kinds]
    edges = [0, *(n for n, (before, after) in enumerate(pairwise(shaded), 1) if before != after), len(rows)]
    left, right = EDGE / 2, PLOT_RIGHT
    boxes = "".join(
        f"M{left:.0f} {top + begin * layout.pitch:.1f}H{right:.0f}V{top + end * layout.pitch:.1f}H{left:.0f}Z"
        for begin, end in pairwise(edges)
        if shaded[begin]
    )
    return f'<path data-bands="" d="{boxes}" fill="{TEXT}" opacity="0.08"/>'


def fitted(name: str) -> str:
    """Return a label cut to the room for it: the method, and as much of the end as fits."""
    if _width(name) <= LABEL_WIDTH:
        return name
    method, space, rest = name.partition(" ")
    head = f"{method} …" if space and method.isupper() and len(method) <= 7 else "…"
    room = LABEL_WIDTH - _width(head)
    tail = rest if head != "…" else name
    while _width(tail) > room:
        tail = tail[1:]
    return head + tail


def _joined(method: str, path: str) -> str:
    return path if method == "GET" else f"{method} {path}"


def _query(parameters: list[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" if value else name for name, value in parameters)


def _parameters(exchange: Exchange) -> list[tuple[str, str]]:
    return parse_qsl(exchange.path.partition("?")[2], keep_blank_values=True)


def _width(text: str) -> float:
    return sum(map(_letter_width, text))


def _letter_width(letter: str) -> float:
    if letter in "MWmw@%" or east_asian_width(letter) in "WF":
        return WIDE
    return NARROW if letter.isascii() else NARROW + 1.5
