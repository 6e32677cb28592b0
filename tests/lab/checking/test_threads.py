"""The clock waits for threads that compute, and skips the waits of threads that sleep or wait for data."""

import asyncio
import os
import queue
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

import aiohttp
import pytest
import requests

from lab.checking import clock, system_waits, threads
from lab.checking.waiting import Wait
from tests.support import real_time
from tests.support.served import run_served

EXACT = 0.005  # seconds, of microseconds that each iteration of the loop takes
HOUR = 3600
NAPS = 10
LONG = 60  # seconds that the server waits at most


def naps():
    for _ in range(NAPS):
        time.sleep(0.1)


def test_a_threads_sleep_is_skipped():
    """An hour of `time.sleep` in a thread takes an hour of the clock and hardly any real time."""

    async def scenario(server):
        began = real_time.monotonic()
        await asyncio.gather(*(asyncio.to_thread(time.sleep, HOUR) for _ in range(3)))
        return server.elapsed, real_time.monotonic() - began

    elapsed, took = run_served(scenario)
    assert elapsed == pytest.approx(HOUR, abs=EXACT)
    assert took < elapsed / 100


def test_a_thread_that_wakes_late_is_on_time(monkeypatch):
    """The clock stands still until a thread notices that its sleep is over, so short sleeps are exact, too."""
    monkeypatch.setattr(Wait, "block", lambda *_: real_time.sleep(0.2))

    async def scenario(server):
        await asyncio.to_thread(naps)
        return server.elapsed

    assert run_served(scenario) == pytest.approx(1, abs=EXACT)


def _times_out(wait):
    with pytest.raises((TimeoutError, queue.Empty)):
        wait()


def _in_condition(wait):
    condition = threading.Condition()
    with condition:
        wait(condition)


TIMED_WAITS = {
    "Event.wait": lambda: threading.Event().wait(HOUR),
    "Condition.wait_for": lambda: _in_condition(lambda condition: condition.wait_for(lambda: False, HOUR)),
    "Semaphore.acquire": lambda: threading.Semaphore(0).acquire(timeout=HOUR),
    "Queue.get": lambda: _times_out(lambda: queue.Queue().get(timeout=HOUR)),
    "Future.result": lambda: _times_out(lambda: Future().result(HOUR)),
}


@pytest.mark.parametrize("wait", TIMED_WAITS.values(), ids=TIMED_WAITS)
def test_a_threads_wait_with_a_limit_is_skipped(wait):
    """A thread's wait for another one ends at its limit on the clock, and not before."""

    async def scenario(server):
        await asyncio.gather(*(asyncio.to_thread(wait) for _ in range(3)))
        return server.elapsed

    assert run_served(scenario) == pytest.approx(HOUR, abs=EXACT)


@pytest.mark.parametrize("wait", [lambda event: event.wait(HOUR), lambda event: event.wait()], ids=["limit", "none"])
def test_a_thread_that_is_notified_goes_on_at_once(wait):
    """A wait that another thread ends takes as long as that thread does."""

    async def scenario(server):
        event, seconds = threading.Event(), []

        def waits():
            seconds.append((wait(event), server.elapsed))

        def notifies():
            time.sleep(100)
            event.set()

        await asyncio.gather(asyncio.to_thread(waits), asyncio.to_thread(notifies))
        return seconds

    [(was_set, elapsed)] = run_served(scenario)
    assert was_set
    assert elapsed == pytest.approx(100, abs=EXACT)


def test_a_timer_waits_on_the_clock():
    """A `threading.Timer` calls its function when its time has come on the clock; it can be cancelled."""

    async def scenario(server):
        loop, rung = asyncio.get_running_loop(), asyncio.Event()
        cancelled = threading.Timer(1, loop.call_soon_threadsafe, [rung.set])
        timer = threading.Timer(HOUR, loop.call_soon_threadsafe, [rung.set])
        for each in (cancelled, timer):
            each.start()
        cancelled.cancel()
        await rung.wait()
        return server.elapsed

    assert run_served(scenario) == pytest.approx(HOUR, abs=EXACT)


def test_an_event_loop_in_a_thread_waits_on_the_clock():
    """Its timers are exact, and it waits for its responses like any other client."""

    async def ask_twice(url):
        async with aiohttp.ClientSession(url) as session:
            for _ in range(2):
                await asyncio.sleep(HOUR)
                async with session.get(f"/delay/{LONG}"):
                    pass

    async def scenario(server):
        await asyncio.to_thread(asyncio.run, ask_twice(server.url))
        return server.elapsed

    assert run_served(scenario) == pytest.approx(2 * (HOUR + LONG), abs=EXACT)


