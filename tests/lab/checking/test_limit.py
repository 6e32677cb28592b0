"""A submission that never ends is stopped, and the error says why and on which line."""

import asyncio
import gc
import os
import random
import signal
import subprocess
import threading
from concurrent.futures import Future

import pytest

from lab.checking import limit, watchdog
from lab.checking.clock import controlled_clock
from lab.checking.limit import CANCELLATIONS, CancelledItself, Limit, Reason, Stopped
from tests.support import real_time

LIMIT = 60.0


def limited(function, seconds=LIMIT):
    """Run a coroutine function under a limit, on its own event loop."""

    async def scenario():
        with controlled_clock() as clock, watchdog.watchdog(clock) as guard:
            return await Limit(guard, seconds).run(function())

    return asyncio.run(scenario())


def stopped(function, seconds=LIMIT):
    with pytest.raises(Stopped) as stop:
        limited(function, seconds)
    return stop.value


def test_a_result_passes():
    """A coroutine that ends in time returns its result."""

    async def ends():
        await asyncio.sleep(LIMIT - 1)
        return "done"

    assert limited(ends) == "done"


def test_waiting_for_nothing_ends_at_once():
    """A wait for something that never happens is stopped at once, and its line is named."""

    async def waits():
        await asyncio.Event().wait()

    began = real_time.monotonic()
    stop = stopped(waits)
    assert (stop.reason, stop.ended) == (Reason.WAITS, True)
    assert stop.line.source == "await asyncio.Event().wait()"
    assert real_time.monotonic() - began < LIMIT / 10


def test_repeated_sleeps_are_stopped():
    """Sleeps without end are stopped when the limit on the clock is reached."""

    async def repeats():
        while True:  # noqa: ASYNC110 - what a learner may write
            await asyncio.sleep(1)

    assert stopped(repeats).reason is Reason.REPEATS


@pytest.mark.parametrize("place", ["gathered", "in a TaskGroup"])
def test_endless_computing_is_stopped(monkeypatch, caplog, place):
    """A loop without `await` is stopped by its processor time, its line is named, and nothing is reported later."""
    monkeypatch.setattr(watchdog, "STEP", 0.2)

    async def computes():
        while True:
            pass

    async def gathers():
        await asyncio.gather(computes(), asyncio.sleep(1))

    async def groups():
        async with asyncio.TaskGroup() as group:
            group.create_task(computes())

    stop = stopped({"gathered": gathers, "in a TaskGroup": groups}[place])
    assert stop.reason is Reason.COMPUTES
    assert stop.line.source in ("while True:", "pass")
    del stop
    gc.collect()
    assert caplog.text == ""


def test_endless_yielding_is_stopped():
    """A loop of `sleep(0)` reaches the limit on the clock."""

    async def yields():
        while True:  # noqa: ASYNC110 - what a learner may write
            await asyncio.sleep(0)

    assert stopped(yields).reason is Reason.WAITS


def test_endless_work_is_stopped(monkeypatch):
    """A loop of short computations is stopped by its processor time."""
    monkeypatch.setattr(limit, "MOST_WORK", 0.5)

    async def computes():
        while True:
            sum(range(100_000))
            await asyncio.sleep(0)

    assert stopped(computes).reason is Reason.COMPUTES


@pytest.mark.parametrize(("pause", "processor_seconds"), [(0.005, 1000), (2.0, 0.5)])
def test_endless_polling_is_stopped(monkeypatch, pause, processor_seconds):
    """A function that looks at the time every few milliseconds for hours is stopped, and told that it polls.

    One that does so every few seconds is stopped, too, if that takes much processor time.
    """
    monkeypatch.setattr(limit, "MOST_WORK", processor_seconds)
    monkeypatch.setattr(limit, "MANY_JUMPS", 1000)

    async def polls():
        while True:  # noqa: ASYNC110 - what a learner may write
            await asyncio.sleep(pause)

    assert stopped(polls, 1_000_000.0).reason is Reason.POLLS


def test_the_line_of_another_task_that_polls_is_named(monkeypatch):
    """The function itself may only wait, while a task that it has started polls."""
    monkeypatch.setattr(limit, "MANY_JUMPS", 100)

    async def polls():
        while True:  # noqa: ASYNC110 - what a learner may write
            await asyncio.sleep(0.7)

    async def waits():
        watchdog = asyncio.create_task(polls())
        await asyncio.Event().wait()
        await watchdog

    stop = stopped(waits, 1_000_000.0)
    assert (stop.reason, stop.line.source) == (Reason.POLLS, "await asyncio.sleep(0.7)")


def test_polling_for_less_than_a_minute_is_allowed(monkeypatch):
    """Tasks that look at the time for a while may do so often."""
    monkeypatch.setattr(limit, "MANY_JUMPS", 1000)

    async def polls():
        loop = asyncio.get_running_loop()
        end = loop.time() + 59
        while loop.time() < end:  # noqa: ASYNC110 - what a learner may write
            await asyncio.sleep(0.005)
        return "done"

    assert limited(polls) == "done"


def test_a_thread_that_does_not_end_is_stopped(monkeypatch):
    """The clock follows the real one while a thread works or waits outside of Python, but not for ever."""
    monkeypatch.setattr(limit, "MOST_WAITED", 0.3)
    reads, writes = os.pipe()

    async def waits():
        threading.Thread(target=os.read, args=[reads, 1]).start()
        try:
            await asyncio.Event().wait()
        finally:
            os.close(writes)

    assert stopped(waits, 100_000.0).reason is Reason.THREADS


