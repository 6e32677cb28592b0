"""An exception reads as a learner needs it: what, and on which of their lines."""

import asyncio
import json

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


def test_markup_is_escaped():
    """Markup in an exception's message is escaped."""
    assert "<b>ValueError: &lt;script&gt;</b>" in describe(ValueError("<script>"))


def test_the_blank_reads_as_a_task():
    assert "Not written yet" in describe(NotImplementedError())


def test_an_empty_message_shows_the_type():
    """An exception without a message is shown by its type."""
    assert summary(TimeoutError()) == "TimeoutError"


def test_groups_list_each_exception_once():
    """A group lists its exceptions, each different one once."""
    group = ExceptionGroup("unhandled errors in a TaskGroup", [ValueError("a"), ValueError("a"), TimeoutError()])
    assert summary(group) == "ExceptionGroup of ValueError: a; TimeoutError"


def test_a_missing_await_is_asked_after():
    async def answer():
        async with aiohttp.ClientSession() as session:
            lost = session.get("http://127.0.0.1:1/")
            try:
                lost.json()
            finally:
                lost.close()

    async def fetch():
        return {}

    pending = fetch()
    slips = [raised(lambda: asyncio.run(answer())), raised(lambda: pending["id"]), raised(lambda: list(pending))]
    pending.close()
    assert [summary(slip).endswith(". Is an `await` or `async with` missing?") for slip in slips] == [True] * 3
    assert summary(raised(lambda: {}.json())) == "AttributeError: 'dict' object has no attribute 'json'"