def test_a_call_handed_over_by_a_stranger_does_not_count():
    """What a thread from before the block, as of an earlier one, hands to a pool is not waited for."""
    handed_over, done, pool = threading.Event(), threading.Event(), ThreadPoolExecutor(1)
    begin = threading.Event()

    def work():
        while not done.is_set():
            real_time.sleep(0.001)

    def stranger():
        begin.wait()
        pool.submit(work)
        handed_over.set()

    threading.Thread(target=stranger).start()

    async def scenario(server):
        begin.set()
        while not handed_over.is_set():
            real_time.sleep(0.001)
        await asyncio.sleep(HOUR)
        return server.elapsed

    with pool:
        try:
            assert run_served(scenario) == pytest.approx(HOUR, abs=EXACT)
        finally:
            done.set()


def test_a_pool_of_multiprocessing_waits_on_the_clock():
    """The threads of a `ThreadPool` sleep together, and are known to wait when they have nothing to do."""
    pools = []

    async def scenario(server):
        pools.append(ThreadPool(5))
        await asyncio.to_thread(pools[0].map, time.sleep, [HOUR] * 5, 1)
        await asyncio.sleep(HOUR)
        return server.elapsed

    assert run_served(scenario) == pytest.approx(2 * HOUR, abs=EXACT)
    pools[0].terminate()


@pytest.mark.parametrize("looks", [threads, clock])
def test_a_thread_whose_sleep_is_over_is_woken(looks, monkeypatch):
    """The loop wakes a thread whose sleep is over, and the thread wakes the loop: neither waits for its next look."""
    interval = 3
    monkeypatch.setattr(looks, "THREAD_POLL_INTERVAL", interval)

    async def scenario(_):
        began = real_time.monotonic()
        await asyncio.gather(*(asyncio.to_thread(naps) for _ in range(3)))
        return real_time.monotonic() - began

    assert run_served(scenario) < NAPS * interval / 2


def test_a_coroutine_that_a_thread_starts_is_controlled():
    """A thread of a pool can start a coroutine on the event loop, whose waits are skipped, too."""

    async def scenario(server):
        loop = asyncio.get_running_loop()

        def in_thread():
            return asyncio.run_coroutine_threadsafe(asyncio.sleep(HOUR, "slept"), loop).result()

        assert await loop.run_in_executor(None, in_thread) == "slept"
        return server.elapsed

    assert run_served(scenario) == pytest.approx(HOUR, abs=EXACT)


@pytest.mark.parametrize("workers", [1, 5])
def test_requests_in_threads_take_controlled_time(workers):
    """Five requests of 20 s take 20 s in five threads, and 100 s in one."""

    async def scenario(server):
        loop, urls = asyncio.get_running_loop(), [f"{server.url}/delay/20?{n}" for n in range(5)]
        with ThreadPoolExecutor(workers) as pool:
            responses = await asyncio.gather(*(loop.run_in_executor(pool, requests.get, url) for url in urls))
        assert [response.status_code for response in responses] == [200] * 5
        return server.elapsed

    assert run_served(scenario) == pytest.approx(100 / workers, abs=EXACT)


def test_socket_timeouts_use_the_controlled_clock():
    """A thread's `requests.get(timeout=5)` gives up after 5 s of the clock."""

    async def scenario(server):
        with pytest.raises(requests.ReadTimeout):
            await asyncio.to_thread(requests.get, f"{server.url}/delay/30", timeout=5)
        return server.elapsed

    assert run_served(scenario) == pytest.approx(5, abs=EXACT)


def compute(seconds):
    """Keep the processor busy for a number of real seconds."""
    end = real_time.monotonic() + seconds
    while real_time.monotonic() < end:
        pass


def test_a_threads_work_takes_no_time():
    """The clock stands still while a thread computes, as while the event loop does, and no timer fires too early."""

    async def scenario(server):
        await asyncio.wait_for(asyncio.to_thread(compute, 0.2), HOUR)
        return server.elapsed

    assert run_served(scenario) < EXACT


def test_a_thread_can_compute_until_a_time(monkeypatch):
    """The clock follows the real one while a thread goes on computing, because it may look at the time."""
    monkeypatch.setattr(system_waits, "MOST_LOOKS", 3)

    def wait_busily():
        end = time.monotonic() + 0.1
        while time.monotonic() < end:
            pass

    async def scenario(server):
        await asyncio.to_thread(wait_busily)
        return server.elapsed

    assert 0.1 <= run_served(scenario) < 1


