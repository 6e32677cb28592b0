"""`async_interact`: `ipywidgets.interact` for coroutine functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, overload

from mock_server import MockServer

from .panel import AsyncFunction, Panel
from .pictures import Options


@overload
def async_interact(f: AsyncFunction, **options: Any) -> Panel: ...
@overload
def async_interact(**options: Any) -> Callable[[AsyncFunction], Panel]: ...
def async_interact(
    f: AsyncFunction | None = None,
    *,
    server: MockServer | None = None,
    theory: Callable[..., float | None] | None = None,
    predict: bool = False,
    caption: str = "",
    row_by: str = "",
    rows: int = Options.rows,
    **abbreviations: Any,
) -> Panel | Callable[[AsyncFunction], Panel]:
    """Show sliders for the arguments of a coroutine function, run it with their values, and draw each run.

    `await` the panel to finish the first run inside the cell. If the function returns a string, or a dict of figures,
    the picture shows it below its heading. Without `f`, this is a decorator that replaces the function with the panel.

    Args:
        f: the coroutine function.
        server: the server to watch; by default, the one that `MockServer.start()` returned last.
        theory: takes the same arguments and returns how long the run should take, in seconds.
        predict: whether the learner can enter a prediction.
        caption: a format string for a line below the heading, from the run and what the function returned, such as
            `"{run.connections} connections"` or `"{result} lost"`.
        row_by: a query parameter. The picture has a row for each of its values, instead of one for each request.
        rows: how many rows the picture always has room for; 15 make it as high as a picture gets.
        abbreviations: those of `ipywidgets.interact`. `concurrency=(1, 50)` makes a slider; a widget is used as it is.

    Raises:
        TypeError: if `f` is not a coroutine function, or has no argument of that name.
        ValueError: if an argument has neither a widget nor a default.
    """
    options = Options(theory, predict, caption, row_by, rows)
    if f is None:
        return lambda function: _panel(function, server, options, abbreviations)
    return _panel(f, server, options, abbreviations)


def _panel(f: AsyncFunction, server: MockServer | None, options: Options, abbreviations: dict[str, Any]) -> Panel:
    if not inspect.iscoroutinefunction(f):
        name = getattr(f, "__name__", repr(f))
        raise TypeError(f"async_interact takes a function made with `async def`; {name} is not one.")
    if server is None:
        MockServer.running()  # raises if there is none; later runs may find another
    panel = Panel(f, server, options, abbreviations)
    panel.show()
    return panel
