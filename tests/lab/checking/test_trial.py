"""A trial runs a submission and reports what it did wrong, and on which line."""

import asyncio
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import aiohttp
import pytest

from lab.checking.calls import MOST_REQUESTS
from lab.checking.symptoms import NotYet
from lab.checking.trial import LIMIT, trial_of
from mock_server import Conditions


def tried(submission, judge, **conditions):
    """Return what a judge returns of a submission's trial."""

    async def scenario():
        async with trial_of(submission, Conditions(**conditions)) as trial:
            return await judge(trial)

    return asyncio.run(scenario())


async def call(trial):
    return await trial.call()


async def call_with_url(trial):
    return await trial.call(trial.url)


def symptom(submission, judge=call):
    """Return the symptom of a submission."""
    with pytest.raises(NotYet) as told:
        tried(submission, judge)
    return str(told.value)


async def get(url):
    async with aiohttp.request("GET", url) as response:
        return response.status


def test_a_result_and_its_run():
    """A call returns its result, and the run holds what the server saw, in controlled time."""

    async def judge(trial):
        return await trial.call(f"{trial.url}/text"), trial.run

    status, run = tried(get, judge, latency=2)
    assert (status, run.hits) == (200, 1)
    assert run.seconds == pytest.approx(2, abs=0.001)


def test_each_call_has_its_run():
    """Each call has an empty journal at first, and conditions apply to a block."""

    async def judge(trial):
        seen = [await trial.call(f"{trial.url}/text")]
        with trial.configured(failure_rate=1.0):
            seen.append(await trial.call(f"{trial.url}/text"))
        seen.append(await trial.call(f"{trial.url}/text"))
        return seen, trial.run.hits

    assert tried(get, judge) == ([200, 503, 200], 1)


def test_an_exception_names_the_line():
    """The symptom names the exception and the line of the submission."""

    async def raises():
        raise KeyError("result")

    told = symptom(raises)
    assert told.startswith("It raised KeyError: 'result'. Look at line ")
    assert told.endswith('`raise KeyError("result")`.')


def test_an_exception_can_be_returned():
    """`outcome` returns an exception of the submission, and raises NotYet for an endless one."""

    async def raises():
        raise KeyError

    async def waits():
        await asyncio.Event().wait()

    async def outcome(trial):
        return await trial.outcome()

    assert isinstance(tried(raises, outcome), KeyError)
    with pytest.raises(NotYet):
        tried(waits, outcome)


COMMON_SLIPS = {
    "a separate argument: `gather(*[fetch(path) for path in paths])`": lambda coroutine: asyncio.gather([coroutine]),  # type: ignore[call-overload]
    "Pass the function itself": lambda coroutine: asyncio.to_thread(coroutine),
    "use `await`": lambda coroutine: asyncio.run(coroutine),
}


@pytest.mark.parametrize("hint", COMMON_SLIPS)
def test_common_mistakes_are_explained(hint):
    """The symptom of a common mistake explains Python's message."""

    async def slips():
        try:
            return await COMMON_SLIPS[hint](coroutine)
        finally:
            coroutine.close()

    coroutine = asyncio.sleep(0)
    assert hint in symptom(slips)


def test_a_blocking_call_comes_first():
    """A blocking call is the symptom whatever else happened, even if the submission caught the error."""

    async def blocks():
        time.sleep(0.1)  # noqa: ASYNC251 - what a learner may write
        raise KeyError

    assert symptom(blocks).startswith("`time.sleep` blocks the event loop")
    assert "time.sleep(0.1)" in symptom(blocks)


def test_another_server_is_named():
    """A submission that uses the notebook's server gets a symptom that says to use the check's."""

    async def judge(trial):
        await trial.call("http://127.0.0.1:9/text")

    assert symptom(get, judge).startswith("It sent a request to http://127.0.0.1:9")


def test_endless_requests_are_stopped():
    """A submission that never stops sending requests is stopped by their number."""

    async def asks(url):
        async with aiohttp.ClientSession(url) as session:
            while True:
                async with session.get("/text") as response:
                    await response.read()

    told = symptom(asks, call_with_url)
    assert told.startswith(f"It had sent {MOST_REQUESTS + 1:,} requests and was still running, so it was stopped")


