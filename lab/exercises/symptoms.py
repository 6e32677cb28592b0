"""Symptoms that several exercises look for, in what the server saw and in what came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..checking.trial import NotYet
from ..runs.run import Run


def kind(value: Any) -> str:
    """Name the type of a value, with its article."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def expect_requests(run: Run, paths: Sequence[str]) -> None:
    """Expect exactly these addresses, each as often as it stands there."""
    seen, wanted = Counter(exchange.path for exchange in run.exchanges), Counter(paths)
    if not seen:
        raise NotYet(f"The server saw no request; it expected {len(paths)}. Is every coroutine awaited?")
    missing, extra = list(wanted - seen), list(seen - wanted)
    if missing and extra:
        raise NotYet(f"The server saw {extra[0]}, and not {missing[0]}, which it expected.")
    if missing:
        raise NotYet(f"The server did not see {missing[0]}; it saw {run.hits} of {len(paths)} requests.")
    if extra:
        raise NotYet(f"The server saw {extra[0]} {seen[extra[0]]} times; it expected {wanted[extra[0]]}.")


def expect_document(result: Any, wanted: Any) -> None:
    """Expect this one document."""
    if result is None:
        raise NotYet("It returned None: is there a `return`?")
    if not isinstance(result, type(wanted)):
        raise NotYet(f"It returned {kind(result)}; expected {kind(wanted)}. Is everything awaited, and the JSON read?")
    if result != wanted:
        raise NotYet("The document that it returned is not the one that the server sent.")


def expect_list(result: Any, wanted: Sequence[Any]) -> None:
    """Expect a list of these documents, in this order."""
    if result is None:
        raise NotYet("It returned None: is there a `return`?")
    if not isinstance(result, list | tuple):
        raise NotYet(f"It returned {kind(result)}; expected a list of {len(wanted)} documents.")
    strange = [value for value in result if not isinstance(value, type(wanted[0]))]
    if strange:
        raise NotYet(
            f"The list holds {kind(strange[0])} where {kind(wanted[0])} was expected. "
            "Is everything awaited, and the JSON read?"
        )
    if len(result) != len(wanted):
        raise NotYet(f"It returned {len(result)} documents; expected {len(wanted)}.")
    if list(result) != list(wanted):
        same = sorted(map(repr, result)) == sorted(map(repr, wanted))
        raise NotYet(
            "The documents are right, but not in the order of the addresses."
            if same
            else "The documents are not those that the server sent for these addresses."
        )
