"""A submission that never ends is stopped, and it is told why and where."""

import asyncio
import signal
import subprocess

import pytest

from lab.checking import watchdog
from lab.checking.clock import controlled_clock
from lab.checking.limit import CANCELLATIONS, CancelledItself, Limit, Reason, Stopped
from tests.support import real_time

LIMIT = 60.0


def limited(function, seconds=LIMIT):
    """Run a coroutine function under a limit, on a loop of its own."""

    async def scenario():
        with controlled_clock() as clock:
            return await Limit(clock, seconds).run(function())

    return asyncio.run(scenario())


def stopped(function):
    with pytest.raises(Stopped) as stop:
        limited(function)
    return stop.value


def test_a_result_passes():
    """What ends in time keeps its result."""

    async def ends():
        await asyncio.sleep(LIMIT - 1)
        return "done"

    assert limited(ends) == "done"


def test_an_exception_passes():
    """What raises in time keeps its exception."""

    async def raises():
        raise KeyError("one")

    with pytest.raises(KeyError, match="one"):
        limited(raises)


def test_waiting_for_nothing_ends_at_once():
    """What waits for something that never happens is stopped without delay, and its line is told."""

    async def waits():
        await asyncio.Event().wait()

    began = real_time.monotonic()
    stop = stopped(waits)
    assert (stop.reason, stop.ended) == (Reason.WAITS, True)
    assert stop.line.source == "await asyncio.Event().wait()"
    assert real_time.monotonic() - began < LIMIT / 10


def test_repeating_for_ever_ends():
    """What sleeps again and again is stopped when its time by the clock is up."""

    async def repeats():
        while True:  # noqa: ASYNC110 - what a learner may write
            await asyncio.sleep(1)

    assert stopped(repeats).reason is Reason.REPEATS


@pytest.mark.parametrize("place", ["alone", "gathered", "in a TaskGroup"])
def test_computing_for_ever_ends(monkeypatch, place):
    """A loop of plain code is stopped by its processor time, wherever it runs, and its line is told."""
    monkeypatch.setattr(watchdog, "STEP", 0.5)

    async def computes():
        while True:
            pass

    async def gathers():
        await asyncio.gather(computes(), asyncio.sleep(1))

    async def groups():
        async with asyncio.TaskGroup() as group:
            group.create_task(computes())

    stop = stopped({"alone": computes, "gathered": gathers, "in a TaskGroup": groups}[place])
    assert stop.reason is Reason.COMPUTES
    assert stop.line.source in ("while True:", "pass")


def test_yielding_for_ever_ends(monkeypatch):
    """A loop of `sleep(0)`, which hardly moves the clock, is stopped by its processor time."""
    monkeypatch.setattr(watchdog, "CALL", 0.5)

    async def yields():
        while True:  # noqa: ASYNC110 - what a learner may write
            await asyncio.sleep(0)

    assert stopped(yields).reason is Reason.COMPUTES


def test_a_wait_outside_python_is_stopped(monkeypatch):
    """A call that uses no processor time and never returns is stopped after real seconds."""
    monkeypatch.setattr(watchdog, "HUNG", 0.5)

    async def hangs():
        subprocess.run(["sleep", "60"])  # noqa: ASYNC221 - what a learner may write

    assert stopped(hangs).reason is Reason.BLOCKS


def test_loop_callbacks_are_not_interrupted(monkeypatch):
    """The exception is raised in a task only: in the loop's own code it would end the kernel."""
    monkeypatch.setattr(watchdog, "STEP", 0.1)
    ended = []

    def computes():
        end = real_time.monotonic() + 0.5
        while real_time.monotonic() < end:
            pass
        ended.append(True)

    async def calls():
        asyncio.get_running_loop().call_soon(computes)
        await asyncio.sleep(1)
        return "done"

    assert limited(calls) == "done"
    assert ended


def test_a_stopped_process_does_not_count(monkeypatch):
    """Real time that the machine takes is not counted, only processor time."""
    monkeypatch.setattr(watchdog, "STEP", 0.5)

    async def stands_still():
        real_time.sleep(1.5)
        return "done"

    assert limited(stands_still) == "done"


def test_swallowed_cancellations_are_given_up():
    """What catches CancelledError again and again is left alone, and that is told."""

    async def swallows():
        for _ in range(CANCELLATIONS + 1):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    assert not stopped(swallows).ended


def test_awaiting_what_one_has_cancelled_is_told():
    """A CancelledError from within is not taken for an interrupt."""

    async def cancels_its_own():
        task = asyncio.create_task(asyncio.sleep(1))
        task.cancel()
        await task

    with pytest.raises(CancelledItself):
        limited(cancels_its_own)


def test_an_interrupt_ends_it_too():
    """A cancellation from outside, such as Jupyter's Interrupt, ends the coroutine and passes."""
    ended = []

    async def long():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def scenario():
        with controlled_clock() as clock:
            task = asyncio.create_task(Limit(clock, LIMIT).run(long()))
            await asyncio.sleep(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(scenario())
    assert ended


def test_the_signal_is_as_before():
    """Afterwards the signal's handler is the one that was there."""

    def own(*_):
        pass

    former = signal.signal(watchdog.SIGNAL, own)
    try:
        limited(lambda: asyncio.sleep(1))
        assert signal.getsignal(watchdog.SIGNAL) is own
    finally:
        signal.signal(watchdog.SIGNAL, former)
