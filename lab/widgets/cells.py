"""What each cell shows, so that a cell that is run again replaces it."""

from __future__ import annotations

from typing import Any, Protocol

from IPython import get_ipython


class Closable(Protocol):
    """What a cell shows and can do without."""

    def close(self) -> None:
        """End it."""


_shown: dict[object, tuple[object, list[Closable]]] = {}


def show_in_cell(panel: Closable, name: str) -> None:
    """Note that the cell that is being run shows this; close what it showed when it was run before.

    The name stands for the cell where the front end does not say which cell it is.
    """
    parent = _parent()
    cell = parent.get("metadata", {}).get("cellId") or name
    request = parent.get("header", {}).get("msg_id")
    former_request, panels = _shown.get(cell, (None, []))
    if former_request is None or former_request != request:
        for former in panels:
            former.close()
        panels = []
    _shown[cell] = request, [*panels, panel]


def _parent() -> dict[str, Any]:
    """Return the message that asked for the cell to be run; outside a kernel there is none."""
    shell = get_ipython()
    return getattr(shell, "get_parent", dict)() or {}
