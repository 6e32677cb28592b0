"""Exercise 03.2: keep going past failures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http.client import responses
from typing import Any

import aiohttp

from ..checking.calls import CANCELLED_ITSELF
from ..checking.expectations import expect_requests, kind
from ..checking.symptoms import NotYet, raised, sentences
from ..checking.trial import Trial
from ..errors import first_leaf, line_of, message_of, summary
from ..quantities import counted
from ..runs.run import Run
from . import exercise
from .client_side import REQUEST_ERRORS
from .in_flight import expect_all_together
from .lent_session import lent_session
from .statuses import CREATED, OK

# Raised by a mistake in the submission, not by a request. A class that derives from one is the learner's own.
MISTAKES = (NameError, UnboundLocalError, AttributeError, TypeError, KeyError, IndexError)


@dataclass(frozen=True)
class Failure:
    """A request that fails: by its status, or without one by a body that breaks off."""

    path: str
    status: int | None = None

    def reason(self, error: Exception) -> str:
        """Return what an exception says, apart from the path of this failure."""
        return message_of(first_leaf(error)).replace(self.path, "")

    def words(self, error: Exception) -> str:
        """Return the letters of a reason, without the phrase of the status, such as "Not Found", and without None."""
        reason = self.reason(error).replace(responses.get(self.status or 200, ""), "").replace("None", "")
        return re.sub(r"[\W\d]+", "", reason)


TWICE = "/status/200,201"  # is listed twice, and the two responses differ


def status(code: int) -> Failure:
    """Return the failure of a response with this status."""
    return Failure(f"/status/{code}", code)


Expected = str | Failure  # a path whose request succeeds, or a failure

FAILING_CALLS: tuple[tuple[Expected, ...], ...] = (
    (
        "/items/1?latency=0.4",
        TWICE,
        status(404),
        "/items/4",
        Failure("/fault/truncate"),
        "/items/6?latency=0.3",
        TWICE,
        "/items/8?latency=0.3",
        "/items/9",
        status(503),
        "/items/11",
        "/items/12",
        "/status/202",
        "/status/300",
        status(451),
        *(f"/items/{id}" for id in range(13, 61)),
    ),
    (
        status(400),
        "/items/30",
        "/status/201?latency=0.4",
        "/items/30",
        status(599),
        Failure("/items/7?fault=truncate"),
    ),
)


@exercise("03.2", latency=0.25)
async def past_failures(trial: Trial) -> None:
    """Requests fail in two ways, at different places in a short and a long list; one path is listed twice in each."""
    for expected in reversed(FAILING_CALLS):
        await _fetch_past_failures(trial, expected)


async def _fetch_past_failures(trial: Trial, expected: tuple[Expected, ...]) -> None:
    paths = [each if isinstance(each, str) else each.path for each in expected]
    async with lent_session(trial) as session:
        try:
            result = await trial.call(session, paths)
        except NotYet as symptom:
            raise NotYet(_with_the_rest(symptom, trial.run)) from None
    _expect_no_mistake(result)
    expect_requests(trial.run, paths)
    expect_all_together(trial.run)
    _expect_places(result, len(paths))
    good = [path for path in paths if path in expected]
    documents = dict(zip(good, await trial.documents(good), strict=True))
    if _is_in_another_order(result, expected, documents):
        raise NotYet("The documents and exceptions are right, but in the wrong order.")
    for place, (value, wanted) in enumerate(zip(result, expected, strict=True)):
        if isinstance(wanted, Failure):
            _expect_error(place, value, wanted)
        elif value not in (OK, CREATED) if wanted == TWICE else value != documents[wanted]:
            held, why = ("an exception", raised(value)) if isinstance(value, Exception) else (_named(value), "")
            raise NotYet(sentences(f"Index {place} of the list holds {held}; expected the JSON of {wanted}", why))
    both = [value for value, path in zip(result, paths, strict=True) if path == TWICE]
    if len(both) == 2 and both[0] == both[1]:
        raise NotYet(
            f"{TWICE} is listed twice, and both places hold the same response. Its two requests got different ones."
        )
    _expect_broken_bodies(
        {wanted: value for value, wanted in zip(result, expected, strict=True) if isinstance(wanted, Failure)}
    )


def _with_the_rest(symptom: NotYet, run: Run) -> str:
    """Return a symptom, and what became of the other requests if a failed one ended them."""
    cause = symptom.__cause__
    if str(symptom).startswith(CANCELLED_ITSELF):
        return (
            "It raised CancelledError. No task needs to be cancelled here, but a TaskGroup cancels the others when "
            "one fails."
        )
    if isinstance(cause, BaseExceptionGroup) and run.cut_off and not cause.subgroup(MISTAKES):
        cut_off = f"{run.cut_off} of {run.hits} requests"
        return f"{symptom} A TaskGroup cancels the others when one fails: here it cut off {cut_off}."
    return f"{symptom} One failure must not cost you the rest." if isinstance(cause, REQUEST_ERRORS) else str(symptom)


def _expect_no_mistake(result: Any) -> None:
    """Expect no exception that a mistake in the submission caused; in the list, it would go unnoticed."""
    for place, value in enumerate(result if isinstance(result, list | tuple) else ()):
        if type(value) in MISTAKES and not _is_intended(value):
            raise NotYet(f"Index {place} of the list holds an exception that no request raises. {raised(value)}")


def _is_intended(error: BaseException) -> bool:
    """Return whether the learner's own `raise` made an exception, of a kind that people raise on purpose."""
    line = line_of(error)
    return isinstance(error, LookupError) and (line is None or "raise " in line.source)


