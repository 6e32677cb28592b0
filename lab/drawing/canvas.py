"""The canvas of a picture: its background, title and notes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape

from ..runs.outcome import Outcome
from .palette import COLOURS, FONT, GROUND, QUIET, RULE, TEXT, style

CANVAS_WIDTH = 720
EDGE = 20  # from the canvas's edge to its text
TEXT_LINE = 20.0
NOTES_FOOT = 6.0  # below the last note
LETTERS_IN_LINE = 80  # what fits on a line of text

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legible(text: str) -> str:
    """Replace what XML does not allow: lone surrogates and control characters."""
    return _NOT_XML.sub("�", text)


def safe(text: str) -> str:
    """Return a text escaped for XML."""
    return escape(legible(text))


@dataclass(frozen=True)
class Words:
    """The text of a picture: a name, a heading and a caption above the drawing, and notes below it."""

    heading: str
    name: str = ""
    caption: str = ""
    notes: list[str] = field(default_factory=list)
    reserved: bool = False  # whether an empty caption keeps its line

    @property
    def height(self) -> float:
        """The height of name, heading and caption."""
        return 38.0 + (18 if self.name else 0) + (TEXT_LINE if self.caption or self.reserved else 0)

    @property
    def label(self) -> str:
        """Name, heading and caption in one line."""
        said = f"{self.heading}; {self.caption}" if self.caption else self.heading
        return f"{self.name}: {said}" if self.name else said

    def svg(self, top: float) -> str:
        """Draw name, heading and caption."""
        drawn, y = "", top + 27
        if self.name:
            drawn, y = f'<text x="{EDGE}" y="{top + 24:.0f}" fill="{QUIET}">{_line(self.name)}</text>', top + 45
        drawn += f'<text x="{EDGE}" y="{y:.0f}" font-size="15.5" font-weight="600">{_line(self.heading)}</text>'
        if self.caption:
            drawn += f'<text data-caption="" x="{EDGE}" y="{y + TEXT_LINE:.0f}">{_line(self.caption)}</text>'
        return drawn

    @property
    def notes_height(self) -> float:
        """The height of the notes."""
        return TEXT_LINE * len(self.notes) + NOTES_FOOT if self.notes else 0.0

    def draw_notes(self, top: float) -> str:
        """Draw the notes, each with a warning sign."""
        return "".join(_note(text, top + TEXT_LINE * n - 5) for n, text in enumerate(self.notes, 1))


def canvas(label: str, description: str, drawing: str, height: float) -> str:
    """Put a drawing on a canvas that follows the page's theme."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="course" role="img" '
        f'width="{CANVAS_WIDTH}" height="{height:.0f}" viewBox="0 0 {CANVAS_WIDTH} {height:.0f}" '
        f'style="max-width:100%;height:auto" font-family="{FONT}" font-size="13" fill="{TEXT}">'
        f"<title>{safe(label)}</title><desc>{safe(description)}</desc>{style()}"
        f'<rect x="0.5" y="0.5" width="{CANVAS_WIDTH - 1}" height="{height - 1:.0f}" rx="6" '
        f'fill="{GROUND}" stroke="{RULE}"/>{drawing}</svg>'
    )


def shortened(text: str, letters: int) -> str:
    """Return a text cut to a number of letters, with an ellipsis at the end if it was longer."""
    return text if len(text) <= letters else text[: letters - 1] + "…"


def _line(text: str) -> str:
    return safe(shortened(text, LETTERS_IN_LINE))


def _note(text: str, y: float) -> str:
    return (
        f'<path d="M{EDGE} {y}l6.5 -11.5l6.5 11.5Z" fill="{COLOURS[Outcome.FAILED]}"/>'
        f'<text x="{EDGE + 19}" y="{y}" font-weight="600">{safe(text)}</text>'
    )
