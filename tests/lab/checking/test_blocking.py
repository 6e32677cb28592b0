"""Calls that block the event loop are refused or skipped, and the learner's line is named."""

import asyncio
import http.client
import inspect
import multiprocessing
import os
import queue
import socket
import subprocess
import threading
import time
import urllib.request
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from time import sleep

import pytest
import requests

from lab.checking.blocking import EventLoopBlocked
from tests.support import real_time
from tests.support.served import run_served

pool = ThreadPoolExecutor(2)


def port(url):
    return int(url.rpartition(":")[2])


CALLS = {
    "requests.get": lambda url: requests.get(url),
    "requests.Session.get": lambda url: requests.Session().get(url),
    "urllib.request.urlopen": lambda url: urllib.request.urlopen(url),
    "http.client.HTTPConnection.request": lambda url: http.client.HTTPConnection("127.0.0.1", port(url)).request(
        "GET", "/"
    ),
    "socket.create_connection": lambda url: socket.create_connection(("127.0.0.1", port(url))),
    "concurrent.futures.Future.result": lambda url: pool.submit(requests.get, f"{url}/delay/1").result(),
    "concurrent.futures.Executor.map": lambda url: list(pool.map(requests.get, [f"{url}/delay/1"])),
    "queue.Queue.get": lambda url: queue.Queue().get(),
    "threading.Event.wait": lambda url: threading.Event().wait(),
    "threading.Condition.wait": lambda url: wait_for_condition(),
    "os.system": lambda url: os.system("true"),
    "subprocess.Popen": lambda url: subprocess.run(["true"], check=True),
    "multiprocessing.Process.start": lambda url: multiprocessing.Process(target=abs, args=[1]).start(),
}


def wait_for_condition():
    with (condition := threading.Condition()):
        condition.wait()


def noted(call):
    """Return the record of a blocking call in a coroutine, which is refused."""

    async def scenario(server):
        with pytest.raises(EventLoopBlocked):
            call(server.url)
        return server.clock.blocking.found

    return run_served(scenario)


@pytest.mark.parametrize("name", CALLS)
def test_a_blocking_call_is_refused_at_once(name):
    """The error names the blocking call and the learner's line."""
    [call] = noted(CALLS[name])
    assert call.name == name
    assert call.line.number == inspect.getsourcelines(CALLS[name])[1] or name == "threading.Condition.wait"


def test_joining_a_thread_is_refused():
    """Joining a busy thread on the event loop's thread is refused."""
    asked = threading.Event()

    def join(_url):
        thread = threading.Thread(target=asked.wait)
        thread.start()
        try:
            thread.join()
        finally:
            asked.set()

    assert [call.name for call in noted(join)] == ["threading.Thread.join"]


@pytest.mark.parametrize("call", [lambda: time.sleep(0.5), lambda: sleep(0.5)], ids=["time.sleep", "sleep, imported"])
def test_a_blocking_sleep_is_recorded(call):
    """`time.sleep` on the event loop's thread is recorded, and the clock advances, so that the picture shows it."""

    async def scenario(server):
        call()
        return server.elapsed, [call.name for call in server.clock.blocking.found]

    elapsed, names = run_served(scenario)
    assert elapsed == pytest.approx(0.5, abs=0.01)
    assert names == ["time.sleep"]


def test_sleeping_again_and_again_is_refused():
    """Code that sleeps until a thread is done would never end: its thread goes on only with the event loop."""

    def sleep_until_done(call):
        while not call.done():
            time.sleep(0.1)

    async def scenario(server):
        call = pool.submit(requests.get, f"{server.url}/delay/1")
        with pytest.raises(EventLoopBlocked):
            sleep_until_done(call)
        return server.clock.blocking.found[-1].name

    assert run_served(scenario) == "time.sleep"


def test_a_negative_sleep_is_an_error():
    """`time.sleep` refuses a negative number of seconds, as the real one does."""

    async def scenario(server):
        with pytest.raises(ValueError, match="sleep length must be non-negative"):
            await asyncio.to_thread(time.sleep, -1)

    run_served(scenario)


def test_an_idle_pool_may_be_closed():
    """A ThreadPoolExecutor may be closed after its calls were awaited, because that does not block."""

    async def scenario(server):
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(3) as own:
            await asyncio.gather(
                *(loop.run_in_executor(own, requests.get, f"{server.url}/delay/1?{n}") for n in range(3))
            )
        return server.clock.blocking.found

    assert run_served(scenario) == []


def test_a_busy_pool_may_not_be_closed():
    """A ThreadPoolExecutor may not be closed while its calls run, because that blocks until they end."""

    def close(url):
        with ThreadPoolExecutor(1) as own:
            own.submit(time.sleep, 1)

    assert [call.name for call in noted(close)] == ["concurrent.futures.Executor.__exit__"]


@pytest.mark.parametrize("start", multiprocessing.get_all_start_methods())
def test_a_pool_of_processes_is_refused(start):
    """A ProcessPoolExecutor is refused before it has started a process, in whichever way it starts them."""

    def submit(url):
        with ProcessPoolExecutor(1, multiprocessing.get_context(start)) as own:
            own.submit(requests.get, url)

    assert [call.name for call in noted(submit)] == ["multiprocessing.Process.start"]
    assert multiprocessing.active_children() == []


def test_a_closed_pool_does_not_block():
    """A pool that has refused a call, because it was shut down, may be shut down again."""

    async def scenario(server):
        loop = asyncio.get_running_loop()
        own = ThreadPoolExecutor(1)
        await loop.run_in_executor(own, abs, -1)
        own.shutdown()
        with pytest.raises(RuntimeError, match="after shutdown"):
            loop.run_in_executor(own, abs, -1)
        own.shutdown()
        return server.clock.blocking.found

    assert run_served(scenario) == []


def test_asyncio_itself_is_not_refused():
    """asyncio's own connections and streams are allowed."""

    async def scenario(server):
        reader, writer = await asyncio.open_connection("127.0.0.1", port(server.url))
        writer.write(b"GET /text HTTP/1.1\r\nHost: x\r\n\r\n")
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return line, server.clock.blocking.found

    assert run_served(scenario) == (b"HTTP/1.1 200 OK\r\n", [])


def test_other_servers_are_out_of_reach():
    """With a port set, a connection to any other server is refused and recorded."""

    async def scenario(server):
        server.clock.blocking.port = port(server.url)
        with pytest.raises(OSError, match="its own server only"):
            await asyncio.open_connection("127.0.0.1", 9)
        return server.clock.blocking.elsewhere

    assert run_served(scenario) == ["127.0.0.1:9"]


def test_a_stranger_may_reach_other_servers():
    """A thread from before the block, as of an earlier check, is no concern of this one."""
    begin, ended = threading.Event(), threading.Event()
    errors = []

    def stranger():
        begin.wait()
        try:
            socket.create_connection(("127.0.0.1", 9))
        except OSError as error:
            errors.append(error)
        ended.set()

    threading.Thread(target=stranger).start()

    async def scenario(server):
        server.clock.blocking.port = port(server.url)
        begin.set()
        while not ended.is_set():
            real_time.sleep(0.001)
        return server.clock.blocking.elsewhere

    assert run_served(scenario) == []
    assert "its own server only" not in str(errors)
