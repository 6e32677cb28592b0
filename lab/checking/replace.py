"""Replace or wrap an attribute while a block runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

_ABSENT = object()


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Set `owner.name` to `value` while the block runs, then restore it; an inherited attribute is inherited again."""
    own = vars(owner).get(name, _ABSENT)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if own is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, own)


def wrapped(owner: Any, name: str, wrap: Callable[[Any], Any]) -> AbstractContextManager[None]:
    """Replace the function `owner.name` by what `wrap` makes of it while the block runs."""
    return replaced(owner, name, wrap(getattr(owner, name)))
