"""Sliders and their like, made from the abbreviations of `ipywidgets.interact`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ipywidgets import FloatLogSlider, FloatRangeSlider, FloatSlider, VBox, interactive

Listener = Callable[[Any], None]

DESCRIPTION_WIDTH = "11em"
WIDTH = "34em"
WITH_STEPS = (FloatSlider, FloatRangeSlider, FloatLogSlider)


class Controls(interactive):  # type: ignore[misc]
    """A box with a widget for each argument of a function; `interactive` itself knows no coroutines."""

    def __init__(self, f: Callable[..., Any], abbreviations: Mapping[str, Any], predict: Any, below: Any) -> None:
        VBox.__init__(self, _dom_classes=("widget-interact",))
        self.f = f
        self._listening: list[tuple[Any, Listener]] = []
        _check_names(f, abbreviations)
        self.kwargs_widgets = self.widgets_from_abbreviations(self.find_abbreviations(dict(abbreviations)))
        self.prediction = None if predict is None else self._prediction(predict)
        widgets = [*self.kwargs_widgets, *([self.prediction] if self.prediction else [])]
        shown = [widget for widget in widgets if hasattr(widget, "layout")]
        for widget in shown:
            widget.style.description_width = DESCRIPTION_WIDTH
            widget.layout.width = WIDTH
            widget.layout.max_width = "calc(100% - 4px)"  # its margin lies outside
        self.children = [*shown, below]

    @property
    def values(self) -> dict[str, Any]:
        """The arguments as the widgets stand."""
        return {widget._kwarg: _value(widget, widget.get_interact_value()) for widget in self.kwargs_widgets}

    @property
    def predicted(self) -> float | None:
        """The learner's prediction in seconds; None while its slider stands at 0."""
        return (self.prediction.value or None) if self.prediction else None

    def listen(self, on_move: Listener, on_prediction: Listener) -> None:
        """Call `on_move` when an argument changes, and `on_prediction` when the prediction does."""

        def on_new_value(change: Any) -> None:
            widget = change.owner
            if isinstance(widget, WITH_STEPS) and _value(widget, change.old) == _value(widget, change.new):
                return  # a page that draws the slider may send its value back so
            on_move(change)

        self._listening = [(widget, on_new_value) for widget in self.kwargs_widgets if hasattr(widget, "observe")]
        if self.prediction:
            self._listening.append((self.prediction, on_prediction))
        for widget, listener in self._listening:
            widget.observe(listener, names="value")

    def open_all(self) -> None:
        """Open again what was closed with the controls before, such as a widget that the learner made and kept."""
        for part in self._parts():
            part.open()

    def close_all(self) -> None:
        """Call neither any more, and take all widgets out of kernel and page."""
        for widget, listener in self._listening:
            widget.unobserve(listener, names="value")
        for part in self._parts():
            part.close()

    def _parts(self) -> Iterator[Any]:
        for widget in (*self.children, self):
            for part in (widget.layout, getattr(widget, "style", None), widget):
                if part is not None:
                    yield part

    def __repr__(self) -> str:
        """What stands for the sliders where they cannot be shown, as in a saved notebook."""
        names = [widget._kwarg for widget in self.kwargs_widgets if widget in self.children]
        return f"sliders: {', '.join(names)} (run the cell to use them)"

    def _prediction(self, abbreviation: Any) -> Any:
        widget = self.widget_from_abbrev(abbreviation)
        if isinstance(widget, FloatSlider) and isinstance(abbreviation, tuple):
            widget.value = widget.min
        widget.description = "your prediction, s"
        return widget


def _value(widget: Any, value: Any) -> Any:
    """A slider's value as it reads: from a page that shows 0.8 may come 0.7999999999999999."""
    if not isinstance(widget, WITH_STEPS):
        return value
    if isinstance(value, tuple):
        return tuple(_value(widget, part) for part in value)
    return float(f"{value:.12g}")


def _check_names(f: Callable[..., Any], abbreviations: Mapping[str, Any]) -> None:
    """Refuse what `interactive` would pass over in silence: a name that is no argument of the function."""
    parameters = inspect.signature(f).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    for name in abbreviations:
        if name not in parameters:
            known = ", ".join(parameters) or "none"
            raise TypeError(f"{f.__name__} has no argument {name!r}; its arguments are: {known}.")
