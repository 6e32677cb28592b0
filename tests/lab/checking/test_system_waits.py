"""Threads that wait in the system are told from those that compute, and from those that a busy machine lets wait."""

import hashlib
import os
import queue
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from lab.checking.system_waits import MOST_LOOKS, SystemWaits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the state of a thread")


@contextmanager
def running(work):
    """Run a function in a thread again and again; the thread ends with the block."""
    ended = threading.Event()

    def repeat():
        while not ended.is_set():
            work()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        ended.set()


def compute():
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10_000)


def looks(thread, count):
    """Look at a thread several times, and return what was found."""
    waits = SystemWaits()
    found = []
    for _ in range(count):
        found.append(waits.found([thread]))
        time.sleep(0.02)
    return found


def test_a_thread_that_waits_in_the_system():
    """A thread that waits for a `SimpleQueue` is found, and no more once it has something to do."""
    calls = queue.SimpleQueue()
    with running(calls.get) as thread:
        waits = SystemWaits()
        for _ in range(MOST_LOOKS):
            if found := waits.found([thread]):
                break
            time.sleep(0.02)
        assert found
        calls.put("a call")
        assert not waits.found([thread])
        calls.put("the last call")


@pytest.mark.parametrize(("seconds", "is_locked"), [(None, True), (60, False)])
def test_a_thread_that_waits_for_a_lock(seconds, is_locked):
    """It is known until it runs again. A limit may end a wait, so one with a limit does not count."""
    calls = queue.SimpleQueue()
    with running(lambda: calls.get(timeout=seconds)) as thread:
        waits = SystemWaits()
        while not waits.found([thread]):
            time.sleep(0.02)
        assert waits.is_locked(thread) == is_locked
        calls.put("a call")
        while waits.is_locked(thread):
            time.sleep(0.02)
        calls.put("the last call")


def test_a_thread_that_computes():
    """A thread that computes does not wait; after many looks the clock must go on all the same."""
    with running(compute) as thread:
        assert looks(thread, MOST_LOOKS + 1) == [False] * MOST_LOOKS + [True]


def test_a_thread_without_processor_time():
    """A thread that could run, but that a busy machine gives no processor time, does not wait."""
    processor = max(os.sched_getaffinity(0))
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as hog, running(compute) as thread:
        try:
            os.sched_setaffinity(hog.pid, {processor})
            os.sched_setaffinity(thread.native_id, {processor})
            os.sched_setscheduler(thread.native_id, os.SCHED_IDLE, os.sched_param(0))
            assert looks(thread, 10) == [False] * 10
        finally:
            hog.kill()


def test_a_call_that_no_thread_has_begun():
    """Nothing is known of it, so it does not count as waiting."""
    waits = SystemWaits()
    assert [waits.found([None]) for _ in range(3)] == [False] * 3
