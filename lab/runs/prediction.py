"""The learner's predictions: how far off each was, and all of them in a line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

RIGHT_WITHIN = 0.1  # of the measured time
TIMES_FROM = 1.75  # a smaller ratio is written in per cent
NUMBERS = ("", "", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass
class Prediction:
    """A time that the learner entered, and how long the run took that it was for; both in seconds."""

    said: float | None  # None once it is taken back
    measured: float | None = None
    settled: bool = False  # whether that run began after the prediction was entered


_made: list[Prediction] = []


def record(said: float | None, measured: float | None = None) -> Prediction:
    """Note a prediction for `predictions`; the one returned can be completed later."""
    _made.append(Prediction(said, measured))
    return _made[-1]


def forget_predictions() -> None:
    """Forget all, as at the beginning of a lesson."""
    _made.clear()


def predictions() -> str:
    """Return one line that sums up the learner's predictions since `set_up()`."""
    verdicts = Counter(verdict(made.said, made.measured) for made in _made if made.said and made.measured)
    if not verdicts:
        return "You made no predictions."
    noun = "prediction" if verdicts.total() == 1 else "predictions"
    counts = [f"{verdicts[name]} {name}" for name in ("right", "too short", "too long") if verdicts[name]]
    return f"You made {verdicts.total()} {noun}: {', '.join(counts)}. Right means within {RIGHT_WITHIN:.0%}."


def verdict(said: float, measured: float) -> str:
    """Return `right`, `too short` or `too long`."""
    if abs(said - measured) <= RIGHT_WITHIN * measured:
        return "right"
    return "too short" if said < measured else "too long"


def judged(said: float, measured: float) -> str:
    """Return the prediction and how far off it was: `you said 1 s: three times too short`."""
    found = verdict(said, measured)
    words = found if found == "right" else f"{_distance(said, measured)} {found}"
    return f"you said {said:.3f}".rstrip("0").rstrip(".") + f" s: {words}"


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
    """The prediction that stands in one panel; it is judged by the next run, or else by the one it was entered at."""

    def __init__(self) -> None:
        self._made: Prediction | None = None
        self._tested: Prediction | None = None  # by the run under way

    @property
    def said(self) -> float | None:
        """The prediction in seconds; None before there is one."""
        return self._made.said if self._made else None

    def change(self, said: float | None, measured: float | None) -> None:
        """Enter, change or take back the prediction; `measured` is how long the latest run took."""
        if self._made is None or self._made.settled:
            self._made = record(said)
        self._made.said, self._made.measured = said, measured

    def begin_run(self) -> None:
        """Note that a run begins."""
        self._tested = self._made if self._made is not None and not self._made.settled else None

    def end_run(self, measured: float) -> None:
        """Note how long that run took."""
        if self._tested is not None and self._tested.said is not None:
            self._tested.measured, self._tested.settled = measured, True
