"""An error message names the exception and the learner's line."""

import asyncio
import json
from typing import Any

import aiohttp

from lab.errors import describe, summary


def raised(f):
    try:
        f()
    except Exception as error:
        return error


def test_the_learners_line_is_named():
    """The message names the learner's last line, not the library's."""
    told = describe(raised(lambda: json.loads("{")))
    assert "JSONDecodeError: Expecting property name" in told
    assert "json.loads(" in told
    assert "raise JSONDecodeError" not in told


def test_an_exception_raised_again_names_the_latest_line():
    """If a library raises the same exception each time, the line is the one that led to it last."""
    shared = ValueError("shared")
    library: dict[str, Any] = {"shared": shared}
    exec(compile("def fail():\n    raise shared", json.__file__, "exec"), library)

    def first():
        library["fail"]()

    def then():
        [library["fail"]() for _ in "x"]

    assert "<code>library[" in describe(raised(first))
    assert "<code>[library[" in describe(raised(then))
    assert "<code>library[" in describe(raised(first))


def test_a_stored_exception_names_where_it_came_from():
    """If a stored exception is raised later, the line is the one that caused it."""
    stored = raised(lambda: json.loads("{"))

    def later():
        raise stored

    assert "<code>stored = raised(lambda: json.loads(" in describe(raised(later))


def test_markup_is_escaped():
    """Markup in an exception's message is escaped."""
    assert "<b>ValueError: &lt;script&gt;</b>" in describe(ValueError("<script>"))


def test_a_blank_is_explained():
    """NotImplementedError means that the exercise is not written yet."""
    assert "Not written yet" in describe(NotImplementedError())


def test_an_empty_message_shows_the_type():
    """An exception without a message is shown by its type."""
    assert summary(TimeoutError()) == "TimeoutError"


def test_groups_list_each_exception_once():
    """A group lists its exceptions, each different one once."""
    group = ExceptionGroup("unhandled errors in a TaskGroup", [ValueError("a"), ValueError("a"), TimeoutError()])
    assert summary(group) == "ExceptionGroup of ValueError: a; TimeoutError"


def test_a_missing_await_is_suspected():
    """An error that a missing `await` causes ends in a question, and other errors do not."""

    async def use_unawaited():
        async with aiohttp.ClientSession() as session:
            unawaited: Any = session.get("http://127.0.0.1:1/")
            try:
                unawaited.json()
            finally:
                unawaited.close()

    async def fetch():
        return {}

    coroutine: Any = fetch()
    document: Any = {}
    mistakes = [lambda: asyncio.run(use_unawaited()), lambda: coroutine["id"], lambda: list(coroutine)]
    messages = [summary(raised(mistake)) for mistake in mistakes]
    coroutine.close()
    assert [message.endswith(". Is an `await` or `async with` missing?") for message in messages] == [True] * 3
    assert summary(raised(lambda: document.json())) == "AttributeError: 'dict' object has no attribute 'json'"
