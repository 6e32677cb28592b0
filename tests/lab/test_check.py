"""`check` always returns a verdict, and leaves the learner's server and event loop alone."""

import asyncio
import gc
import re
import sys
from html import escape
from itertools import count

import aiohttp
import pytest
import uvloop

from lab import async_interact, check
from lab.checking.symptoms import NotYet
from lab.exercises import Exercise, registry
from tests.lab.conftest import until
from tests.support.client import ask


@pytest.fixture
def exercise(monkeypatch):
    """Register a judge as exercise 99.1."""

    def register(judge, **conditions):
        monkeypatch.setitem(registry, "99.1", Exercise("99.1", judge, conditions))

    return register


async def submission(url):
    return 42


async def asks(url):
    async with aiohttp.request("GET", f"{url}/text") as response:
        await response.read()
    return 42


async def call(trial):
    if await trial.call(trial.url) != 42:
        raise NotYet("It is not 42.")


def verdict(given=submission):
    return asyncio.run(check("99.1", given))


def test_three_verdicts(exercise):
    """Right, not yet with the symptom, and not tried yet."""

    async def wrong(url):
        return 41

    async def blank(url):
        raise NotImplementedError

    exercise(call)
    assert [verdict(f).text for f in (submission, wrong, blank)] == [
        "99.1: right",
        "99.1: not yet. It is not 42.",
        "99.1: not tried yet",
    ]


def test_the_picture_shows_what_the_submission_did(exercise):
    """A verdict is a line of text, which a screen reader hears, and the picture of the run if there were requests."""
    exercise(call)
    seen = verdict(asks)
    shown = seen._repr_mimebundle_()
    assert list(shown) == ["text/plain", "text/html"]  # JupyterLab shows the last alone
    assert seen.text == shown["text/plain"]
    assert escape(seen.text) in shown["text/html"].partition("<img")[0]
    assert "1 request" in shown["text/html"].partition("<img")[2]
    assert 'role="status"' in verdict()._repr_mimebundle_()["text/html"]
    assert "<img" not in verdict()._repr_mimebundle_()["text/html"]


def test_the_picture_shows_controlled_times(exercise):
    """A response that takes 20 s is drawn as 20.00 s."""
    exercise(call, latency=20)
    assert "1 request in 20.00 s" in verdict(asks)._repr_mimebundle_()["text/html"]


def test_the_picture_shows_the_call_that_the_verdict_is_about(exercise):
    """A right submission's picture shows the call that the judge chose, a wrong one's the latest call."""

    async def calls_twice(trial):
        await trial.call(trial.url)
        trial.shown = trial.run
        with trial.configured(latency=20):
            if await trial.call(trial.url) != 42:
                raise NotYet("It is not 42.")

    async def asks_for_nothing(url):
        await asks(url)

    exercise(calls_twice)
    assert "in 20.00 s" not in verdict(asks)._repr_mimebundle_()["text/html"]
    assert "in 20.00 s" in verdict(asks_for_nothing)._repr_mimebundle_()["text/html"]


def test_the_symptom_is_escaped(exercise):
    """A symptom is plain text: no formula, no markup, no character that XML forbids."""

    async def asks_and_raises(url):
        await asks(url)
        raise ValueError(f"$a$ \ud800 <b>\x1b[0m {'long' * 200}\n  two")

    exercise(call)
    shown = verdict(asks_and_raises)._repr_mimebundle_()
    assert shown["text/plain"].encode()
    words = shown["text/html"].partition("<img")[0]
    assert "$a$ \ufffd &lt;b&gt;\ufffd[0m long" in words
    assert {"mathjax_ignore", "pre-wrap", "anywhere"} <= set(re.findall(r"[\w-]+", words))


def test_a_judge_that_stumbles_raises_nothing(exercise):
    """An error in the judge is a symptom, not a traceback."""

    async def stumbles(trial):
        return len(await trial.call(trial.url))

    exercise(stumbles)
    assert verdict().text.startswith("99.1: not yet. The check cannot judge what your function did: TypeError: ")


def test_a_function_is_expected(exercise):
    """The message asks for the function itself, not its result."""
    exercise(call)
    assert "Pass your function itself to `check`, not 42" in verdict(42).text


def test_an_unknown_exercise_is_named():
    """The exercises that exist are listed."""
    assert "There is no such exercise. The exercises are 01.1, " in asyncio.run(check("99.9", submission)).text


def test_another_event_loop_is_named(exercise):
    """On uvloop, a check says in one sentence why it cannot run."""
    exercise(call)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        told = runner.run(check("99.1", submission)).text
    assert told.startswith("99.1: not yet. This check cannot run here. Only asyncio's own event loop")
    assert "uvloop" in told


def test_the_learners_server_is_not_touched(exercise, server):
    """A check changes neither the journal nor the conditions of the learner's server."""

    async def looks(trial):
        conditions.append(trial.application.conditions)
        await call(trial)

    conditions = []
    exercise(looks, latency=0.1)
    ask(server, "/text?mine")
    with server.configured(failure_rate=0.5, seed=7):
        assert verdict(asks).state == "right"
        assert [row.path for row in server.journal()] == ["/text?mine"]
        assert (server.conditions.failure_rate, server.conditions.seed) == (0.5, 7)
    assert (conditions[0].latency, conditions[0].failure_rate) == (0.1, 0.0)


def test_an_interrupted_check_gives_the_loop_back(exercise):
    """A check that is cancelled ends the submission, closes its server, and restores the clock."""
    checks, ended = [], []

    async def endless(url):
        try:
            for number in count():
                await asks(url)
                if number == 5:
                    checks[0].cancel()
        finally:
            ended.append(True)

    async def scenario():
        checks.append(asyncio.create_task(check("99.1", endless)))
        await asyncio.wait(checks)
        assert "time" not in vars(asyncio.get_running_loop())
        return checks[0].cancelled(), len(asyncio.all_tasks()), ended

    exercise(call, latency=0.01)
    assert asyncio.run(scenario()) == (True, 1, [True])


