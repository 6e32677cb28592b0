"""`check` answers and raises nothing, whatever is given to it, and leaves the server as it found it."""

import asyncio
import re
from html import escape

import pytest

from lab import async_interact, check
from lab.checking.trial import NotYet
from lab.exercises import Exercise, _exercises
from mock_server import MockServer
from tests.lab.conftest import until
from tests.support.client import ask


@pytest.fixture
def exercise(server, monkeypatch):
    """Register a judge as exercise 99.1."""

    def register(judge, **conditions):
        monkeypatch.setitem(_exercises, "99.1", Exercise("99.1", judge, conditions, limit=1.0))

    return register


async def answer():
    return 42


async def call(trial):
    if await trial.call() != 42:
        raise NotYet("It is not 42.")


def verdict(given=answer):
    return asyncio.run(check("99.1", given))


def test_right_not_yet_and_not_tried_are_told_apart(exercise):
    async def wrong():
        return 41

    async def blank():
        raise NotImplementedError

    exercise(call)
    assert [verdict(f).text for f in (answer, wrong, blank)] == [
        "99.1: right",
        "99.1: not yet. It is not 42.",
        "99.1: not tried yet",
    ]


def test_the_picture_shows_what_the_answer_did(exercise):
    async def asks():
        await asyncio.to_thread(ask, MockServer.running(), "/text")

    exercise(call)
    seen = verdict(asks)
    shown = seen._repr_mimebundle_()
    assert list(shown) == ["text/plain", "text/html"]  # JupyterLab shows the last alone
    assert seen.text == shown["text/plain"]
    assert escape(seen.text) in shown["text/html"].partition("<img")[0]
    assert "1 request" in shown["text/html"].partition("<img")[2]
    assert list(verdict()._repr_mimebundle_()) == ["text/plain"]


def test_words_stand_as_they_are_beside_the_picture(exercise):
    async def asks_and_raises():
        await asyncio.to_thread(ask, MockServer.running(), "/text")
        raise ValueError(f"$a$ \ud800 <b>\x1b[0m {'long' * 200}\n  two")

    exercise(call)
    shown = verdict(asks_and_raises)._repr_mimebundle_()
    assert shown["text/plain"].encode()
    words = shown["text/html"].partition("<img")[0]
    assert "$a$ \ufffd &lt;b&gt;\ufffd[0m long" in words
    assert {"mathjax_ignore", "pre-wrap", "anywhere"} <= set(re.findall(r"[\w-]+", words))


def test_a_judge_that_stumbles_over_an_answer_raises_nothing(exercise):
    async def stumbles(trial):
        return len(await trial.call())

    exercise(stumbles)
    assert verdict().text.startswith("99.1: not yet. The check could not go on with what it got: TypeError: ")


def test_what_is_no_function_is_told(exercise):
    exercise(call)
    assert "Give it your function itself, not 42" in verdict(42).text


def test_a_server_that_is_gone_is_told_with_the_mend(exercise, server):
    exercise(call)
    server._process.kill()
    server._process.wait()
    assert verdict().text.startswith("99.1: not yet. The mock server at ")
    assert "Run the set-up cell again" in verdict().text


def test_the_exercise_has_its_own_conditions_and_the_servers_are_put_back(exercise, server):
    seen = []

    async def looks(trial):
        seen.append(trial.server.conditions)

    exercise(looks, latency=0.1)
    with server.configured(failure_rate=0.5, seed=7):
        verdict()
        assert (seen[0].latency, seen[0].failure_rate) == (0.1, 0.0)
        assert (server.conditions.failure_rate, server.conditions.seed) == (0.5, 7)


def test_an_interrupted_check_puts_them_back_too(exercise, server):
    async def forever():
        await asyncio.sleep(60)

    async def scenario():
        task = asyncio.create_task(check("99.1", forever))
        await until(lambda: server.conditions.latency == 0.1)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    exercise(call, latency=0.1)
    asyncio.run(scenario())
    assert server.conditions.latency == 0


@pytest.mark.usefixtures("displayed")
def test_no_slider_begins_a_run_during_a_check(exercise, server):
    async def counts(trial):
        panel._controls.kwargs_widgets[0].value = 8
        await asyncio.sleep(0.4)
        with trial.watched():
            await asyncio.to_thread(ask, server, "/text")
        if trial.run.hits != 1:
            raise NotYet(f"{trial.run.hits} hits")

    async def asks(count):
        for _ in range(count):
            await asyncio.to_thread(ask, server, "/delay/0.01")

    async def scenario():
        nonlocal panel
        panel = await async_interact(asks, count=(1, 9))
        told = await check("99.1", answer)
        await panel
        return told.text, panel.run.hits

    panel = None
    exercise(counts)
    assert asyncio.run(scenario()) == ("99.1: right", 8)
