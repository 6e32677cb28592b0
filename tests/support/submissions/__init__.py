"""Answers that people really give: wrong ones, each with a part of the symptom that it must be told, and right ones
of another shape than the lesson's solution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Function = Callable[..., Any]


@dataclass(frozen=True)
class Answer:
    """One answer to an exercise; `symptom` is None for a right one."""

    exercise: str
    symptom: str | None
    function: Function


class Answers(list[Answer]):
    """The answers of a lesson, in the order in which they are written."""

    def wrong(self, exercise: str, symptom: str) -> Callable[[Function], Function]:
        """Add the decorated function as a wrong answer, which must be told a symptom that holds these words."""
        return self._add(exercise, symptom)

    def right(self, exercise: str) -> Callable[[Function], Function]:
        """Add the decorated function as a right answer."""
        return self._add(exercise, None)

    def _add(self, exercise: str, symptom: str | None) -> Callable[[Function], Function]:
        def add(function: Function) -> Function:
            self.append(Answer(exercise, symptom, function))
            return function

        return add
