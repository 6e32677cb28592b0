"""The panels that each cell shows: a cell that runs again replaces its own."""

from __future__ import annotations

from typing import Any, Protocol

from ..kernel_loop import execute_request


class Closable(Protocol):
    """A panel, as far as this module knows it."""

    def close(self) -> None:
        """End what it does and remove it from the page."""


_shown: dict[object, tuple[object, list[Any]]] = {}  # by cell: the id of its execution, and its panels


def show_in_cell(panel: Closable, name: str) -> None:
    """Record that the running cell shows a panel, and close the panels of its previous execution.

    Args:
        panel: the panel to show.
        name: stands for the cell if the front end does not say which cell it is.
    """
    parent = execute_request()
    cell = parent.get("metadata", {}).get("cellId") or name
    request = parent.get("header", {}).get("msg_id")
    former_request, panels = _shown.get(cell, (None, []))
    if former_request is None or former_request != request:
        for former in panels:
            former.close()
        panels = []
    _shown[cell] = request, [*panels, panel]


def shown_panels() -> list[Any]:
    """Return the panels that all cells show."""
    return [panel for _, panels in _shown.values() for panel in panels]


def forget_cells() -> None:
    """Forget which cells show panels, as if none had run."""
    _shown.clear()
