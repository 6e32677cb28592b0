"""The learner's predictions: how far off each was, and a summary of all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..quantities import counted, given_seconds

RIGHT_WITHIN = 0.1  # of the measured time
TIMES_FROM = 1.75  # a smaller ratio is written as a percentage
NUMBERS = ("", "", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass
class Prediction:
    """A predicted duration, and the measured duration of the run that it was for; both in seconds."""

    said: float | None  # None once it is removed
    measured: float | None = None
    settled: bool = False  # whether the prediction came before the run, so that no later run replaces the measured time


_made: list[Prediction] = []


def record(said: float | None, measured: float | None = None) -> Prediction:
    """Add a prediction to the summary and return it; `measured` may be filled in later."""
    _made.append(Prediction(said, measured))
    return _made[-1]


def forget_predictions() -> None:
    """Empty the summary, as at the beginning of a lesson."""
    _made.clear()


def predictions() -> str:
    """Return a line with the number of right, too short and too long predictions since `set_up()`."""
    verdicts = Counter(verdict(made.said, made.measured) for made in _made if made.said and made.measured)
    if not verdicts:
        return "You made no predictions."
    counts = [f"{verdicts[name]} {name}" for name in ("right", "too short", "too long") if verdicts[name]]
    made = counted(verdicts.total(), "prediction")
    return f"You made {made}: {', '.join(counts)}. Right means within {RIGHT_WITHIN:.0%}."


def verdict(said: float, measured: float) -> str:
    """Return whether a prediction was `right`, `too short` or `too long`; both times are in seconds."""
    if abs(said - measured) <= RIGHT_WITHIN * measured:
        return "right"
    return "too short" if said < measured else "too long"


def judged(said: float, measured: float) -> str:
    """Return the prediction and how far off it was: `you said 1 s: three times too short`."""
    found = verdict(said, measured)
    words = found if found == "right" else f"{_distance(said, measured)} {found}"
    return f"you said {given_seconds(said)}: {words}"


def _distance(said: float, measured: float) -> str:
    low, high = sorted((said, measured))
    if low <= 0:
        return "far"
    ratio = high / low
    if ratio < TIMES_FROM:
        return f"{abs(said - measured) / measured:.0%}"
    whole = round(ratio)
    if whole < len(NUMBERS):
        return f"{NUMBERS[whole]} times" if abs(ratio - whole) < 0.1 else f"{ratio:.1f} times"
    return f"{whole:,} times"


class Guess:
    """A panel's current prediction. It is compared with the run that follows, or else with the run before it."""

    def __init__(self) -> None:
        self._made: Prediction | None = None
        self._tested: Prediction | None = None  # by the run under way

    @property
    def said(self) -> float | None:
        """The prediction in seconds; None before there is one."""
        return self._made.said if self._made else None

    def change(self, said: float | None, measured: float | None) -> None:
        """Set or remove the prediction.

        Args:
            said: the prediction in seconds; None to remove it.
            measured: how long the latest run took, in seconds; None if it has not ended.
        """
        if self._made is None or self._made.settled:
            self._made = record(said)
        self._made.said, self._made.measured = said, measured

    def begin_run(self) -> None:
        """Record that a run begins."""
        self._tested = self._made if self._made is not None and not self._made.settled else None

    def end_run(self, measured: float) -> None:
        """Record how long that run took, in seconds."""
        if self._tested is not None and self._tested.said is not None:
            self._tested.measured, self._tested.settled = measured, True