def _expect_places(result: Any, asked: int) -> None:
    """Expect a list with a place for each path."""
    if result is None:
        raise NotYet("It returned None. Is there a `return`?")
    if not isinstance(result, list | tuple):
        raise NotYet(f"It returned {kind(result)}; expected a list with a place for each path.")
    if len(result) != asked:
        why = "One path is listed twice, so it has two" if len(result) == asked - 1 else "A failure has one, too"
        results = counted(len(result), "result")
        raise NotYet(f"It returned {results}; expected a place for each of {asked} paths. {why}.")


def _is_in_another_order(result: Any, expected: tuple[Expected, ...], documents: dict[str, Any]) -> bool:
    """Return whether a result holds all documents, but exceptions in places where documents are expected."""
    wanted = [documents[each] for each in expected if isinstance(each, str) and each != TWICE]
    wanted += [OK, CREATED] if TWICE in expected else []
    held = [value for value in result if not isinstance(value, Exception)]
    are_mixed = [isinstance(value, Exception) for value in result] != [isinstance(each, Failure) for each in expected]
    return are_mixed and sorted(map(repr, held)) == sorted(map(repr, wanted))


def _expect_error(place: int, value: Any, failure: Failure) -> None:
    """Expect an exception that can report this failure."""
    if isinstance(value, dict) and value.get("status") == failure.status is not None:
        raise NotYet(f"Index {place} of the list holds the error document of {failure.path}; expected the exception.")
    if not isinstance(value, Exception):
        raise NotYet(f"{failure.path} failed, but index {place} holds {_named(value)}; expected the exception.")
    if not message_of(value):
        raise NotYet(f"Index {place} of the list holds {_named(value)} without a message; expected one that says why.")
    if isinstance(value, aiohttp.ClientResponseError) and failure.status not in (None, value.status):
        held = f"Index {place} of the list holds {kind(value)} with the status {value.status}"
        raise NotYet(f"{held}; the status of {failure.path} was {failure.status}.")
    if failure.status:
        is_other = isinstance(value, aiohttp.ClientPayloadError)
    else:
        is_other = isinstance(value, aiohttp.ClientResponseError) and value.status >= 400
    if is_other:
        raise NotYet(f"Index {place} of the list holds {_named(value)}; {failure.path} failed in another way.")
    if failure.status and not re.search(rf"(?<!\d){failure.status}(?!\d)", failure.reason(value)):
        held = f"Index {place} of the list holds {summary(value)!r}"
        path = "The path does not say why" if failure.path in held else ""
        raise NotYet(sentences(f"{held}; expected a message with the status, {failure.status}", path))


def _expect_broken_bodies(told: dict[Failure, Exception]) -> None:
    """Expect that the exception of a broken body differs from that of a status in more than the status."""
    words = {failure: failure.words(error) for failure, error in told.items()}
    for failure, error in told.items():
        if not failure.status and words[failure] in {"", *(words[each] for each in told if each.status)}:
            wanted = "expected a message that says that the body broke off"
            raise NotYet(f"The exception for {failure.path} is {summary(error)!r}; {wanted}.")


def _named(value: Any) -> str:
    if isinstance(value, dict) and "id" in value:
        return f"item {value['id']}"
    return f"the exception {type(value).__name__}" if isinstance(value, BaseException) else kind(value)
