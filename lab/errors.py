"""An exception as a learner wants to read it: what was raised, and on which of their lines."""

from __future__ import annotations

import html
import sysconfig
import traceback
from pathlib import Path

_UNAWAITED = ("'coroutine' object", "RequestContextManager' object")  # in place of what was to come of it
_PATHS = sysconfig.get_paths()
_NOT_THEIRS = (str(Path(__file__).parent), *(_PATHS[kind] for kind in ("stdlib", "platstdlib", "purelib", "platlib")))


def describe(error: BaseException) -> str:
    """Return HTML with the exception and the last line of the learner's own code that led to it."""
    if isinstance(error, NotImplementedError):
        return "<i>Not written yet: replace the line that raises NotImplementedError.</i>"
    said = html.escape(summary(error))
    line = learners_line(error)
    place = f"<br>line {line.lineno}: <code>{html.escape(line.line or '')}</code>" if line else ""
    return f'<div role="alert" style="color: var(--jp-error-color1, #b00020)"><b>{said}</b>{place}</div>'


def learners_line(error: BaseException) -> traceback.FrameSummary | None:
    """Return the last line of the learner's own code that led to the exception, if there is one."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_learners(frame)]
    return frames[-1] if frames else None


def summary(error: BaseException) -> str:
    """Return the kind of the exception and, if it has one, its message; of a group, that of each in it.

    The message that a missing await leads to gets a question that says so.
    """
    if isinstance(error, BaseExceptionGroup):
        return f"{type(error).__name__} of " + "; ".join(dict.fromkeys(map(summary, error.exceptions)))
    message = str(error)
    if isinstance(error, (AttributeError, TypeError)) and any(kind in message for kind in _UNAWAITED):
        message += ". Is an `await` or `async with` missing?"
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _is_learners(frame: traceback.FrameSummary) -> bool:
    """Tell code that stands in a notebook's cell or in a file of the learner's from that of a library."""
    return not frame.filename.startswith((*_NOT_THEIRS, "<frozen"))
