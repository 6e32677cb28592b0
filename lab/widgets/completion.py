"""Await a coroutine that may cancel itself."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def completed(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Return what a coroutine returns.

    Raises:
        RuntimeError: it raised CancelledError although nobody cancelled the caller.
    """
    task, own = asyncio.create_task(coroutine), asyncio.current_task()
    try:
        return await task
    except asyncio.CancelledError:
        if own is not None and own.cancelling():
            raise
        raise RuntimeError(
            "The function raised CancelledError: it cancelled itself, or awaited a task that was cancelled."
        ) from None
