"""Make every clock that Python code can read follow the controlled one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from types import FunctionType
from typing import TYPE_CHECKING, Any

from ..errors import is_learners_file
from .replace import replaced

if TYPE_CHECKING:
    import time_machine

NANO = 1_000_000_000


class TimeSources:
    """Controlled versions of Python's clocks: each returns the real time at the start plus `passed()`, in seconds.

    time-machine moves the time of day (`time.time`, `datetime.now` and so on) wherever it is read. It leaves the
    monotonic clocks and `sleep` alone, so those are replaced here: in `time`, and where a learner's module or notebook,
    or aiohttp, has imported them by name, holds them in a class, or has them as defaults of parameters.
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
        self._time_of_day: time_machine.Traveller | None = None

    def advance(self, seconds: float) -> None:
        """Move the time of day forward."""
        if self._time_of_day is not None:
            self._time_of_day.shift(seconds)

    @contextmanager
    def follow(self) -> Iterator[None]:
        """Make all clocks follow the controlled one while the block runs."""
        import time_machine  # not above: it imports pytest, for which `import lab` should not wait

        known = set(sys.modules)
        with ExitStack() as stack:
            stack.callback(self._give_back, known)
            self._time_of_day = stack.enter_context(time_machine.travel(time.time() + self._passed(), tick=False))
            for real, controlled in self._replacements.items():
                stack.enter_context(replaced(time, real.__name__, controlled))
            for owner in _owners_of_clocks():
                for name, controlled in _named_in(owner, self._replacements):
                    value = staticmethod(controlled) if isinstance(owner, type) else controlled
                    stack.enter_context(replaced(owner, name, value))
                for function in _own(owner, FunctionType):
                    if function.__defaults__ or function.__kwdefaults__:
                        stack.enter_context(self._in_defaults(function))
            yield
        self._time_of_day = None

    @contextmanager
    def _in_defaults(self, function: Any) -> Iterator[None]:
        """Let the defaults of a function's parameters follow the controlled clock while the block runs."""
        defaults, keyword_defaults = function.__defaults__, function.__kwdefaults__
        function.__defaults__ = defaults and tuple(map(self._controlled, defaults))
        function.__kwdefaults__ = keyword_defaults and {
            name: self._controlled(value) for name, value in keyword_defaults.items()
        }
        try:
            yield
        finally:
            function.__defaults__, function.__kwdefaults__ = defaults, keyword_defaults

    def _controlled(self, value: Any) -> Any:
        """Return the controlled version of a clock; anything else as it is."""
        return next((controlled for real, controlled in self._replacements.items() if value is real), value)

    def _give_back(self, known: set[str]) -> None:
        """Give the real clocks to modules that were first imported meanwhile and took controlled ones by name."""
        originals = {controlled: real for real, controlled in self._replacements.items()}
        for module in [sys.modules[name] for name in sys.modules.keys() - known]:
            for name, real in _named_in(module, originals):
                setattr(module, name, real)


def _named_in(owner: Any, clocks: Mapping[Any, Any]) -> list[tuple[str, Any]]:
    """Return the names under which a module or class holds one of these clocks, each with the one to replace it."""
    found = []
    for name, value in list(vars(owner).items()):
        held = value.__func__ if isinstance(value, staticmethod) else value
        with suppress(TypeError):  # it cannot be hashed
            if held in clocks:
                found.append((name, clocks[held]))
    return found


def _after(start: float, elapsed: Callable[[], float]) -> Callable[[], float]:
    return lambda: start + elapsed()


def _after_ns(start: int, elapsed: Callable[[], float]) -> Callable[[], int]:
    return lambda: start + round(elapsed() * NANO)


def _owners_of_clocks() -> list[Any]:
    """Return the learner's notebook, modules and classes, and aiohttp's module that has a clock, for keep-alive."""
    modules = [
        module
        for name, module in list(sys.modules.items())
        if name in ("__main__", "aiohttp.connector") or is_learners_file(getattr(module, "__file__", None) or "")
    ]
    return [*modules, *(kind for module in modules for kind in _own(module, type))]


def _own(owner: Any, kind: type) -> list[Any]:
    """Return the functions or the classes that a module or class defines itself."""
    home = getattr(owner, "__module__", None) or owner.__name__  # only a class has __module__
    return [value for value in list(vars(owner).values()) if isinstance(value, kind) and value.__module__ == home]
