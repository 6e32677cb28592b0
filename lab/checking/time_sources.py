"""Make every clock that Python code can read follow the controlled one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import is_learners_file
from .replace import replaced

if TYPE_CHECKING:
    import time_machine

NANO = 1_000_000_000


class TimeSources:
    """Controlled versions of Python's clocks: each returns the real time at the start plus the controlled time since.

    time-machine moves the time of day (`time.time`, `datetime.now` and so on) wherever it is read. It leaves the
    monotonic clocks and `sleep` alone, so those are replaced here: in `time`, and where a learner's module or notebook
    has imported them by name.
    """

    def __init__(self, elapsed: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._replacements: dict[Any, Callable[..., Any]] = {
            time.sleep: sleep,
            time.monotonic: _after(time.monotonic(), elapsed),
            time.perf_counter: _after(time.perf_counter(), elapsed),
            time.monotonic_ns: _after_ns(time.monotonic_ns(), elapsed),
            time.perf_counter_ns: _after_ns(time.perf_counter_ns(), elapsed),
        }
        self._time_of_day: time_machine.Traveller | None = None

    def advance(self, seconds: float) -> None:
        """Move the time of day forward."""
        if self._time_of_day is not None:
            self._time_of_day.shift(seconds)

    @contextmanager
    def follow(self) -> Iterator[None]:
        """Make all clocks follow the controlled one while the block runs."""
        import time_machine  # not above: it imports pytest, for which `import lab` should not wait

        with ExitStack() as stack:
            self._time_of_day = stack.enter_context(time_machine.travel(time.time(), tick=False))
            for real, controlled in self._replacements.items():
                stack.enter_context(replaced(time, real.__name__, controlled))
            for module in _learners_modules():
                for name, value in list(vars(module).items()):
                    if (other := self._controlled(value)) is not None:
                        stack.enter_context(replaced(module, name, other))
            yield
        self._time_of_day = None

    def _controlled(self, value: Any) -> Callable[..., Any] | None:
        try:
            return self._replacements.get(value)
        except TypeError:  # it cannot be hashed
            return None


def _after(start: float, elapsed: Callable[[], float]) -> Callable[[], float]:
    return lambda: start + elapsed()


def _after_ns(start: int, elapsed: Callable[[], float]) -> Callable[[], int]:
    return lambda: start + round(elapsed() * NANO)


def _learners_modules() -> list[Any]:
    """Return the learner's notebook and modules, but no library and no module of the course."""
    return [
        module
        for name, module in list(sys.modules.items())
        if name == "__main__" or is_learners_file(getattr(module, "__file__", None) or "")
    ]
