"""The positions of a lab's sliders: all of them, or a grid that is small enough to draw."""

from __future__ import annotations

import re
from math import prod
from typing import Any

from ipywidgets import Checkbox, FloatSlider, IntSlider
from ipywidgets.widgets.widget_selection import _Selection

NUMBER = re.compile(r"\d+(?:\.\d+)?")


def positions(widget: Any) -> list[Any]:
    """Return all values of a slider, list or checkbox, in order, or only the current value of any other widget."""
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


def grid(widgets: dict[str, Any], text: str, most: int) -> dict[str, list[Any]]:
    """Return the values to keep of each widget, so that there are at most `most` combinations.

    Some values are always kept, even if that makes more than `most`: both ends, the starting value, all choices of a
    list, and the numbers in those sentences of the text that name a slider.
    """
    kept, least = {}, {name: _least(widget, mentioned(name, text)) for name, widget in widgets.items()}
    for count in range(max([2, *(len(positions(widget)) for widget in widgets.values())]), 1, -1):
        kept = {name: _thinned(positions(widget), least[name], count) for name, widget in widgets.items()}
        if prod(map(len, kept.values())) <= most:
            break
    return kept


def mentioned(name: str, text: str) -> set[float]:
    """Return the numbers in those sentences of a Markdown text that name a slider."""
    sentences = re.split(r"(?<=[.?!])\s+|\n\n", text)
    return {float(number) for each in sentences if f"`{name}`" in each for number in NUMBER.findall(each)}


def _least(widget: Any, needed: set[float]) -> set[int]:
    """Return the places of the values that must be kept."""
    values = positions(widget)
    if not isinstance(widget, IntSlider | FloatSlider):
        return set(range(len(values)))
    kept = needed | {widget.value}
    return {0, len(values) - 1, *(place for place, value in enumerate(values) if value in kept)}


def _thinned(values: list[Any], least: set[int], count: int) -> list[Any]:
    """Return about `count` evenly spaced values, and those at the places that must be kept."""
    even = {round(step * (len(values) - 1) / (count - 1)) for step in range(count)}
    return [value for place, value in enumerate(values) if place in even | least]
