"""Move the controls of a lab with the messages that a page sends."""

from __future__ import annotations

import re
from typing import Any

from .kernel import Kernel

LAB = re.compile(r"^(?:(\w+) = )?await async_interact\(", re.MULTILINE)
PATIENCE = 2.0  # seconds that the learner waits for the end of the lab's run

WAIT = f"""
async def until_its_run_ends(panel):
    await panel

await asyncio.sleep(0.3)  # longer than a slider must rest before its run begins
waiting = asyncio.create_task(until_its_run_ends(moved_lab))
await asyncio.wait([waiting], timeout={PATIENCE})
assert moved_lab.error is None, moved_lab.error
"""


def run_lab(kernel: Kernel, source: str) -> list[str]:
    """Run the cell of a lab, and return the ids of its controls."""
    before = set(kernel.widgets)
    kernel.run(
        LAB.sub(
            lambda found: (
                f"{found[1]} = moved_lab = await async_interact(" if found[1] else "moved_lab = await async_interact("
            ),
            source,
        )
    )
    return [widget for widget in kernel.widgets if widget not in before and setting(kernel.widgets[widget], 0.0)]


def move_lab(kernel: Kernel, places: dict[str, float]) -> None:
    """Move each control to its place, from 0 (its low end) to 1 (its high end), and wait as a learner would."""
    for widget, place in places.items():
        kernel.move(widget, **setting(kernel.widgets[widget], place))
    kernel.run(WAIT)


def setting(state: dict[str, Any], place: float) -> dict[str, Any]:
    """Return the state that a page sends when a control is moved; empty for a widget that is not a control."""
    if "_options_labels" in state:
        return {"index": round(place * (len(state["_options_labels"]) - 1))}
    if state.get("_model_name") == "CheckboxModel":
        return {"value": place >= 0.5}
    if {"min", "max", "value"} <= state.keys():
        steps = round(place * (state["max"] - state["min"]) / (state.get("step") or 1))
        return {"value": min(state["max"], state["min"] + steps * (state.get("step") or 1))}
    return {}
