"""Submissions that people really write: wrong ones, each with part of its symptom, and other right ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Function = Callable[..., Any]


@dataclass(frozen=True)
class Submission:
    """One submission to an exercise; `symptom` is None for a right one."""

    exercise: str
    symptom: str | None
    function: Function


class Planted(list[Submission]):
    """The planted submissions of a lesson, in the order in which they are written."""

    def wrong(self, exercise: str, symptom: str) -> Callable[[Function], Function]:
        """Add the decorated function as a wrong submission; its symptom must contain these words."""
        return self._add(exercise, symptom)

    def right(self, exercise: str) -> Callable[[Function], Function]:
        """Add the decorated function as a right submission."""
        return self._add(exercise, None)

    def _add(self, exercise: str, symptom: str | None) -> Callable[[Function], Function]:
        def add(function: Function) -> Function:
            self.append(Submission(exercise, symptom, function))
            return function

        return add
