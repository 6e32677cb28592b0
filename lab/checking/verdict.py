"""What a check answers: right, not yet with the symptom, or not tried yet."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from ..drawing.card import legible
from ..drawing.image import picture
from ..drawing.timeline import timeline
from ..runs.run import Run

RIGHT = "right"
NOT_YET = "not yet"
NOT_TRIED = "not tried yet"

# As they stand in the line of text: no formulas of dollar signs, lines as they are, and a long word does not stand out.
WORDS = '<p class="tex2jax_ignore mathjax_ignore" style="white-space: pre-wrap; overflow-wrap: anywhere"><b>{}</b></p>'


@dataclass
class Verdict:
    """The answer of a check; in a notebook, a line of text and the picture of what the server saw."""

    exercise: str
    state: str  # RIGHT, NOT_YET or NOT_TRIED
    symptom: str = ""
    run: Run | None = None

    @property
    def text(self) -> str:
        """Say it in a line."""
        return legible(f"{self.exercise}: {self.state}" + (f". {self.symptom}" if self.symptom else ""))

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        bundle = {"text/plain": self.text}
        if self.run is not None and self.run.exchanges:
            # A front end shows one of the forms, so the one with the picture has the words, too.
            image = picture(self.text, timeline(self.run))["text/html"]
            bundle["text/html"] = f"{WORDS.format(escape(self.text))}{image}"
        return bundle
