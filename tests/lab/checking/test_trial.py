"""A trial watches a submission and says what it did wrong, on which of its lines."""

import asyncio
import time

import aiohttp
import pytest

from lab.checking.calls import MOST_REQUESTS
from lab.checking.symptoms import NotYet
from lab.checking.trial import LIMIT, Trial
from tests.support.served import run_served


def called(submission, *arguments, **conditions):
    """Return the result of one call and the trial."""

    async def scenario(server):
        trial = Trial(server.application, server.clock, submission)
        return await trial.call(*arguments), trial

    return run_served(scenario, **conditions)


def symptom(submission, *arguments, **conditions):
    """Return what is said of a call."""
    with pytest.raises(NotYet) as told:
        called(submission, *arguments, **conditions)
    return str(told.value)


async def get(url):
    async with aiohttp.request("GET", url) as response:
        return response.status


def test_a_result_and_its_run():
    """The result is returned, and the run holds what the server saw, by the clock."""

    async def scenario(server):
        trial = Trial(server.application, server.clock, get)
        return await trial.call(f"{trial.url}/text"), trial.run

    status, run = run_served(scenario, latency=2)
    assert (status, run.hits) == (200, 1)
    assert run.seconds == pytest.approx(2, abs=0.001)


def test_each_call_has_its_run():
    """The server's journal is cleared before each call, and conditions hold for a block."""

    async def scenario(server):
        trial = Trial(server.application, server.clock, get)
        seen = [await trial.call(f"{trial.url}/text")]
        with trial.configured(failure_rate=1.0):
            seen.append(await trial.call(f"{trial.url}/text"))
        seen.append(await trial.call(f"{trial.url}/text"))
        return seen, trial.run.hits

    assert run_served(scenario) == ([200, 503, 200], 1)


def test_an_exception_is_told_with_its_line():
    """The symptom names the exception and the line of the submission that raised it."""

    async def raises():
        raise KeyError("result")

    told = symptom(raises)
    assert told.startswith("It raised KeyError: 'result'. Look at line ")
    assert told.endswith('`raise KeyError("result")`.')


def test_an_exception_can_be_returned():
    """`outcome` returns what the submission raised; an endless one is still NotYet."""

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
    "one by one: `gather(*coroutines)`": lambda coroutine: asyncio.gather([coroutine]),  # type: ignore[call-overload]
    "Pass the function itself": lambda coroutine: asyncio.to_thread(coroutine),
    "use `await`": lambda coroutine: asyncio.run(coroutine),
}


@pytest.mark.parametrize("hint", COMMON_SLIPS)
def test_common_slips_are_explained(hint):
    """What people get wrong often is explained, not only repeated in Python's words."""

    async def slips():
        try:
            return await COMMON_SLIPS[hint](coroutine)
        finally:
            coroutine.close()

    coroutine = asyncio.sleep(0)
    assert hint in symptom(slips)


def test_a_blocking_call_comes_before_all_else():
    """A call that blocks the event loop is the symptom, whatever else happened, also if it was caught."""

    async def blocks():
        time.sleep(0.1)  # noqa: ASYNC251 - what a learner may write
        raise KeyError

    assert symptom(blocks).startswith("`time.sleep` blocks the event loop")
    assert "time.sleep(0.1)" in symptom(blocks)


def test_another_server_is_named():
    """A submission that asks the notebook's server instead of the check's is told so."""

    async def scenario(server):
        server.clock.blocking.port = server.application.control.port
        trial = Trial(server.application, server.clock, get)
        with pytest.raises(NotYet, match="It asked http://127.0.0.1:9"):
            await trial.call("http://127.0.0.1:9/text")

    run_served(scenario)


def test_endless_requests_are_stopped():
    """A submission that sends requests without end is stopped by their number."""

    async def scenario(server):
        async def asks():
            async with aiohttp.ClientSession(server.url) as session:
                while True:
                    async with session.get("/text") as response:
                        await response.read()

        with pytest.raises(NotYet, match=f"had sent {MOST_REQUESTS + 1:,} requests and went on, so it was stopped"):
            await Trial(server.application, server.clock, asks).call()

    run_served(scenario)


@pytest.mark.parametrize(
    ("submission", "told"),
    [
        (lambda: asyncio.Event().wait(), "It waits for something that never happens, so it was stopped."),
        (lambda: asyncio.sleep(LIMIT + 1), "It waits for something that never happens, so it was stopped."),
        (lambda: 1, "It is not a coroutine function: begin it with `async def`."),
        (lambda: asyncio.sleep(0, asyncio.Future()), "It returned before the results were there."),
        (
            lambda: asyncio.sleep(0, [asyncio.create_task(asyncio.sleep(1))]),
            "It returned before the results were there.",
        ),
    ],
)
def test_what_is_no_result_is_told(submission, told):
    """What does not end, cannot be awaited, or is still to come."""
    assert symptom(submission).startswith(told)


def test_a_generator_is_told_to_return():
    """An async generator is no coroutine function."""

    async def generates():
        yield 1

    assert symptom(generates).startswith("It has a `yield`")


def test_wrong_arguments_are_told():
    """A signature that does not fit the call is named."""

    async def takes_two(one, two):
        pass

    assert "missing 1 required positional argument: 'two'" in symptom(takes_two, 1)


def test_the_blank_is_told_from_a_failure():
    """NotImplementedError passes: nothing has been tried."""

    async def blank():
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        called(blank)


def test_a_list_is_passed_as_a_copy():
    """A submission may use up the list that it gets."""

    async def empties(values):
        return [values.pop() for _ in range(3)]

    values = [1, 2, 3]
    assert called(empties, values)[0] == [3, 2, 1]
    assert values == [1, 2, 3]


def test_connection_timers_hide_no_wait():
    """A submission that waits for ever with connections kept alive is still told that it waits."""

    async def scenario(server):
        async def waits():
            async with aiohttp.ClientSession(server.url) as session:
                await asyncio.gather(*(session.get("/text") for _ in range(3)))
                await asyncio.Event().wait()

        with pytest.raises(NotYet, match="It waits for something that never happens"):
            await Trial(server.application, server.clock, waits).call()

    run_served(scenario)
