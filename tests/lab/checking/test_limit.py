"""A time limit holds for whatever a learner may write."""

import asyncio
import signal
import subprocess
import sys
import time

import pytest

from lab.checking.limit import CANCELLATIONS, Endless, SelfCancelled, within


def test_what_ends_in_time_keeps_its_result():
    assert asyncio.run(within(5, asyncio.sleep(0, "done"))) == "done"


def test_what_raises_in_time_keeps_its_exception():
    async def fails():
        raise KeyError("one")

    with pytest.raises(KeyError, match="one"):
        asyncio.run(within(5, fails()))


def test_what_awaits_a_task_that_it_cancelled_is_not_taken_for_endless():
    async def cancels_its_own():
        task = asyncio.create_task(asyncio.sleep(60))
        task.cancel()
        await task

    with pytest.raises(SelfCancelled):
        asyncio.run(within(5, cancels_its_own()))


def test_what_never_ends_is_stopped():
    with pytest.raises(Endless) as endless:
        asyncio.run(within(0.1, asyncio.sleep(60)))
    assert (endless.value.blocking, endless.value.stopped) == (False, True)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no such signals here")
@pytest.mark.parametrize("place", ["alone", "gathered", "in a TaskGroup"])
def test_what_blocks_the_loop_is_stopped(place):
    async def blocks():
        while True:
            time.sleep(0.01)  # noqa: ASYNC251 - what a learner may write

    async def gathers():
        await asyncio.gather(blocks())

    async def groups():
        async with asyncio.TaskGroup() as group:
            group.create_task(blocks())

    with pytest.raises(Endless) as endless:
        asyncio.run(within(0.1, {"alone": blocks, "gathered": gathers, "in a TaskGroup": groups}[place]()))
    assert endless.value.blocking


def test_a_callback_of_the_loops_own_is_not_hit():
    ended = []

    def blocks():
        time.sleep(2.5)
        ended.append(True)

    async def calls():
        asyncio.get_running_loop().call_soon(blocks)
        await asyncio.sleep(60)

    with pytest.raises(Endless) as endless:
        asyncio.run(within(0.1, calls()))
    assert (ended, endless.value.blocking) == ([True], False)


def test_on_a_machine_that_stands_still_it_gets_longer():
    async def stands_still():
        for _ in range(4):
            await asyncio.sleep(0)
            time.sleep(0.5)  # noqa: ASYNC251 - all of it is to stand still
        return "done"

    assert asyncio.run(within(1.2, stands_still())) == "done"


def test_what_swallows_its_cancellations_is_given_up():
    async def swallows():
        for _ in range(CANCELLATIONS + 1):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue

    with pytest.raises(Endless) as endless:
        asyncio.run(within(0.1, swallows()))
    assert not endless.value.stopped


def test_an_interrupt_stops_it_too():
    ended = []

    async def long():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def scenario():
        task = asyncio.create_task(within(60, long()))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended

    asyncio.run(scenario())


WAITING = """
import asyncio
from lab.checking.limit import Endless, within

async def computes():
    while True:
        await asyncio.sleep(0)
        sum(range(5_000_000))

async def main():
    print("begins", flush=True)
    try:
        await within(1, COROUTINE)
    except Endless as endless:
        print("blocking:", endless.blocking)

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signals here")
@pytest.mark.parametrize("coroutine", ["asyncio.sleep(60)", "computes()"])
def test_a_loop_that_was_only_kept_from_the_processor_is_not_hit(coroutine):
    """The alarm would go off in the event loop itself, and end it, and with it the kernel."""
    program = [sys.executable, "-c", WAITING.replace("COROUTINE", coroutine)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        time.sleep(0.3)
        process.send_signal(signal.SIGSTOP)
        time.sleep(3)
        process.send_signal(signal.SIGCONT)
        assert process.stdout.read() == "blocking: False\n"


def test_afterwards_the_alarm_is_the_one_before():
    def own(*_):
        pass

    former, timer = signal.signal(signal.SIGALRM, own), signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        asyncio.run(within(5, asyncio.sleep(0)))
        assert signal.getsignal(signal.SIGALRM) is own
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 900
        signal.setitimer(signal.ITIMER_REAL, 0)
        asyncio.run(within(5, asyncio.sleep(0)))
        assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    finally:
        signal.signal(signal.SIGALRM, former)
        signal.setitimer(signal.ITIMER_REAL, *timer)