def test_checks_take_turns(exercise):
    """Two checks at once run one after the other, each with its own clock and server."""

    async def alone(trial):
        await trial.call(trial.url)
        if trial.run.hits != 1 or abs(trial.run.seconds - 5) > 0.001:
            raise NotYet(trial.run.text)

    async def scenario():
        return [told.text for told in await asyncio.gather(check("99.1", asks), check("99.1", asks))]

    exercise(alone, latency=5)
    assert asyncio.run(scenario()) == ["99.1: right"] * 2


def test_tasks_that_run_on_are_ended(exercise):
    """What a submission leaves running is cancelled, and its errors do not fill the cell."""
    complaints = []

    async def leaves(url):
        async def fails():
            raise ValueError

        tasks.update(asyncio.create_task(fails()) for _ in range(10))
        asyncio.create_task(asyncio.sleep(1000))  # noqa: RUF006 - what a learner may write
        await asyncio.sleep(1)
        tasks.clear()
        return 42

    async def scenario():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        told = await check("99.1", leaves)
        return told.text, len(asyncio.all_tasks())

    tasks = set()
    exercise(call)
    assert asyncio.run(scenario()) == ("99.1: right", 1)
    assert complaints == []


@pytest.mark.usefixtures("displayed")
def test_a_lab_that_runs_is_stopped(exercise, server):
    """A check takes the clock, so a lab's run under way ends; the check is right, and the lab runs again when moved."""

    async def waits(seconds):
        async with aiohttp.request("GET", f"{server.url}/delay/{seconds}") as response:
            await response.read()

    async def scenario():
        panel = async_interact(waits, seconds=(30, 60))
        await until(lambda: server.stats().in_flight == 1)
        told = await check("99.1", asks)
        await panel
        return told.text, panel.message

    exercise(call)
    text, message = asyncio.run(scenario())
    assert text == "99.1: right"
    assert "Stopped" in message


async def exits(url):
    sys.exit(1)


async def exits_in_a_task(url):
    await asyncio.gather(exits(url))


async def raises_generator_exit(url):
    raise GeneratorExit


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (exits, "It raised SystemExit: 1. It would end the kernel."),
        (exits_in_a_task, "It raised SystemExit: 1. It would end the kernel."),
        (raises_generator_exit, "It raised GeneratorExit."),
    ],
)
def test_no_exception_ends_the_kernel(exercise, given, told):
    """A submission that raises SystemExit, even in a task, or another BaseException has a symptom."""
    exercise(call)
    assert verdict(given).symptom.startswith(told)


def test_a_failed_task_is_named(exercise):
    """If the submission waits for a worker that has failed, the symptom has the worker's exception and line."""

    async def waits(url):
        queue = asyncio.Queue()
        queue.put_nowait(1)

        async def work():
            await queue.get()
            [][1]

        worker = asyncio.create_task(work())
        await queue.join()
        await worker

    exercise(call)
    told = verdict(waits).symptom
    assert "It waits for something that never happens" in told
    assert "A task raised IndexError: list index out of range. Look at line" in told
    assert told.endswith("`[][1]`.")


def test_only_this_calls_tasks_are_named(exercise):
    """If the second call waits for ever, the error that ended the first one is not taken for its cause."""
    calls = []

    async def waits(url):
        calls.append(url)
        if len(calls) == 1:
            raise ValueError("of the first call")
        await asyncio.Event().wait()

    async def judge(trial):
        await trial.outcome(trial.url)
        await trial.call(trial.url)

    exercise(judge)
    told = verdict(waits).symptom
    assert "It waits for something that never happens" in told
    assert "A task raised" not in told


def test_a_missing_await_is_named(exercise, capfd):
    """A coroutine that is never awaited is named in the symptom, and Python's own warning does not appear."""

    async def forgets(url):
        asks(url)  # type: ignore[unused-coroutine]

    exercise(call)
    assert verdict(forgets).symptom == "It is not 42. The coroutine `asks` was never awaited."
    assert capfd.readouterr().err == ""


def test_coroutines_of_a_failed_call_raise_no_warning(recwarn):
    """Coroutines that only the garbage collector finds raise no warning, which would name a line of the course's."""

    async def without_the_star(session, paths):
        return await asyncio.gather([session.get(path).__aenter__() for path in paths])  # type: ignore[call-overload]

    assert asyncio.run(check("01.1", without_the_star)).state == "not yet"
    assert [str(each.message) for each in recwarn if "never awaited" in str(each.message)] == []


def test_a_call_that_a_thread_cannot_end_is_not_reported(caplog):
    """A thread that still waits at the end of a check loses its server; its error is not reported after the verdict."""

    async def forgets(fetch, urls):
        async with asyncio.TaskGroup() as group:
            call = asyncio.get_running_loop().run_in_executor(None, fetch, urls[0])
            group.create_task(call)  # type: ignore[arg-type]

    async def scenario():
        return (await check("01.2", forgets)).state

    assert asyncio.run(scenario()) == "not yet"
    gc.collect()
    assert caplog.text == ""


def test_a_blank_in_a_branch_is_not_yet(exercise):
    """NotImplementedError after a request is an error as any other."""

    async def unfinished(url):
        await asks(url)
        raise NotImplementedError("the rest")

    exercise(call)
    assert verdict(unfinished).symptom.startswith("It raised NotImplementedError: the rest. Look at line")
