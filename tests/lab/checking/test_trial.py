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
from lab.checking.trial import LIMIT, Trial
from lab.checking.trials import trial_of
from mock_server import Conditions
from tests.support.served import run_served


def called(submission, *arguments, **conditions):
    """Return the result of one call and the trial."""

    async def scenario(server):
        trial = Trial(server.application, server.clock, submission)
        return await trial.call(*arguments), trial

    return run_served(scenario, **conditions)


def symptom(submission, *arguments, **conditions):
    """Return the symptom of a call."""
    with pytest.raises(NotYet) as told:
        called(submission, *arguments, **conditions)
    return str(told.value)


async def get(url):
    async with aiohttp.request("GET", url) as response:
        return response.status


def test_a_result_and_its_run():
    """A call returns its result, and the run holds what the server saw, in controlled time."""

    async def scenario(server):
        trial = Trial(server.application, server.clock, get)
        return await trial.call(f"{trial.url}/text"), trial.run

    status, run = run_served(scenario, latency=2)
    assert (status, run.hits) == (200, 1)
    assert run.seconds == pytest.approx(2, abs=0.001)


def test_each_call_has_its_run():
    """Each call has an empty journal at first, and conditions apply to a block."""

    async def scenario(server):
        trial = Trial(server.application, server.clock, get)
        seen = [await trial.call(f"{trial.url}/text")]
        with trial.configured(failure_rate=1.0):
            seen.append(await trial.call(f"{trial.url}/text"))
        seen.append(await trial.call(f"{trial.url}/text"))
        return seen, trial.run.hits

    assert run_served(scenario) == ([200, 503, 200], 1)


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

    async def scenario(server):
        outcome = await Trial(server.application, server.clock, raises).outcome()
        with pytest.raises(NotYet):
            await Trial(server.application, server.clock, waits).outcome()
        return outcome

    assert isinstance(run_served(scenario), KeyError)


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

    async def scenario(server):
        server.clock.blocking.port = server.application.control.port
        trial = Trial(server.application, server.clock, get)
        with pytest.raises(NotYet, match="It sent a request to http://127.0.0.1:9"):
            await trial.call("http://127.0.0.1:9/text")

    run_served(scenario)


def test_endless_requests_are_stopped():
    """A submission that never stops sending requests is stopped by their number."""

    async def scenario(server):
        async def asks():
            async with aiohttp.ClientSession(server.url) as session:
                while True:
                    async with session.get("/text") as response:
                        await response.read()

        with pytest.raises(
            NotYet, match=f"had sent {MOST_REQUESTS + 1:,} requests and was still running, so it was stopped"
        ):
            await Trial(server.application, server.clock, asks).call()

    run_served(scenario)


def test_an_ignored_cancellation():
    """A submission that goes on waiting after it was cancelled is stopped by the trial's limit."""

    async def goes_on():
        for _ in range(3):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(1000)

    async def scenario(server):
        with pytest.raises(NotYet, match="so it was stopped"):
            await Trial(server.application, server.clock, goes_on).cancelled(0.5)

    run_served(scenario)


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

    assert "missing 1 required positional argument: 'two'" in symptom(takes_two, 1)


def test_a_list_is_passed_as_a_copy():
    """A submission may change the list that it gets."""

    async def empties(values):
        return [values.pop() for _ in range(3)]

    values = [1, 2, 3]
    assert called(empties, values)[0] == [3, 2, 1]
    assert values == [1, 2, 3]


def test_connection_timers_hide_no_wait():
    """An endless wait is recognised even while pooled connections have timers."""

    async def scenario(server):
        async def waits():
            async with aiohttp.ClientSession(server.url) as session:
                await asyncio.gather(*(session.get("/text") for _ in range(3)))
                await asyncio.Event().wait()

        with pytest.raises(NotYet, match="It waits for something that never happens"):
            await Trial(server.application, server.clock, waits).call()

    run_served(scenario)


def test_random_draws_are_the_same_in_every_trial():
    """A submission that draws random waits has the same run each time, and the notebook's own draws go on as before."""

    async def waits(url):
        await asyncio.sleep(random.random() + random.Random().random())

    async def scenario():
        async with trial_of(waits, Conditions()) as trial:
            began = trial.clock.now
            await trial.call(trial.url)
            return trial.clock.now - began

    before = random.getstate()
    assert asyncio.run(scenario()) == asyncio.run(scenario()) > 0
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
            took = trial.clock.elapsed
        ended.set()
        return took

    assert asyncio.run(scenario()) == pytest.approx(20, abs=0.001)
    assert len(threads) == 5
