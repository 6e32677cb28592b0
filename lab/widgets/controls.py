"""Sliders and other controls, made from the abbreviations of `ipywidgets.interact`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ipywidgets import FloatLogSlider, FloatRangeSlider, FloatSlider, HBox, VBox, interactive

from .prediction import PredictionField

Listener = Callable[[Any], None]

DESCRIPTION_WIDTH = "11em"
CONTROL_WIDTH = "34em"
FLOAT_SLIDERS = (FloatSlider, FloatRangeSlider, FloatLogSlider)


class Controls:
    """A widget for each argument of a function, a field for the prediction, and a widget below them."""

    def __init__(self, f: Callable[..., Any], abbreviations: Mapping[str, Any], predict: bool, below: Any) -> None:
        self.arguments = _argument_widgets(f, abbreviations)
        self.prediction = PredictionField() if predict else None
        shown = [widget for widget in self.arguments.values() if hasattr(widget, "layout")]
        self._shown_names = [name for name, widget in self.arguments.items() if widget in shown]
        sliders = [*shown, *([self.prediction.slider] if self.prediction else [])]
        rows = [*shown, *([self.prediction.box] if self.prediction else [])]
        for widget in sliders:
            widget.style.description_width = DESCRIPTION_WIDTH
        for widget in rows:
            widget.layout.width = CONTROL_WIDTH
            widget.layout.max_width = "calc(100% - 4px)"  # without its margin
        self.box = VBox([*rows, below], _dom_classes=("widget-interact",))
        self._listening: list[tuple[Any, Listener]] = []

    @property
    def values(self) -> dict[str, Any]:
        """The current values of the widgets, by the names of the arguments."""
        return {name: _rounded(widget, widget.get_interact_value()) for name, widget in self.arguments.items()}

    @property
    def predicted(self) -> float | None:
        """The learner's prediction in seconds; None if there is none."""
        return self.prediction.value if self.prediction else None

    def cover(self, axis: float) -> None:
        """Make the prediction's slider cover a time axis; its length is in seconds."""
        if self.prediction:
            self.prediction.cover(axis)

    def listen(self, on_move: Listener, on_prediction: Callable[[], None]) -> None:
        """Call `on_move` when an argument changes, and `on_prediction` when the prediction does."""

        def on_new_value(change: Any) -> None:
            # A page that renders a slider may send 0.7999999999999999 for 0.8, which is not a move.
            if _rounded(change.owner, change.old) != _rounded(change.owner, change.new):
                on_move(change)

        self._listening = [(widget, on_new_value) for widget in self.arguments.values() if hasattr(widget, "observe")]
        for widget, listener in self._listening:
            widget.observe(listener, names="value")
        if self.prediction:
            self.prediction.listen(on_prediction)

    def open_all(self) -> None:
        """Reopen widgets that were closed with earlier controls, such as one that the learner reuses."""
        for part in _parts(self.box):
            part.open()

    def close_all(self) -> None:
        """Stop calling the listeners, and remove all widgets from the kernel and the page."""
        for widget, listener in self._listening:
            widget.unobserve(listener, names="value")
        if self.prediction:
            self.prediction.listen(lambda: None)
        for part in _parts(self.box):
            part.close()

    def __repr__(self) -> str:
        """Return the text alternative of the sliders, which a saved notebook shows."""
        return f"sliders: {', '.join(self._shown_names)} (run the cell to use them)"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {**self.box._repr_mimebundle_(), "text/plain": repr(self)}


def _argument_widgets(f: Callable[..., Any], abbreviations: Mapping[str, Any]) -> dict[str, Any]:
    """Return a widget for each argument, except for those whose default makes none, such as None.

    Raises:
        TypeError: an abbreviation names no argument.
        ValueError: an argument has neither an abbreviation nor a default.
    """
    parameters = inspect.signature(f).parameters
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    named = {name: each.default for name, each in parameters.items() if each.kind is not each.VAR_KEYWORD}
    for name in abbreviations:
        if name not in named and not takes_any:
            known = ", ".join(named) or "none"
            raise TypeError(f"{f.__name__} has no argument {name!r}; its arguments are: {known}.")
    defaults = named | {name: inspect.Parameter.empty for name in abbreviations if name not in named}
    found = {name: _widget(name, abbreviations.get(name, default), default) for name, default in defaults.items()}
    return {name: widget for name, widget in found.items() if widget is not None}


def _widget(name: str, abbreviation: Any, default: Any) -> Any:
    if abbreviation is inspect.Parameter.empty:
        raise ValueError(f"The argument {name!r} has no slider and no default: write {name}=(1, 10), for example.")
    widget = interactive.widget_from_abbrev(abbreviation, default)
    if widget is None:
        if abbreviation is default:
            return None
        raise ValueError(f"{name}={abbreviation!r} does not make a slider; {name}=(1, 10) does.")
    widget.description = getattr(widget, "description", "") or name
    return widget


def _parts(widget: Any) -> Iterator[Any]:
    """Yield the parts of all widgets inside a widget, then its own: its layout, its style and the widget itself."""
    if isinstance(widget, HBox | VBox):
        for child in widget.children:
            yield from _parts(child)
    yield from (part for part in (widget.layout, getattr(widget, "style", None), widget) if part is not None)


def _rounded(widget: Any, value: Any) -> Any:
    """Return a slider's value as it is displayed: 0.8 for 0.7999999999999999."""
    if not isinstance(widget, FLOAT_SLIDERS):
        return value
    if isinstance(value, tuple):
        return tuple(_rounded(widget, part) for part in value)
    return float(f"{value:.12g}")
