"""A clock follows the controlled one wherever the code that is checked keeps it, and is the real one afterwards."""

import asyncio
import functools
import itertools
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from lab.checking.clock import controlled_clock

EXACT = 0.01  # seconds


class Stopwatch:
    """Keeps clocks in its class, its objects, and the defaults of its methods."""

    now = time.monotonic
    held = staticmethod(time.perf_counter)

    def __init__(self, clock=time.monotonic):
        self.clock = clock

    def from_class(self):
        return self.now()  # type: ignore[misc]  # a built-in function does not bind self

    def from_static_method(self):
        return self.held()

    def from_default(self, read=time.monotonic):
        return read()

    def from_keyword(self, *, read=time.monotonic):
        return read()

    def from_attribute(self):
        return self.clock()

    @classmethod
    def from_class_method(cls, read=time.monotonic):
        return read()

    @functools.cache  # noqa: B019 - what a learner may write
    def from_cached(self, _, read=time.monotonic):
        return read()


@dataclass(frozen=True, slots=True)
class Timer:
    """Keeps a clock in a slot."""

    clock: Any = field(default=time.perf_counter)

    def __call__(self):
        return self.clock()


def closure(clock):
    def read():
        return clock()

    return read


def decorated(function):
    @functools.wraps(function)
    def read(now=time.monotonic):
        return now() + function()

    return read


@decorated
def nothing():
    return 0


def at_most(now=time.monotonic):
    def decorate(function):
        return lambda: now() + function()

    return decorate


def parameter(clock):
    return clock()


WATCH, CLOCKS, NAMES = Stopwatch(), {"clock": time.monotonic}, SimpleNamespace(clock=time.perf_counter)
LISTED = [time.monotonic]
NUMBERS = itertools.count()
FUNCTIONS = {
    **{way: getattr(WATCH, way) for way in ("from_class", "from_static_method", "from_default", "from_keyword")},
    "from_attribute": WATCH.from_attribute,
    "from_class_method": Stopwatch.from_class_method,
    "from_cached": lambda: WATCH.from_cached(next(NUMBERS)),
    "from_a_global_object": lambda: WATCH.clock(),
    "from_a_slot": Timer(),
    "from_a_closure": closure(time.monotonic),
    "from_a_closure_of_a_closure": closure(closure(time.perf_counter)),
    "from_a_decorated_function": nothing,
    "from_a_decorator": at_most()(lambda: 0),
    "from_a_dict": lambda: CLOCKS["clock"](),
    "from_a_list": lambda: LISTED[0](),
    "from_a_namespace": lambda: NAMES.clock(),
    "from_a_partial": functools.partial(parameter, clock=time.monotonic),
}


def kept():
    """Return all clocks that are kept above."""
    return [
        *(vars(Stopwatch)[name] for name in ("now", "held")),
        *(Stopwatch.from_default.__defaults__, Stopwatch.from_keyword.__kwdefaults__, WATCH.clock),
        *(vars(Stopwatch)["from_class_method"].__func__.__defaults__, FUNCTIONS["from_a_slot"].clock),
        *(FUNCTIONS["from_a_closure"].__closure__[0].cell_contents, nothing.__defaults__, CLOCKS["clock"]),
        *(LISTED[0], NAMES.clock, FUNCTIONS["from_a_partial"].keywords["clock"]),
    ]


@pytest.mark.parametrize("read", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_kept_clock_follows(read):
    """It follows the controlled clock, and the same objects are in their places afterwards."""

    async def scenario():
        with controlled_clock(read):
            began = read()
            await asyncio.sleep(1000)
            return read() - began

    before = kept()
    assert asyncio.run(scenario()) == pytest.approx(1000, abs=EXACT)
    assert all(now is then for now, then in zip(kept(), before, strict=True) if not isinstance(now, tuple | dict))
    assert kept() == before


def test_what_cannot_be_looked_into_is_passed_over():
    """A proxy that raises does not keep a check from its other clocks."""

    class Proxy:
        @property  # type: ignore[misc]
        def __class__(self):
            raise RuntimeError("there is no object")

    proxy = Proxy()  # not a global: other tests look at all objects

    def reads():
        assert proxy is not None
        return WATCH.clock()

    async def scenario():
        with controlled_clock(reads):
            began = reads()
            await asyncio.sleep(1000)
            return reads() - began

    assert asyncio.run(scenario()) == pytest.approx(1000, abs=EXACT)


def test_other_code_keeps_its_clocks():
    """An object that the code does not use, such as one of the kernel's, keeps the real clock."""
    other = Stopwatch()

    async def scenario():
        with controlled_clock(nothing):
            began = other.clock()
            await asyncio.sleep(1000)
            return other.clock() - began

    assert asyncio.run(scenario()) < 500
