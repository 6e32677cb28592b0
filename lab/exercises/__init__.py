"""The exercises: for each the server's conditions, and a judge who says what is not right yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from ..checking.trial import Trial

LESSONS = ("01", "02", "03", "04")

Judge = Callable[[Trial], Awaitable[None]]


@dataclass(frozen=True)
class Exercise:
    """One exercise; its judge raises NotYet with the symptom, or returns when the submission is right."""

    number: str
    judge: Judge
    conditions: dict[str, Any] = field(default_factory=dict)


_exercises: dict[str, Exercise] = {}


def exercise(number: str, **conditions: Any) -> Callable[[Judge], Judge]:
    """Make a judge the exercise of that number, on a server under these conditions."""

    def register(judge: Judge) -> Judge:
        _exercises[number] = Exercise(number, judge, conditions)
        return judge

    return register


def exercises() -> dict[str, Exercise]:
    """Return all exercises by number."""
    for lesson in LESSONS:
        import_module(f"{__name__}.lesson_{lesson}")
    import_module(f"{__name__}.crawler")
    return dict(sorted(_exercises.items()))
