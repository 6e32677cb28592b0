"""A run's arguments and results in words."""

from __future__ import annotations

from typing import Any


def named_values(values: dict[str, Any]) -> str:
    """Return the arguments of a run: `concurrency 10, latency 0.2`."""
    return ", ".join(f"{name} {_number(value)}" for name, value in values.items())


def result_caption(result: object) -> str:
    """Return what a coroutine's result adds to the picture: a text, or the figures of a dict; else nothing."""
    if isinstance(result, str):
        return result
    if isinstance(result, dict):
        return ", ".join(f"{name}: {_number(value)}" for name, value in result.items())
    return ""


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
