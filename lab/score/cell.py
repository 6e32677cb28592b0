"""The source of the notebook cell that defines a function, as a program of its own."""

from __future__ import annotations

import ast
import builtins
import dis
import linecache
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType
from typing import Any


class NoProgram(Exception):
    """The cell cannot be saved as a program; the message says why."""


def source_of(function: Callable[..., Any], name: str) -> str:
    """Return the whole cell that defines a function under this name, with its imports.

    Raises:
        NoProgram: the cell is gone, is not plain Python, or needs something that another cell defines.
    """
    code = _code(function)
    source = "".join(linecache.getlines(code.co_filename)) if code is not None else ""
    if not source.strip():
        raise NoProgram("The cell that defines it cannot be found. Run that cell again.")
    try:
        compiled, tree = compile(source, "cell", "exec", dont_inherit=True), ast.parse(source)
    except SyntaxError as error:
        raise NoProgram(f"Line {error.lineno} of its cell is not plain Python. Move it to another cell.") from None
    defined = set(_defined(tree))
    if name not in defined:
        raise NoProgram(f"Its cell does not define `{name}`. Put the whole program into one cell.")
    for used in _globals(compiled):
        if not (used in defined or hasattr(builtins, used) or used.startswith("__") or "*" in defined):
            raise NoProgram(
                f"Its cell does not define `{used}`. Put the whole program into one cell, with its imports."
            )
    return source.rstrip("\n") + "\n"


def _code(function: Any) -> CodeType | None:
    """Return the code of a function, of what a decorator or a partial wraps, or of an object's `__call__`."""
    while isinstance(function, partial) or hasattr(function, "__wrapped__"):
        function = function.func if isinstance(function, partial) else function.__wrapped__
    if not hasattr(function, "__code__"):
        function = getattr(type(function), "__call__", None)  # noqa: B004 - its code is needed
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None


def _defined(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a module defines or imports; `*` if it imports all names of another."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _globals(code: CodeType) -> Iterator[str]:
    """Yield the global names that some code reads, in order."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals(constant)