def test_a_wait_in_the_system_takes_real_time():
    """The clock follows the real one while a thread waits where nobody can see for what, as for another program."""

    async def scenario(server):
        reads, writes = os.pipe()
        waiting = asyncio.create_task(asyncio.to_thread(os.read, reads, 1))
        began = real_time.monotonic()
        await asyncio.sleep(0.3)
        os.write(writes, b"!")
        await waiting
        for end in reads, writes:
            os.close(end)
        return real_time.monotonic() - began

    assert run_served(scenario) >= 0.3


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a thread waits for")
@pytest.mark.parametrize("kind", ["lock", "queue"])
def test_a_wait_for_a_lock_is_skipped(kind):
    """Only another thread can end it, so it takes no real time; nor does one for a queue that is written in C."""

    async def scenario(server):
        held, calls = threading.Lock(), queue.SimpleQueue()
        held.acquire()
        waits, ends = {"lock": (held.acquire, held.release), "queue": (calls.get, lambda: calls.put(1))}[kind]
        asyncio.get_running_loop().call_later(HOUR, ends)
        await asyncio.to_thread(waits)
        return server.elapsed

    assert run_served(scenario) == pytest.approx(HOUR, abs=EXACT)


def test_a_thread_works_until_it_has_let_go_of_its_call():
    """A thread may hold its call, and so a connection, after the result is known; the clock waits for it to let go."""
    ended = []

    class Connection:
        def __init__(self):
            compute(0.1)

        def __del__(self):
            ended.append(True)

    async def scenario(server):
        with ThreadPoolExecutor(1) as pool:
            call = pool.submit(Connection)
            result = asyncio.wrap_future(call)
            call.add_done_callback(lambda _: compute(0.1))  # the thread still holds the connection
            await result
            del call, result
            await asyncio.sleep(HOUR)
            return list(ended)

    assert run_served(scenario) == [True]


@pytest.mark.parametrize("kind", ["submit", "thread"])
def test_threads_outside_the_loop_count(kind):
    """Calls submitted to a pool and threads that the code starts itself are waited for."""

    async def scenario(server):
        done = asyncio.Event()
        loop = asyncio.get_running_loop()

        def work():
            compute(0.1)
            loop.call_soon_threadsafe(done.set)

        pool = ThreadPoolExecutor(1)
        if kind == "submit":
            pool.submit(work)
        else:
            threading.Thread(target=work).start()
        await asyncio.wait_for(done.wait(), HOUR)
        pool.shutdown(wait=False)
        return server.elapsed

    assert run_served(scenario) < HOUR / 10


@pytest.mark.parametrize(("how", "noted"), [("set", 1), ("threadsafe", 0)])
def test_calls_that_do_not_wake_the_loop_are_noted(how, noted):
    """A thread that sets an asyncio event itself, rather than through `call_soon_threadsafe`, is noted."""

    async def scenario(server):
        done, loop = asyncio.Event(), asyncio.get_running_loop()

        def work():
            time.sleep(1)
            done.set() if how == "set" else loop.call_soon_threadsafe(done.set)

        threading.Thread(target=work).start()
        await done.wait()
        return len(server.clock.threads.unsafe_calls)

    assert run_served(scenario) == noted


def test_a_call_that_outlives_the_block_is_given_up():
    """Nobody looks at its result any more, so asyncio must not report its exception, even after the loop is closed."""
    ended = threading.Event()
    pool = ThreadPoolExecutor(1)

    async def scenario(server):
        return asyncio.get_running_loop().run_in_executor(pool, ended.wait, HOUR)

    assert run_served(scenario).cancelled()
    ended.set()
    pool.shutdown()


def test_a_failure_in_a_thread_of_the_block_is_not_reported(monkeypatch):
    """A verdict says what was wrong, and needs no traceback below it. Failures of other threads are reported."""
    reported = []
    monkeypatch.setattr(threading, "excepthook", lambda failure: reported.append(failure.exc_type))
    goes_on = threading.Event()

    def outside():
        goes_on.wait()
        raise KeyError

    other = threading.Thread(target=outside)
    other.start()

    async def scenario(server):
        await asyncio.to_thread(run_to_its_end, threading.Thread(target=lambda: [].pop()))
        goes_on.set()
        await asyncio.to_thread(other.join)

    def run_to_its_end(thread):
        thread.start()
        thread.join()

    run_served(scenario)
    assert reported == [KeyError]


def test_clocks_agree_in_a_thread():
    """After a sleep in a thread, `time.monotonic` shows the time that the sleep took."""

    def nap():
        began = time.monotonic()
        time.sleep(100)
        return time.monotonic() - began

    async def scenario(server):
        return await asyncio.to_thread(nap)

    assert run_served(scenario) == pytest.approx(100, abs=EXACT)


