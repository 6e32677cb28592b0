"""Find the places where a learner's code keeps a clock, such as the default `clock=time.monotonic` of a parameter."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import CodeType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

from ..errors import is_learners_file

MOST_ITEMS = 100  # of a list, tuple or dict; a longer one holds data


@dataclass(frozen=True)
class Place:
    """A place that keeps `value`; `put` puts another value there, or this one again."""

    value: Any
    put: Callable[[Any], object]


def places(roots: Iterable[Any], is_clock: Callable[[Any], bool]) -> Iterator[Place]:
    """Yield the places that keep a clock and can be reached from the roots.

    These are the global names that a function uses, its defaults and closure; the attributes of the learner's classes
    and their objects; and the items of lists and dicts and the arguments of partials that are kept in such a place.

    Args:
        roots: functions or other objects, and modules.
        is_clock: whether a value is a clock.
    """
    todo, seen = list(roots), dict[int, Any]()
    while todo:
        if id(owner := todo.pop()) in seen:
            continue
        seen[id(owner)] = owner
        found = list[Place]()
        with suppress(Exception):  # a proxy whose object is missing may raise anything
            found += _contents(owner)
        for place in found:
            if is_clock(place.value):
                yield place
            else:
                todo.append(place.value)


def is_learners_module(name: str | None) -> bool:
    """Return whether a module is the learner's notebook or file."""
    return name == "__main__" or is_learners_file(getattr(sys.modules.get(name or ""), "__file__", None) or "")


def _contents(owner: Any) -> Iterator[Place]:
    """Yield what an object keeps, if that may be a clock of the learner's."""
    if isinstance(owner, FunctionType):
        if is_learners_file(owner.__code__.co_filename):
            yield from _of_function(owner)
    elif isinstance(owner, ModuleType):
        if is_learners_module(owner.__name__):
            yield from _items(vars(owner))
    elif isinstance(owner, type):
        if is_learners_module(owner.__module__):
            yield from _of_class(owner)
    elif isinstance(owner, functools.partial):
        yield from map(_fixed, (owner.func, *owner.args))
        yield from _items(owner.keywords)
    elif isinstance(owner, dict):
        yield from _items(owner) if len(owner) <= MOST_ITEMS else ()
    elif isinstance(owner, list):
        for at, value in enumerate(owner[:MOST_ITEMS]):
            yield Place(value, functools.partial(owner.__setitem__, at))
    elif isinstance(owner, tuple):
        yield from map(_fixed, owner[:MOST_ITEMS])
    else:
        yield from _of_object(owner)


def _fixed(value: Any) -> Place:
    """Return a place that cannot be changed; what `value` keeps can."""
    return Place(value, lambda _: None)


def _items(names: dict[Any, Any]) -> Iterator[Place]:
    return (Place(value, functools.partial(names.__setitem__, name)) for name, value in list(names.items()))


def _of_function(function: FunctionType) -> Iterator[Place]:
    names = {name: function.__globals__[name] for name in _names(function.__code__) if name in function.__globals__}
    for name, value in names.items():
        yield Place(value, functools.partial(function.__globals__.__setitem__, name))
    for cell in function.__closure__ or ():
        if cell != type(cell)():  # an empty cell has no contents
            yield Place(cell.cell_contents, functools.partial(setattr, cell, "cell_contents"))
    for at, value in enumerate(function.__defaults__ or ()):
        yield Place(value, functools.partial(_put_default, function, at))
    yield from _items(function.__kwdefaults__ or {})
    yield from _items(vars(function))  # such as __wrapped__


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names that a function uses, and those that the functions within it use."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _put_default(function: FunctionType, at: int, value: Any) -> None:
    defaults = function.__defaults__ or ()
    function.__defaults__ = (*defaults[:at], value, *defaults[at + 1 :])


def _of_class(owner: type) -> Iterator[Place]:
    yield from map(_fixed, owner.__bases__)
    for name, attribute in list(vars(owner).items()):
        value = attribute.__func__ if isinstance(attribute, staticmethod | classmethod) else attribute
        yield Place(value, functools.partial(_put_in_class, owner, name, attribute, value))


def _put_in_class(owner: type, name: str, attribute: Any, kept: Any, value: Any) -> None:
    """Put a clock, which takes no self, in a class, or the attribute back whose value is `kept`."""
    setattr(owner, name, attribute if value is kept else staticmethod(value))


def _of_object(owner: Any) -> Iterator[Place]:
    attributes = getattr(owner, "__dict__", {})
    if isinstance(owner, MethodType):
        yield from map(_fixed, (owner.__func__, owner.__self__))
    elif isinstance(owner, property):
        yield _fixed(owner.fget)
    elif isinstance(owner, SimpleNamespace) or is_learners_module(type(owner).__module__):
        yield _fixed(type(owner))
        yield from _items(attributes)
        for name in getattr(type(owner), "__slots__", ()):
            if hasattr(owner, name):
                yield Place(getattr(owner, name), functools.partial(object.__setattr__, owner, name))
    elif "__wrapped__" in attributes:  # by `lru_cache`, which makes no function
        yield _fixed(attributes["__wrapped__"])
