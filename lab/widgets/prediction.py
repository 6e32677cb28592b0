"""Where the learner enters a prediction: a slider beside a field, both empty until then."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from ipywidgets import FloatSlider, HBox, Text

from ..drawing.scale import round_step

LABEL = "your prediction, s"
STEPS = 100  # of the slider; each is then about six pixels of the picture


class PredictionField:
    """A slider as long as the picture's time axis, and a field for any number of seconds.

    `value` is the prediction in seconds; None while the field is empty, or the slider stands at 0.
    """

    def __init__(self) -> None:
        self.slider = FloatSlider(value=0.0, min=0.0, max=1.0, step=0.01, description=LABEL, readout=False)
        self.field = Text(placeholder="none", continuous_update=False, tooltip=f"{LABEL}; empty for none")
        self.field.layout.width = "5em"
        self.box = HBox([self.slider, self.field])
        self.value: float | None = None
        self._listener: Callable[[], None] = lambda: None
        self.slider.observe(self._on_slide, names="value")
        self.field.observe(self._on_text, names="value")

    def listen(self, listener: Callable[[], None]) -> None:
        """Call the listener when the prediction changes."""
        self._listener = listener

    def cover(self, axis: float) -> None:
        """Let the slider reach from 0 to the end of a time axis, in round steps."""
        step = round_step(max(axis, self.value or 0.0) / STEPS)
        least = step * -(-max(axis, self.value or 0.0) // step)
        with self.slider.hold_trait_notifications():
            self.slider.step, self.slider.max = step, float(f"{least:.12g}")

    def _on_slide(self, change: Any) -> None:
        if abs(change.new - (self.value or 0.0)) >= self.slider.step / 2:  # else the page rounded what the field says
            self._set(float(f"{change.new:.12g}") or None)

    def _on_text(self, change: Any) -> None:
        self._set(read_seconds(change.new))

    def _set(self, value: float | None) -> None:
        """Show a prediction in both widgets, each of which then reports it again."""
        changed, self.value = value != self.value, value
        self.field.value = "" if value is None else f"{value:.12g}"
        if value is not None and value > self.slider.max:
            self.cover(value)
        if abs(self.slider.value - (value or 0.0)) > 1e-9:
            self.slider.value = value or 0.0
        if changed:
            self._listener()


def read_seconds(text: str) -> float | None:
    """Return the positive number in a text such as `1.5`, `1,5` or `1.5 s`; None if there is none."""
    try:
        value = float(text.strip().removesuffix("s").replace(",", "."))
    except ValueError:
        return None
    return value if 0 < value < inf else None
