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
    seeds, seed = count(), random.Random.seed

    def seed_by_number(self: random.Random, a: Any = None, version: int = 2) -> None:
        seed(self, next(seeds) if a is None else a, version)

    state = random.getstate()
    random.seed(0)
    try:
        with replaced(random.Random, "seed", seed_by_number):
            yield
    finally:
        random.setstate(state)
