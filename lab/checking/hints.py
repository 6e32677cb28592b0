"""Find the hint to a common mistake, which a learner reads after what Python says of it."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterator
from concurrent.futures import Future
from difflib import get_close_matches
from types import ModuleType

import aiohttp

from ..errors import message_of
from .common_mistakes import CALL, HINTS, NOT_AWAITABLE, STAR, WRAP


def hint(error: BaseException) -> str:
    """Return a hint if the mistake is a common one, else ""."""
    return _hint_to_name(error) or _hint_to_argument(error) or _hint_to_callback(error) or _hint_to_message(error)


def _hint_to_message(error: BaseException) -> str:
    message = message_of(error)
    return next((hint for kind, part, hint in HINTS if isinstance(error, kind) and part in message), "")


def _hint_to_name(error: BaseException) -> str:
    """Return where a name is that is not defined, if aiohttp has a class of that name, or a module one like it."""
    if isinstance(error, NameError) and isinstance(getattr(aiohttp, error.name or "", None), type):
        return f"It is `aiohttp.{error.name}`."
    if isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
        for name in get_close_matches(error.name or "", dir(error.obj), 1, cutoff=0.8):
            return f"Did you mean `{error.obj.__name__}.{name}`?"
    return ""


def _hint_to_callback(error: BaseException) -> str:
    """Return a hint to a function without `async` that aiohttp awaits."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    is_awaited = isinstance(error, TypeError) and any(said in str(error) for said in NOT_AWAITABLE)
    if not is_awaited or not frames or not frames[-1].f_globals["__name__"].startswith("aiohttp."):
        return ""
    return "aiohttp awaits the function that you passed: define it with `async def`."


def _hint_to_argument(error: BaseException) -> str:
    """Return a hint to what was passed to `gather`, `create_task` or a session, which the message does not name."""
    is_argument = message_of(error).startswith(("unhashable type", "An asyncio.Future, a coroutine"))
    if not isinstance(error, AssertionError) and not (isinstance(error, TypeError) and is_argument):
        return ""
    for frame, _ in reversed([*traceback.walk_tb(error.__traceback__)]):
        if frame.f_code is asyncio.gather.__code__:
            return _unlike_a_coroutine(frame.f_locals["arg"])
        if frame.f_code.co_name == "ensure_future":
            return _unlike_a_coroutine(frame.f_locals["coro_or_future"])
        if isinstance(error, AssertionError) and frame.f_globals["__name__"] == "aiohttp.connector":
            return "The path begins with two slashes; one is enough."
    return ""


def _unlike_a_coroutine(value: object) -> str:
    """Return a hint to a value that was passed in place of a coroutine."""
    if isinstance(value, list | tuple | set | Iterator):
        return STAR
    if value is None:
        return "An argument is None. Is there a `return`?"
    if isinstance(value, Future):
        return WRAP
    if callable(value):
        return CALL
    return f"It needs a coroutine, but got an object of type {type(value).__name__}. Is there one `await` too many?"
