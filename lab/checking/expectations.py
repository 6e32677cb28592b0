"""Expectations that exercises share: about the requests that the server saw, and about the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..quantities import counted
from ..runs.run import Run
from .symptoms import NotYet, raised, sentences


def kind(value: Any) -> str:
    """Return the name of a value's type, with its article."""
    if value is None:
        return "None"
    name = type(value).__name__
    is_vowel = name[0] in "AEIOUaeiou" and not name.startswith(("UR", "UU", "Uni"))
    return f"{'an' if is_vowel else 'a'} {name}"


@contextmanager
def later_call(which: str = "a second one, with other arguments") -> Iterator[None]:
    """Say of a symptom in the block that it is that of a later call; the first one was right."""
    try:
        yield
    except NotYet as symptom:
        is_silent = "saw no request" in str(symptom)
        why = "Does it return results of an earlier call, or nothing for these arguments?" if is_silent else ""
        raise NotYet(sentences(f"The first call was right; this is {which}", str(symptom), why)) from symptom.__cause__


def expect_requests(run: Run, paths: Sequence[str], why_none: str = "Is every coroutine awaited?") -> None:
    """Expect a request for each of these paths, as often as it is listed, and no others.

    `why_none` is what to ask a learner whose submission sent no request.
    """
    for exchange in run.exchanges:
        if exchange.method != "GET":
            raise NotYet(f"The server saw {exchange.method} {exchange.path}; expected only GET.")
    seen, wanted = Counter(exchange.path for exchange in run.exchanges), Counter(paths)
    if not seen and wanted:
        raise NotYet(f"The server saw no request; expected {len(paths)}. {why_none} Does an `except` hide an error?")
    missing, extra = wanted - seen, list(seen - wanted)
    lack = ""
    if missing:
        path = min(missing, key=seen.__getitem__)
        lack = f"{seen[path]} for {path}, not {wanted[path]}" if seen[path] else f"none for {path}"
    if extra:
        path = next((each for each in paths if each in extra), min(extra))  # which of several comes first may vary
        if lack and path not in wanted:
            raise NotYet(f"The server saw a request for {path}, but {lack}.")
        raise NotYet(f"The server saw {counted(seen[path], 'request')} for {path}; expected {wanted[path] or 'none'}.")
    if lack:
        raise NotYet(f"The server saw {len(paths) - missing.total()} of {len(paths)} requests: {lack}.")


def expect_in_flight(run: Run, wanted: int, hint: str) -> None:
    """Expect a peak of at least `wanted` requests in flight; `hint` says what to do if they come one by one."""
    if (peak := run.peak_in_flight) < wanted:
        why = hint if peak < 2 else f"Does a pool, a semaphore or a batch allow only {peak} at once?"
        raise NotYet(sentences(f"The server had at most {peak} of {wanted} requests in flight", why))


def expect_document(result: Any, wanted: Any) -> None:
    """Expect the result to be this document."""
    _expect_returned(result)
    if not isinstance(result, type(wanted)):
        raise NotYet(f"It returned {kind(result)}; expected {kind(wanted)}. Is everything awaited? Is the JSON read?")
    if result != wanted:
        raise NotYet("It returned a document other than the one the server sent.")


def expect_documents(result: Any, wanted: Sequence[Any]) -> None:
    """Expect the result to be a list of these documents, in this order."""
    _expect_returned(result)
    if not isinstance(result, list | tuple):
        raise NotYet(f"It returned {kind(result)}; expected a list of {counted(len(wanted), 'document')}.")
    if isinstance(result, tuple) and len(result) == 1 and isinstance(result[0], list):
        raise NotYet("It returned a tuple that holds a list. Is there a comma after the value?")
    for value in result:
        if not isinstance(value, type(wanted[0])):
            raise NotYet(f"The list holds {kind(value)} where {kind(wanted[0])} was expected. {_why(value, wanted[0])}")
    if len(result) != len(wanted):
        raise NotYet(f"It returned {counted(len(result), 'document')}; expected {len(wanted)}.")
    if list(result) != list(wanted):
        if sorted(map(repr, result)) == sorted(map(repr, wanted)):
            raise NotYet("The documents are right, but in the wrong order.")
        raise NotYet("The documents are not the ones the server sent.")


def _why(value: Any, wanted: Any) -> str:
    """Say how a value that is no document, as `wanted` is, may have come into a list."""
    if isinstance(value, BaseException):
        return raised(value)
    if isinstance(value, tuple):
        return "A comma after a value makes a tuple."
    if isinstance(value, list):
        return "Unpack it with a star: `[first, *others]`."
    if isinstance(value, str) and isinstance(wanted, dict) and value in wanted:
        return "A star, or `list(...)`, turns a dict into its keys."
    if value is None:
        return "Is a `return` missing, is its place never filled, or does an `except` hide an error?"
    if callable(value):
        return "Call it: `()` is missing after its name."
    return "Is everything awaited? Is the JSON read?"


def _expect_returned(result: Any) -> None:
    if result is None:
        raise NotYet("It returned None. Is there a `return`? Methods such as `list.extend` return None, too.")
