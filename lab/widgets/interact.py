"""`async_interact`: `ipywidgets.interact` for coroutine functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, overload

from mock_server import MockServer

from .panel import AsyncFunction, Panel, Theory


@overload
def async_interact(
    f: AsyncFunction,
    *,
    server: MockServer | None = ...,
    theory: Theory | None = ...,
    predict: Any = ...,
    **abbreviations: Any,
) -> Panel: ...
@overload
def async_interact(
    *,
    server: MockServer | None = ...,
    theory: Theory | None = ...,
    predict: Any = ...,
    **abbreviations: Any,
) -> Callable[[AsyncFunction], Panel]: ...
def async_interact(
    f: AsyncFunction | None = None,
    *,
    server: MockServer | None = None,
    theory: Theory | None = None,
    predict: Any = None,
    **abbreviations: Any,
) -> Panel | Callable[[AsyncFunction], Panel]:
    """Show sliders for the arguments of a coroutine function, run it with their values, and draw each run.

    The abbreviations are those of `ipywidgets.interact`: `concurrency=(1, 50)` is a slider; any widget will do.
    `theory` takes the same arguments and returns when the run should end, in seconds. `predict` is an
    abbreviation too, for a slider on which the learner says when it will, in seconds. The server is the one
    that `MockServer.start()` made last. `await` the panel to finish the first run inside the cell. Without `f`,
    it is a decorator, which leaves the panel in the function's place.

    TypeError if `f` is no coroutine function or has no argument of such a name.
    """
    if f is None:
        return lambda function: async_interact(function, server=server, theory=theory, predict=predict, **abbreviations)
    if not inspect.iscoroutinefunction(f):
        name = getattr(f, "__name__", repr(f))
        raise TypeError(f"async_interact takes a function made with `async def`; {name} is none.")
    if server is None:
        MockServer.running()  # raises if there is none; each run asks anew, as the set-up cell may start another
    panel = Panel(f, server, abbreviations, theory, predict)
    panel.show()
    return panel
