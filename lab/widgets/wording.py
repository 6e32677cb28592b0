"""A run's arguments and result as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def named_values(values: Mapping[str, Any]) -> str:
    """Return the arguments of a run as text: `concurrency 10, latency 0.2`."""
    return ", ".join(f"{name} {_number(value)}" for name, value in values.items())


def result_caption(result: object) -> str:
    """Return the caption for a result: a string itself, the figures of a dict, or else an empty string."""
    if isinstance(result, str):
        return result
    if isinstance(result, dict):
        return ", ".join(f"{name}: {_number(value)}" for name, value in result.items())
    return ""


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
