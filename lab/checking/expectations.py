"""Expectations that exercises share: about the requests that the server saw, and about the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..runs.run import Run
from .symptoms import NotYet, sentences


def kind(value: Any) -> str:
    """Return the name of a value's type, with its article."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def times(number: int) -> str:
    """Return `once`, or `5 times`."""
    return "once" if number == 1 else f"{number:,} times"


def expect_requests(run: Run, paths: Sequence[str]) -> None:
    """Expect a request for each of these paths, as often as it is listed, and no others."""
    seen, wanted = Counter(exchange.path for exchange in run.exchanges), Counter(paths)
    if not seen and wanted:
        raise NotYet(f"The server saw no request; expected {len(paths)}. Is every coroutine awaited?")
    missing, extra = list(wanted - seen), list(seen - wanted)
    if missing and extra:
        raise NotYet(
            f"The server saw a request for {extra[0]}, and none for {missing[0]}, which the exercise asks for."
        )
    for path in missing or extra:
        raise NotYet(f"The server saw a request for {path} {times(seen[path])}; expected {wanted[path] or 'none'}.")


def expect_in_flight(run: Run, wanted: int, hint: str) -> None:
    """Expect a peak of at least `wanted` requests in flight; `hint` says how to reach it."""
    if (peak := run.peak_in_flight) < wanted:
        raise NotYet(sentences(f"The server had at most {peak} of {wanted} requests in flight", hint))


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
        raise NotYet(f"It returned {kind(result)}; expected a list of {len(wanted)} documents.")
    for value in result:
        if not isinstance(value, type(wanted[0])):
            nested = "Unpack it with a star: `[first, *others]`." if isinstance(value, list) else _UNREAD
            raise NotYet(f"The list holds {kind(value)} where {kind(wanted[0])} was expected. {nested}")
    if len(result) != len(wanted):
        raise NotYet(f"It returned {len(result)} documents; expected {len(wanted)}.")
    if list(result) != list(wanted):
        shuffled = sorted(map(repr, result)) == sorted(map(repr, wanted))
        raise NotYet("The documents are right, but in the wrong order." if shuffled else _OTHERS)


_UNREAD = "Is everything awaited? Is the JSON read?"
_OTHERS = "The documents are not the ones the server sent."


def _expect_returned(result: Any) -> None:
    if result is None:
        raise NotYet("It returned None. Is there a `return`?")
