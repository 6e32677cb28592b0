"""Error messages for learners: what was raised, and on which of their lines."""

from __future__ import annotations

import html
import linecache
import sys
import sysconfig
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FrameType

import mock_server

MOST_TOLD = 3  # exceptions of a group
_UNAWAITED = ("'coroutine' object", "RequestContextManager' object")
_PATHS = sysconfig.get_paths()
# Other folders on the path with installed packages, besides this Python's own.
_INSTALLED = [folder for folder in sys.path if folder and any(Path(folder).glob("*.dist-info"))]
_LIBRARIES = tuple({_PATHS["purelib"], _PATHS["platlib"], *_INSTALLED})
_STDLIB = (*(_PATHS[kind] for kind in ("stdlib", "platstdlib")), "<frozen")
_COURSE = tuple(str(Path(file).parent) for file in (__file__, mock_server.__file__))


def is_stdlib_file(filename: str) -> bool:
    """Return whether code in this file is part of Python itself."""
    return filename.startswith(_STDLIB) and not filename.startswith(_LIBRARIES)


def is_course_file(filename: str) -> bool:
    """Return whether code in this file is part of lab or mock_server."""
    return filename.startswith(_COURSE)


@cache
def is_learners_file(filename: str) -> bool:
    """Return whether code in this file is the learner's: a notebook's cell, or a module outside libraries.

    A library's compiled code names its .pyx file without a folder.
    """
    is_foreign = filename.startswith((*_COURSE, *_STDLIB, *_LIBRARIES)) or filename.endswith(".pyx")
    return bool(filename) and not is_foreign


@dataclass(frozen=True)
class Line:
    """A line of the learner's code."""

    number: int
    source: str

    def __str__(self) -> str:
        return f"line {self.number}: `{self.source}`" if self.source else f"line {self.number}"


def line_of(error: BaseException) -> Line | None:
    """Return the last line of the learner's code that led to an exception; None if there is none.

    For a group, it is that of the first exception in it.
    """
    error = first_leaf(error)
    walk = traceback.walk_tb(error.__traceback__)
    frames = [(frame.f_code, line) for frame, line in walk if not is_course_file(frame.f_code.co_filename)]
    if frames:  # aiohttp raises one object again and again: the lines after its latest `raise` are from earlier calls
        del frames[frames.index(frames[-1]) + 1 :]
    return last_learners_line(frames)


def first_leaf(error: BaseException) -> BaseException:
    """Return the first exception in a group, or the exception itself if it is not a group.

    A StopIteration that leaves a coroutine becomes a RuntimeError; the StopIteration is returned.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error.__cause__ if isinstance(error.__cause__, StopIteration) else error


def line_of_stack(frame: FrameType | None) -> Line | None:
    """Return the line of the learner's code that is running in a stack; None if there is none."""
    frames = [(each.f_code, number) for each, number in traceback.walk_stack(frame)]
    return last_learners_line(reversed(frames))


def last_learners_line(frames: Iterable[tuple[CodeType, int]]) -> Line | None:
    """Return the innermost line of the learner's code.

    Args:
        frames: code objects and line numbers, the outermost first.
    """
    own = [(code.co_filename, number) for code, number in frames if is_learners_file(code.co_filename)]
    if not own:
        return None
    filename, number = own[-1]
    return Line(number, linecache.getline(filename, number).strip())


def describe(error: BaseException) -> str:
    """Return HTML with an exception and the last line of the learner's code that led to it."""
    if isinstance(error, NotImplementedError):
        return "<i>Not written yet: replace the line that raises NotImplementedError.</i>"
    said, line = html.escape(summary(error)), line_of(error)
    place = f"<br>line {line.number}: <code>{html.escape(line.source)}</code>" if line else ""
    return f'<div role="alert" style="color: var(--jp-error-color1, #b00020)"><b>{said}</b>{place}</div>'


def message_of(error: BaseException) -> str:
    """Return an exception's message, or its repr if `str` raises, as for aiohttp's errors without a request."""
    try:
        return str(error)
    except Exception:
        return repr(error)


def summary(error: BaseException) -> str:
    """Return an exception's type and message in one line; for a group, those of each exception in it.

    If a missing `await` can cause such an exception, a question about it follows.
    """
    if isinstance(error, BaseExceptionGroup):
        told = list(dict.fromkeys(map(summary, error.exceptions)))
        more = f"; and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
        return f"{type(error).__name__} of {'; '.join(told[:MOST_TOLD])}{more}"
    message = " ".join(message_of(error).split())
    is_unawaited = any(kind in message for kind in _UNAWAITED)
    if isinstance(error, (AttributeError, TypeError)) and is_unawaited:
        message = f"{message.rstrip('.')}. Is an `await` or `async with` missing?"
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
