"""The board: how all versions did, as a picture with a lane for each, and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..checking.symptoms import sentences
from ..drawing.canvas import EDGE, Words, canvas, legible, safe, shortened
from ..drawing.image import picture
from ..drawing.palette import COLOURS, QUIET, RULE
from ..drawing.plot import AXIS_HEIGHT, axis
from ..drawing.scale import PLOT_LEFT, PLOT_RIGHT, Scale
from ..runs.outcome import Outcome, outcome
from . import lane
from .figures import HEADINGS, Figures

COLUMNS = (EDGE, 240, 300, 390, 500, 580, 692)  # where the table's columns begin (the first) and end (the others)
ROW = 22.0
NOTE_LETTERS = 88
KEY = 30.0  # the height of the legend
SHORTEST = 0.1  # seconds; the minimum length of the time axis


@dataclass(frozen=True)
class Board:
    """How the versions did on a server; a notebook shows a picture, with the table as its text."""

    title: str
    versions: list[Figures]
    notes: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The table, and what ended the versions that did not return."""
        rows = [HEADINGS, *(version.row for version in self.versions)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        table = [_aligned(row, widths) for row in rows]
        endings = [f"{each.name} failed: {each.ending}" for each in self.versions if each.ending]
        return legible("\n".join([self.title, *table, *endings, *self.notes]))

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return picture(self.text, self.svg())

    def svg(self) -> str:
        """Draw the lanes on a common time axis, and the table below them."""
        words = Words(self.title, notes=[shortened(note, NOTE_LETTERS) for note in self.notes])
        scale = Scale(0.0, max([SHORTEST, *(version.seconds for version in self.versions)]))
        tops = [words.height + number * lane.HEIGHT for number in range(len(self.versions))]
        foot = words.height + len(self.versions) * lane.HEIGHT
        lanes = [lane.lane(version, scale, PLOT_LEFT, top) for version, top in zip(self.versions, tops, strict=True)]
        table_top = foot + AXIS_HEIGHT + KEY
        notes_top = table_top + ROW * (len(self.versions) + 1) + 12
        drawn = [words.svg(0), axis(scale, words.height + lane.WORDS, foot), *lanes, self._key(foot + AXIS_HEIGHT)]
        drawn += [self._table(table_top), words.draw_notes(notes_top)]
        return canvas(words.label, self._description(), "".join(drawn), notes_top + words.notes_height)

    def _description(self) -> str:
        """Return the table as sentences."""
        said = [f"A lane for each version: {', '.join(version.name for version in self.versions)}"]
        for version in self.versions:
            figures = zip(HEADINGS[1:], version.row[1:], strict=True)
            said.append(f"{version.name}: " + ", ".join(f"{heading} {figure}" for heading, figure in figures))
            said += [f"It failed: {version.ending}"] if version.ending else []
        return sentences(*said, *self.notes)

    def _key(self, top: float) -> str:
        """Draw the legend: the colours of the lanes and their outcomes."""
        kinds = {outcome(exchange) for version in self.versions for exchange in version.run.exchanges}
        drawn, x, y = "", PLOT_LEFT, top + 12
        for kind in Outcome:
            if kind in kinds:
                drawn += f'<path d="M{x:.0f} {y:.0f}h20" stroke="{COLOURS[kind]}" stroke-width="8"/>'
                drawn += f'<text x="{x + 26:.0f}" y="{y + 4:.0f}">{kind}</text>'
                x += 42 + 7.5 * len(kind)
        return f'<g font-size="12.5" data-legend="">{drawn}</g>'

    def _table(self, top: float) -> str:
        rules = "".join(f"M{EDGE} {top + ROW * n:.0f}H{PLOT_RIGHT:.0f}" for n in range(1, len(self.versions) + 1))
        cells = _row(HEADINGS, top, f' fill="{QUIET}"')
        cells += "".join(_row(version.row, top + ROW * n) for n, version in enumerate(self.versions, 1))
        return f'<path d="{rules}" stroke="{RULE}"/><g data-table="">{cells}</g>'


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return a line of the table: the first cell to the left, the others to the right."""
    first, *others = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])


def _row(cells: Sequence[str], top: float, look: str = "") -> str:
    anchors = ("start", *["end"] * (len(cells) - 1))
    return "".join(
        f'<text x="{x}" y="{top + 15:.0f}" text-anchor="{anchor}"{look}>{safe(cell)}</text>'
        for cell, x, anchor in zip(cells, COLUMNS, anchors, strict=True)
    )
