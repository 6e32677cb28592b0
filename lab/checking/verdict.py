"""The verdict of a check: right, not yet with the symptom, or not tried yet."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from ..drawing.canvas import legible
from ..drawing.image import picture
from ..drawing.timeline import timeline
from ..runs.run import Run

RIGHT = "right"
NOT_YET = "not yet"
NOT_TRIED = "not tried yet"

# Show the text as it is: no formulas between dollar signs, line breaks kept, long words wrapped.
# The role makes a screen reader read the verdict aloud.
VERDICT_HTML = (
    '<p role="status" class="tex2jax_ignore mathjax_ignore" style="white-space: pre-wrap; overflow-wrap: anywhere">'
    "<b>{}</b></p>"
)


@dataclass
class Verdict:
    """The result of a check. A notebook shows it as a line of text and the picture of the run."""

    exercise: str
    state: str  # RIGHT, NOT_YET or NOT_TRIED
    symptom: str = ""
    run: Run | None = None

    @property
    def text(self) -> str:
        """The verdict in one line."""
        return legible(f"{self.exercise}: {self.state}" + (f". {self.symptom}" if self.symptom else ""))

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        html = VERDICT_HTML.format(escape(self.text))
        if self.run is not None and self.run.exchanges:
            html += picture(self.text, timeline(self.run))["text/html"]
        return {"text/plain": self.text, "text/html": html}