def test_other_threads_keep_real_time():
    """A thread outside the block, such as the kernel's, sleeps in real time."""
    naps = []
    done = threading.Event()

    def nap():
        while not done.is_set():
            began = real_time.monotonic()
            time.sleep(0.05)
            naps.append(real_time.monotonic() - began)

    thread = threading.Thread(target=nap)
    thread.start()

    async def scenario(server):
        for _ in range(100):
            await asyncio.sleep(HOUR)

    run_served(scenario)
    done.set()
    thread.join()
    assert min(naps) > 0.04


def test_an_ended_thread_is_not_taken_for_another():
    """Once a pool's thread has ended, a thread outside the block may get its identity, and the clock still jumps."""
    done = threading.Event()
    others = []

    async def scenario(server):
        pool = ThreadPoolExecutor(1)
        ended = pool.submit(threading.get_ident)
        while not ended.done():
            real_time.sleep(0.01)
        pool.shutdown()
        while not any(other.ident == ended.result() for other in others) and len(others) < 100:
            others.append(threading.Thread(target=done.wait, args=(HOUR,)))
            server.clock.threads.ignore(others[-1])
            others[-1].start()
        await asyncio.sleep(2)
        assert ended.result() in [other.ident for other in others]
        return server.clock.waited

    try:
        assert run_served(scenario) < 1
    finally:
        done.set()
        for other in others:
            other.join()


def test_a_sleep_ends_with_the_clock():
    """A thread that still sleeps when the controlled clock ends does not wait for it forever."""
    threads = []

    def sleeps():
        threads.append(threading.current_thread())
        time.sleep(HOUR)

    async def scenario(server):
        asyncio.get_running_loop().run_in_executor(None, sleeps)
        await asyncio.sleep(1)

    run_served(scenario)  # its event loop waits for the threads of its pool
    assert [thread.is_alive() for thread in threads] == [False]


def test_what_a_thread_does_afterwards_takes_real_time():
    """A thread that outlives the controlled clock uses the real one, even with a `sleep` that it got earlier."""
    took = []

    def sleeps_twice(sleep):
        sleep(HOUR)
        began = real_time.monotonic()
        sleep(0.05)
        took.append(real_time.monotonic() - began)

    async def scenario(server):
        asyncio.get_running_loop().run_in_executor(None, sleeps_twice, time.sleep)
        await asyncio.sleep(1)

    run_served(scenario)
    assert 0.05 <= took[0] < 50


def in_a_pool_inside(urls):
    with ThreadPoolExecutor(len(urls)) as pool:
        return list(pool.map(requests.get, urls))


def in_joined_threads(urls):
    responses = []
    threads = [threading.Thread(target=lambda url=url: responses.append(requests.get(url))) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return responses


def by_a_queue(urls):
    responses = queue.Queue()
    for url in urls:
        threading.Thread(target=lambda url=url: responses.put(requests.get(url))).start()
    return [responses.get() for _ in urls]


@pytest.mark.parametrize("fetch", [in_a_pool_inside, in_joined_threads, by_a_queue])
def test_a_thread_that_waits_for_others_does_not_work(fetch):
    """The clock skips the waits of threads even if another thread waits for them."""

    async def scenario(server):
        began = real_time.monotonic()
        responses = await asyncio.to_thread(fetch, [f"{server.url}/delay/{LONG}?{n}" for n in range(5)])
        assert [response.status_code for response in responses] == [200] * 5
        return server.elapsed, real_time.monotonic() - began

    elapsed, took = run_served(scenario)
    assert elapsed == pytest.approx(LONG, abs=EXACT)
    assert took < elapsed / 10


def test_a_notified_thread_works_before_it_continues():
    """A thread that has been notified no longer waits, even if it does not get the lock that it needs to continue."""

    async def scenario(server):
        condition = threading.Condition()

        def waits():
            with condition:
                condition.wait()

        thread = threading.Thread(target=waits)
        thread.start()
        while not server.clock.threads.all_wait():
            real_time.sleep(0.001)
        with condition:
            condition.notify()
            real_time.sleep(0.1)  # meanwhile the thread notices
            is_working = not server.clock.threads.all_wait()
        return thread, is_working

    thread, is_working = run_served(scenario)
    thread.join()
    assert is_working


def test_threads_that_lose_their_server_say_nothing(capfd):
    """A thread that still reads when the server closes ends without a traceback."""

    async def scenario(server):
        threads = [threading.Thread(target=requests.get, args=(f"{server.url}/delay/{LONG}",)) for _ in range(3)]
        for thread in threads:
            thread.start()
        await asyncio.to_thread(compute, 0.2)
        assert len(server.journal) == 3
        return threads

    for thread in run_served(scenario):
        thread.join()
    assert capfd.readouterr().err == ""