async def waits_for_a_timer():
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(1000, future.set_result, None)
    await future


def test_what_falls_due_at_the_limit_still_happens():
    """Twenty waits of 3 s take a few microseconds more than the limit of 60 s, and count as in time."""

    async def waits():
        for _ in range(20):
            await asyncio.sleep(3)
        return "done"

    assert limited(waits, 60.0) == "done"


@pytest.mark.parametrize("wait", [lambda: asyncio.sleep(1000), waits_for_a_timer])
def test_a_timer_is_no_waiting_for_nothing(wait):
    """A function that waits for a time too far away has not ended; what it waits for does happen."""
    assert stopped(wait).reason is Reason.REPEATS


def test_a_wait_outside_python_is_stopped(monkeypatch):
    """A call that uses no processor time and never returns is stopped after some real seconds."""
    monkeypatch.setattr(watchdog, "HUNG", 0.5)

    async def hangs():
        subprocess.run(["sleep", "60"])  # noqa: ASYNC221 - what a learner may write

    assert stopped(hangs).reason is Reason.BLOCKS


def test_the_line_is_that_of_the_loop(monkeypatch):
    """An endless loop is stopped where it begins again, so a check names the same line each time."""
    monkeypatch.setattr(watchdog, "STEP", 0.05)

    def is_done(future):
        return future.done()

    async def counts(future):
        looks = 0
        while not is_done(future):
            looks += 1
            looks -= 1

    lines = {stopped(lambda: counts(Future())).line for _ in range(5)}
    assert [line.source for line in lines] == ["while not is_done(future):"]


def test_a_stop_leaves_no_lock_behind(monkeypatch):
    """Code that computes is stopped outside of Python's own: an exception there could keep a lock for a thread."""
    monkeypatch.setattr(watchdog, "STEP", 0.05)

    async def looks_at(future):
        while not future.done():
            pass

    for _ in range(10):
        future = Future()
        assert stopped(lambda future=future: looks_at(future)).reason is Reason.COMPUTES
        worker = threading.Thread(target=future.set_result, args=[None], daemon=True)
        worker.start()
        worker.join(10)
        assert future.done()


def test_other_callbacks_are_not_interrupted(monkeypatch):
    """The exception is raised only in the learner's code, because in the loop's own code it would end the kernel."""
    monkeypatch.setattr(watchdog, "STEP", 0.1)
    monkeypatch.setattr(watchdog, "MOST_TRIES", 0)

    async def calls():
        asyncio.get_running_loop().call_soon(random.shuffle, list(range(1_000_000)))
        await asyncio.sleep(1)
        return "done"

    assert limited(calls) == "done"


def test_a_stopped_process_does_not_count(monkeypatch):
    """Processor time counts, not real time in which the process was stopped."""
    monkeypatch.setattr(watchdog, "STEP", 0.5)

    async def stands_still():
        real_time.sleep(1.5)
        return "done"

    assert limited(stands_still) == "done"


def test_swallowed_cancellations_are_given_up():
    """A coroutine that always swallows CancelledError is left running, and the error says so."""

    async def swallows():
        for _ in range(CANCELLATIONS + 1):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    assert not stopped(swallows).ended


def test_a_self_cancelled_coroutine_is_reported():
    """A coroutine that cancels itself is not taken for an interrupt."""

    async def cancels_its_own():
        task = asyncio.create_task(asyncio.sleep(1))
        task.cancel()
        await task

    with pytest.raises(CancelledItself):
        limited(cancels_its_own)


def test_a_callback_that_computes_is_stopped(monkeypatch):
    """A callback is no task, but it blocks the event loop as well."""
    monkeypatch.setattr(watchdog, "STEP", 0.2)

    def computes():
        while True:
            pass

    async def calls():
        asyncio.get_running_loop().call_later(1, computes)
        await asyncio.sleep(5)

    stop = stopped(calls)
    assert (stop.reason, stop.line.source) == (Reason.COMPUTES, "while True:")


def test_an_interrupt_passes():
    """A cancellation from outside, such as Jupyter's Interrupt, ends the coroutine and is raised."""
    ended = []

    async def long():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def scenario():
        with controlled_clock() as clock, watchdog.watchdog(clock) as guard:
            task = asyncio.create_task(Limit(guard, LIMIT).run(long()))
            await asyncio.sleep(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(scenario())
    assert ended


async def overlapping():
    """Run calls that end in another order than the reverse of their start."""
    with controlled_clock() as clock, watchdog.watchdog(clock) as guard:
        await asyncio.gather(*(Limit(guard, LIMIT).run(asyncio.sleep(seconds)) for seconds in (2, 1, 3)))


@pytest.mark.parametrize("calls", [lambda: limited(lambda: asyncio.sleep(1)), lambda: asyncio.run(overlapping())])
def test_the_signal_handler_is_restored(calls):
    """The signal has its previous handler afterwards."""

    def own(*_):
        pass

    former = signal.signal(watchdog.SIGNAL, own)
    try:
        calls()
        assert signal.getsignal(watchdog.SIGNAL) is own
    finally:
        signal.signal(watchdog.SIGNAL, former)
