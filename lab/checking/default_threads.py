"""Give a trial default threads of its own, so that its verdict does not depend on the machine or on earlier cells."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from .replace import replaced

FEWEST = 5  # threads that `asyncio.to_thread` has on a machine with one processor


@contextmanager
def default_threads() -> Iterator[None]:
    """Let `asyncio.to_thread`, and `run_in_executor` without a pool, use these threads while the block runs."""
    pool = ThreadPoolExecutor(FEWEST, "trial")
    try:
        with replaced(asyncio.get_running_loop(), "_default_executor", pool):
            yield
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
