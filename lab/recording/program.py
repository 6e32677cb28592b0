"""Find the statements that a lab of a notebook needs: those that define the names it uses."""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

INTERACT = "async_interact"
CONDITIONS = {"configure", "reset"}  # methods of the server that change what the cells below find
SECTION = re.compile(r"^## ", re.MULTILINE)


@dataclass(frozen=True)
class Statement:
    """A top-level statement of a notebook, with the number of its section (0 is the set-up) and its cell's id."""

    node: ast.stmt
    section: int
    cell: str

    @cached_property
    def _names(self) -> symtable.SymbolTable:
        return symtable.symtable(ast.unparse(self.node), self.cell, "exec")

    @cached_property
    def binds(self) -> set[str]:
        """The names that it defines, imports or assigns."""
        return {name.get_name() for name in self._names.get_symbols() if name.is_assigned() or name.is_imported()}

    @cached_property
    def uses(self) -> set[str]:
        """The names that it needs when it runs."""
        return {name.get_name() for name in self._names.get_symbols() if name.is_referenced()}

    @cached_property
    def uses_later(self) -> set[str]:
        """The names that the functions in it need when they are called."""
        return {name for table in self._names.get_children() for name in _globals(table)}

    @property
    def is_lab(self) -> bool:
        """Whether it puts a function on sliders."""
        return any(isinstance(node, ast.Call) and _name(node.func) == INTERACT for node in ast.walk(self.node))

    @property
    def changes_conditions(self) -> bool:
        """Whether it is a call such as `server.configure(latency=0.1)`."""
        call = self.node.value if isinstance(self.node, ast.Expr) else None
        return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in CONDITIONS


@dataclass(frozen=True)
class Program:
    """The statements to run for a lab; the last one makes it."""

    cell: str
    statements: list[Statement] = field(repr=False)


def programs(cells: list[NotebookNode]) -> list[Program]:
    """Return a program for each lab of a notebook, in order."""
    found = list(_statements(cells))
    return [
        Program(each.cell, [found[n] for n in sorted(_needed(found, lab))])
        for lab, each in enumerate(found)
        if each.is_lab
    ]


def _needed(statements: list[Statement], lab: int) -> set[int]:
    """Return the places of the statements that a lab needs, its own included."""
    chosen: set[int] = set()
    here = (0, statements[lab].section)
    todo = [n for n in range(lab) if statements[n].changes_conditions and statements[n].section in here] + [lab]
    while todo:
        if (place := todo.pop()) in chosen:
            continue
        chosen.add(place)
        wanted = [(name, place) for name in statements[place].uses]
        wanted += [(name, lab) for name in statements[place].uses_later]
        todo += [last for name, before in wanted if (last := _last(statements[:before], name)) is not None]
    return chosen


def _last(statements: list[Statement], name: str) -> int | None:
    return next((n for n in reversed(range(len(statements))) if name in statements[n].binds), None)


def _statements(cells: list[NotebookNode]) -> Iterator[Statement]:
    section = 0
    for cell in cells:
        if cell.cell_type == "markdown" and SECTION.search(cell.source):
            section += 1
        if cell.cell_type == "code":
            yield from (Statement(node, section, cell.get("id", "")) for node in _parsed(cell.source))


@cache
def _parsed(source: str) -> list[ast.stmt]:
    """Return a cell's statements; none if it is not Python even after its magics are turned into calls."""
    try:
        return ast.parse(TransformerManager().transform_cell(source)).body  # type: ignore[no-untyped-call]
    except SyntaxError:
        return []


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    yield from (name.get_name() for name in table.get_symbols() if name.is_global() and name.is_referenced())
    for child in table.get_children():
        yield from _globals(child)


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