def test_an_ignored_cancellation():
    """A submission that goes on waiting after it was cancelled is stopped by the trial's limit."""

    async def goes_on():
        for _ in range(3):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(1000)

    async def cancel(trial):
        await trial.cancelled(0.5)

    assert "so it was stopped" in symptom(goes_on, cancel)


@pytest.mark.parametrize(
    ("submission", "told"),
    [
        (lambda: asyncio.Event().wait(), "It waits for something that never happens, so it was stopped."),
        (lambda: asyncio.sleep(LIMIT + 1), "It had not ended after 60 s, so it was stopped."),
        (lambda: 1, "It is not a coroutine function: define it with `async def`."),
        (lambda: asyncio.sleep(0, asyncio.Future()), "It returned before the results were ready."),
        (
            lambda: asyncio.sleep(0, [asyncio.create_task(asyncio.sleep(1))]),
            "It returned before the results were ready.",
        ),
    ],
)
def test_a_missing_result_is_explained(submission, told):
    """A call that does not end, cannot be awaited or returns tasks gets a symptom."""
    assert symptom(submission).startswith(told)


def test_a_generator_is_refused():
    """An async generator is not a coroutine function."""

    async def generates():
        yield 1

    assert symptom(generates).startswith("It has a `yield`")


def test_a_wrong_signature_is_named():
    """A signature that does not accept the call's arguments is the symptom."""

    async def takes_two(one, two):
        pass

    assert "missing 1 required positional argument: 'two'" in symptom(takes_two, call_with_url)


def test_a_list_is_passed_as_a_copy():
    """A submission may change the list that it gets."""

    async def empties(values):
        return [values.pop() for _ in range(3)]

    async def judge(trial):
        return await trial.call(values)

    values = [1, 2, 3]
    assert tried(empties, judge) == [3, 2, 1]
    assert values == [1, 2, 3]


def test_connection_timers_hide_no_wait():
    """An endless wait is recognised even while pooled connections have timers."""

    async def waits(url):
        async with aiohttp.ClientSession(url) as session:
            await asyncio.gather(*(session.get("/text") for _ in range(3)))
            await asyncio.Event().wait()

    assert symptom(waits, call_with_url).startswith("It waits for something that never happens")


def test_random_draws_are_the_same_in_every_trial():
    """A submission that draws random waits has the same run each time, and the notebook's own draws go on as before."""

    async def waits():
        await asyncio.sleep(random.random() + random.Random().random())

    async def seconds(trial):
        await trial.call()
        return trial.seconds

    before = random.getstate()
    assert tried(waits, seconds) == tried(waits, seconds) > 0
    assert random.getstate() == before


def test_debug_mode_changes_no_symptom():
    """A notebook may have switched on asyncio's debug mode, in which a task's text names the file that made it."""

    async def task_of_a_future(url):
        await asyncio.create_task(asyncio.get_running_loop().create_future())  # type: ignore[arg-type]

    async def scenario(debug):
        loop = asyncio.get_running_loop()
        loop.set_debug(debug)
        async with trial_of(task_of_a_future, Conditions()) as trial:
            with pytest.raises(NotYet) as told:
                await trial.call(trial.url)
        assert loop.get_debug() == debug
        return str(told.value)

    assert asyncio.run(scenario(True)) == asyncio.run(scenario(False))


def test_a_trial_has_five_default_threads(monkeypatch):
    """`asyncio.to_thread` has as many threads as on the smallest machine, though others may be busy or more allowed."""
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    ended = threading.Event()
    threads = set()

    async def seven_naps():
        def nap():
            threads.add(threading.current_thread())
            time.sleep(10)

        await asyncio.gather(*(asyncio.to_thread(nap) for _ in range(7)))

    async def scenario():
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        loop.run_in_executor(None, ended.wait)  # an earlier cell's
        async with trial_of(seven_naps, Conditions()) as trial:
            await trial.call()
        ended.set()
        return trial.seconds

    assert asyncio.run(scenario()) == pytest.approx(20, abs=0.001)
    assert len(threads) == 5
