"""Where the learner enters a prediction: a slider and a field, both empty at first."""

from __future__ import annotations

from collections.abc import Callable
from math import floor, inf, log10
from typing import Any

from ipywidgets import HBox, IntSlider, Text

PREDICTION_LABEL = "your prediction, s"
STEPS = 100  # of the slider; a step is about six pixels of the picture


class PredictionField:
    """A slider as long as the picture's time axis, and a field for any number of seconds.

    `value` is the prediction in seconds; None if the field is empty or the slider is at 0. The slider counts hundredths
    of the axis, not seconds, because a page that receives a new range may send back a value of the old one.
    """

    def __init__(self) -> None:
        self.slider = IntSlider(value=0, min=0, max=STEPS, description=PREDICTION_LABEL, readout=False)
        self.field = Text(placeholder="none", continuous_update=False, tooltip=f"{PREDICTION_LABEL}; empty for none")
        self.field.layout.width = "5em"
        self.box = HBox([self.slider, self.field])
        self.value: float | None = None
        self._axis = 1.0
        self._listener: Callable[[], None] = lambda: None
        self.slider.observe(self._on_slide, names="value")
        self.field.observe(self._on_text, names="value")

    def listen(self, listener: Callable[[], None]) -> None:
        """Call the listener when the prediction changes."""
        self._listener = listener

    def cover(self, axis: float) -> None:
        """Make the slider cover a time axis; its length is in seconds."""
        self._axis = axis
        self.slider.value = self._position

    @property
    def _position(self) -> int:
        """The slider's position; a number beyond the axis is at its end."""
        return min(STEPS, round(STEPS * (self.value or 0.0) / self._axis))

    def _on_slide(self, change: Any) -> None:
        if change.new != self._position:
            digits = 2 - floor(log10(self._axis))
            self._set(round(self._axis * change.new / STEPS, digits) or None)

    def _on_text(self, change: Any) -> None:
        self._set(read_seconds(change.new))

    def _set(self, value: float | None) -> None:
        """Show a prediction in both widgets, which then report it again."""
        if value != self.value:
            self.value = value
            self._listener()
        self.field.value = "" if value is None else f"{value:.12g}"
        self.slider.value = self._position


def read_seconds(text: str) -> float | None:
    """Return the positive number in a text such as `1.5`, `1,5` or `1.5 s`; None if there is none."""
    try:
        value = float(text.strip().removesuffix("s").replace(",", "."))
    except ValueError:
        return None
    return value if 0 < value < inf else None
