"""Make random draws repeatable, so that the same code has the same run each time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from .replace import replaced


@contextmanager
def seeded() -> Iterator[None]:
    """Make all random draws in the block repeatable, including those of generators without a seed."""
    seeds = count()

    class Seeded(random.Random):
        def __init__(self, seed: Any = None) -> None:
            super().__init__(next(seeds) if seed is None else seed)

    state = random.getstate()
    random.seed(0)
    try:
        with replaced(random, "Random", Seeded):
            yield
    finally:
        random.setstate(state)
