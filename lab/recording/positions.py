"""The positions of a lab's sliders."""

from __future__ import annotations

from typing import Any

from ipywidgets import Checkbox, FloatSlider, IntSlider
from ipywidgets.widgets.widget_selection import _Selection

Values = dict[str, Any]


def positions(widget: Any) -> list[Any]:
    """Return all values that a widget can take, in its order; of a widget that is no slider, list or box, its own."""
    if isinstance(widget, IntSlider):
        return list(range(widget.min, widget.max + 1, widget.step))
    if isinstance(widget, FloatSlider):
        steps = int((widget.max - widget.min) / widget.step + 1e-9)
        return [float(f"{widget.min + step * widget.step:.12g}") for step in range(steps + 1)]
    if isinstance(widget, Checkbox):
        return [False, True]
    if isinstance(widget, _Selection):
        return [value for _, value in widget._options_full]
    return [widget.get_interact_value()]
