"""A notebook's labs, and a run of each at any position of its sliders."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import nbformat
from ipywidgets import HTML

import lab
from mock_server import MockServer
from mock_server.application import Application
from mock_server.server import _bypass_proxies

from ..checking.clock import ControlledClock, as_server, controlled_clock
from ..checking.replace import replaced
from ..checking.seeded import seeded
from ..errors import summary
from ..runs.run import Run
from ..widgets.controls import Controls
from ..widgets.pictures import Options, Pictures
from ..widgets.wording import named_values
from .background import Background
from .program import Program, programs


class LabError(Exception):
    """A lab cannot be recorded; the message says which, and what its code raised."""


@dataclass
class Lab:
    """A coroutine function with the arguments that its notebook gave to `async_interact`."""

    cell: str  # its cell's id
    function: Callable[..., Awaitable[Any]]
    options: Options
    abbreviations: Mapping[str, Any]
    server: MockServer
    clock: ControlledClock
    controls: Controls = field(init=False)

    def __post_init__(self) -> None:
        self.controls = Controls(self.function, self.abbreviations, predict=False, below=HTML())

    @property
    def start(self) -> dict[str, Any]:
        """The arguments before a slider is moved."""
        return self.controls.values

    @property
    def widgets(self) -> dict[str, Any]:
        """The widget of each argument."""
        return self.controls.arguments

    def theory(self, values: Mapping[str, Any]) -> float | None:
        """Return how long a run takes in theory, in seconds; None if the lab has no theory."""
        return self.options.theory(**values) if self.options.theory else None

    async def run(self, values: Mapping[str, Any]) -> Run:
        """Run the lab with these arguments and a fixed random seed, and return the run.

        Raises:
            LabError: the function raised.
        """
        pictures = Pictures("", self.options)
        run = pictures.new_run(named_values(values), self.theory(values))
        self.server.clear()
        with seeded():
            try:
                result = await self.function(**values)
            except Exception as error:
                raise LabError(f"{self.function.__name__}({run.title}) raised {summary(error)}") from error
        run.live = False
        run.fill(self.server.snapshot())
        run.caption = pictures.caption(run, result)
        return run


class Panel:
    """Stands in for what `async_interact` returns: awaiting it returns at once."""

    def __await__(self) -> Generator[Any, None, Panel]:
        yield from ()
        return self


@asynccontextmanager
async def recording(path: Path) -> AsyncIterator[list[Lab]]:
    """Yield the labs of a notebook, to run inside the block, under a controlled clock.

    Raises:
        LabError: a statement that a lab needs raised.
    """
    notebook = nbformat.read(path, as_version=4)
    with controlled_clock() as clock:
        application = Application()
        port = await as_server(application.listen("127.0.0.1", 0))
        clock.blocking.waiting = Background(clock)
        _bypass_proxies()
        on_this_loop: Any = None  # in place of a process
        server = MockServer(on_this_loop, f"http://127.0.0.1:{port}")
        imported_from = [str(path.parent), str(path.parents[1]), *sys.path]
        try:
            with (
                replaced(lab, "set_up", lambda: server),
                replaced(MockServer, "start", lambda: server),
                replaced(MockServer, "running", lambda: server),
                replaced(sys, "path", imported_from),
            ):
                yield [await _lab(program, server, clock, path) for program in programs(notebook.cells)]
        finally:
            await as_server(application.close())


async def _lab(program: Program, server: MockServer, clock: ControlledClock, path: Path) -> Lab:
    """Run the statements that a lab needs, and return the lab that they give to `async_interact`."""
    found: list[Lab] = []

    def interact(f: Any = None, **given: Any) -> Any:
        if f is None:
            return lambda function: interact(function, **given)
        given.pop("server", None)
        options = Options(**{each.name: given.pop(each.name) for each in fields(Options) if each.name in given})
        found.append(Lab(program.cell, f, options, given, server, clock))
        return Panel()

    namespace: dict[str, Any] = {"__name__": "__main__"}
    with replaced(lab, "async_interact", interact):
        for statement in program.statements:
            try:
                await _execute(statement.node, namespace)
            except Exception as error:
                where = f"{path.name}, cell {statement.cell}"
                raise LabError(f"{where}: `{ast.unparse(statement.node)[:60]}` raised {summary(error)}") from error
    return found[-1]


async def _execute(node: ast.stmt, namespace: dict[str, Any]) -> None:
    module = ast.Module([node], [])
    code = compile(module, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    result = eval(code, namespace)
    if code.co_flags & inspect.CO_COROUTINE:
        await result
