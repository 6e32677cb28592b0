"""The exercises: each has a judge and the conditions of its server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..checking.trial import Trial

LESSONS = ("01", "02", "03", "04")

Judge = Callable[[Trial], Awaitable[None]]


@dataclass(frozen=True)
class Exercise:
    """An exercise. Its judge returns if the submission is right, and raises NotYet with the symptom if it is not."""

    number: str
    judge: Judge
    conditions: dict[str, Any]


registry: dict[str, Exercise] = {}  # by number; filled when the modules of the exercises are imported


def exercise(number: str, **conditions: Any) -> Callable[[Judge], Judge]:
    """Return a decorator that registers a judge as an exercise.

    Args:
        number: the exercise, such as "01.1".
        conditions: the conditions of its server.
    """

    def register(judge: Judge) -> Judge:
        registry[number] = Exercise(number, judge, conditions)
        return judge

    return register


def exercises() -> dict[str, Exercise]:
    """Return all exercises by number."""
    for lesson in LESSONS:
        import_module(f"{__name__}.lesson_{lesson}")
    import_module(f"{__name__}.crawler")
    return dict(sorted(registry.items()))
