"""Wrong answers that people really give, each with a part of the symptom that it must be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Wrong:
    """One wrong answer to an exercise."""

    exercise: str
    symptom: str
    function: Callable[..., Any]


class Answers(list[Wrong]):
    """The wrong answers of a lesson, in the order in which they are written."""

    def wrong(self, exercise: str, symptom: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Add the decorated function as a wrong answer, which must be told a symptom that holds these words."""

        def add(function: Callable[..., Any]) -> Callable[..., Any]:
            self.append(Wrong(exercise, symptom, function))
            return function

        return add
