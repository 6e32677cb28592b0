"""The card that a picture stands on, with its title."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape

from ..runs.outcome import Outcome
from .palette import COLOURS, FONT, GROUND, QUIET, RULE, TEXT, style

WIDTH = 720
EDGE = 20  # from the card's edge to its text
NAME_LETTERS = 80  # what fits on a line

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legible(text: str) -> str:
    """Replace what is no character: a lone half of a pair, the control characters."""
    return _NOT_XML.sub("�", text)


def safe(text: str) -> str:
    """Make any text fit to stand in XML."""
    return escape(legible(text))


@dataclass
class Card:
    """A card that follows the theme; its words stand on it and, with `description`, behind it."""

    heading: str
    description: str
    name: str = ""  # a line above the heading
    notes: list[str] = field(default_factory=list)  # warnings below it

    @property
    def top(self) -> float:
        """The height that the words take."""
        return 38.0 + (18 if self.name else 0) + 20 * len(self.notes)

    def svg(self, drawing: str, height: float) -> str:
        """Put a drawing on the card."""
        label = f"{self.name}: {self.heading}" if self.name else self.heading
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="course" role="img" width="{WIDTH}" height="{height:.0f}" '
            f'viewBox="0 0 {WIDTH} {height:.0f}" style="max-width:100%;height:auto" '
            f'font-family="{FONT}" font-size="13" fill="{TEXT}">'
            f"<title>{safe(label)}</title><desc>{safe(self.description)}</desc>{style()}"
            f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:.0f}" rx="6" '
            f'fill="{GROUND}" stroke="{RULE}"/>{self._words()}{drawing}</svg>'
        )

    def _words(self) -> str:
        drawn, y = "", 27
        if self.name:
            name = self.name if len(self.name) <= NAME_LETTERS else self.name[: NAME_LETTERS - 1] + "…"
            drawn, y = f'<text x="{EDGE}" y="24" fill="{QUIET}">{safe(name)}</text>', 45
        drawn += f'<text x="{EDGE}" y="{y}" font-size="15.5" font-weight="600">{safe(self.heading)}</text>'
        return drawn + "".join(_note(text, y + 20 * n) for n, text in enumerate(self.notes, 1))


def _note(text: str, y: float) -> str:
    return (
        f'<path d="M{EDGE} {y}l6.5 -11.5l6.5 11.5Z" fill="{COLOURS[Outcome.FAILED]}"/>'
        f'<text x="{EDGE + 19}" y="{y}" font-weight="600">{safe(text)}</text>'
    )
