"""Make every clock that Python code can read follow the controlled one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from .kept_clocks import is_learners_module, places
from .replace import replaced

if TYPE_CHECKING:
    import time_machine

NANO = 1_000_000_000


class TimeSources:
    """Controlled versions of Python's clocks: each returns the real time at the start plus `passed()`, in seconds.

    time-machine moves the time of day (`time.time`, `datetime.now` and so on) wherever it is read. It leaves the
    monotonic clocks and `sleep` alone, so those are replaced here: in `time`, where a learner's module or notebook, or
    aiohttp, has imported them by name, and wherever else the notebook and the code that is checked keep them.
    """

    def __init__(self, passed: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._passed = passed
        self._replacements: dict[Any, Callable[..., Any]] = {
            time.sleep: sleep,
            time.monotonic: _after(time.monotonic(), passed),
            time.perf_counter: _after(time.perf_counter(), passed),
            time.monotonic_ns: _after_ns(time.monotonic_ns(), passed),
            time.perf_counter_ns: _after_ns(time.perf_counter_ns(), passed),
        }
        self._time_of_day: time_machine.Traveller  # from `follow` on

    def advance(self, seconds: float) -> None:
        """Move the time of day forward."""
        self._time_of_day.shift(seconds)

    @contextmanager
    def follow(self, *code: Any) -> Iterator[None]:
        """Make all clocks follow the controlled one while the block runs, those that `code` keeps, too."""
        import time_machine  # not above: it imports pytest, for which `import lab` should not wait

        known = set(sys.modules)
        controlled = {id(real): value for real, value in self._replacements.items()}
        with ExitStack() as stack:
            stack.callback(self._give_back, known)
            self._time_of_day = stack.enter_context(time_machine.travel(time.time() + self._passed(), tick=False))
            for module in (time, *_modules_that_name_clocks()):
                for name, value in _named_in(module, controlled):
                    stack.enter_context(replaced(module, name, value))
            for place in list(places([sys.modules["__main__"], *code], lambda value: id(value) in controlled)):
                stack.callback(place.put, place.value)
                place.put(controlled[id(place.value)])
            yield

    def _give_back(self, known: set[str]) -> None:
        """Give the real clocks to modules that were first imported meanwhile and took controlled ones by name."""
        originals = {id(value): real for real, value in self._replacements.items()}
        for module in [sys.modules[name] for name in sys.modules.keys() - known]:
            for name, real in _named_in(module, originals):
                setattr(module, name, real)


def _named_in(module: Any, clocks: Mapping[int, Any]) -> list[tuple[str, Any]]:
    """Return the names under which a module holds one of these clocks, each with the one to replace it.

    Args:
        module: any module.
        clocks: for the `id` of each clock, the one to replace it.
    """
    return [(name, clocks[id(value)]) for name, value in list(vars(module).items()) if id(value) in clocks]


def _after(start: float, elapsed: Callable[[], float]) -> Callable[[], float]:
    return lambda: start + elapsed()


def _after_ns(start: int, elapsed: Callable[[], float]) -> Callable[[], int]:
    return lambda: start + round(elapsed() * NANO)


def _modules_that_name_clocks() -> list[Any]:
    """Return the learner's notebook and modules, and aiohttp's and Python's that import a clock by name."""
    known = ("aiohttp.connector", "timeit")  # for keep-alive, and for `timeit.default_timer`
    return [module for name, module in list(sys.modules.items()) if name in known or is_learners_module(name)]
