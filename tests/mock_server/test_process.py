import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from mock_server import MockServer, MockServerError

from ..support.client import ask, kill

ROOT = Path(__file__).parents[2]
PATIENCE = 300  # seconds: long enough that only a hang exceeds it
FOREVER = 1000  # seconds
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals and forks")


def start_owner(*what, **options):
    """Start an owner, and return its process and the process ids of its children by name."""
    owner = subprocess.Popen(
        [sys.executable, "-m", "tests.support.owner", *what], cwd=ROOT, stdout=subprocess.PIPE, text=True, **options
    )
    pids = {}
    while "server" not in pids:
        name, number, *_ = owner.stdout.readline().split()
        pids[name] = int(number)
    return owner, pids


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until_gone(pid):
    end = time.monotonic() + PATIENCE
    while not is_gone(pid):
        assert time.monotonic() < end, "the server outlived its owner"
        time.sleep(0.01)


def end(owner, *pids):
    owner.kill()
    owner.wait()
    owner.stdout.close()
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@posix
@pytest.mark.parametrize("what", [(), ("work",), ("fork",)])
def test_server_ends_with_a_killed_owner(what):
    """The server ends after its owner is killed, even with a request in flight, or a child that holds its pipe open."""
    owner, pids = start_owner(*what)
    try:
        owner.kill()
        owner.wait()
        wait_until_gone(pids["server"])
    finally:
        end(owner, *pids.values())


@posix
def test_blocked_server_ends_with_its_owner():
    """A server whose event loop is blocked ends after its owner is killed."""
    code = (
        "import threading, time, asyncio, mock_server.process as p\n"
        f"async def serve(*a, **k): p.print_ready('x'); time.sleep({FOREVER})\n"
        "p.end_with_owner(__import__('os').getppid()); asyncio.run(serve())"
    )
    starter = (
        "import subprocess, sys, time\n"
        f"server = subprocess.Popen([sys.executable, '-c', {code!r}], stdin=subprocess.PIPE); time.sleep({FOREVER})"
    )
    owner = subprocess.Popen([sys.executable, "-c", starter], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    pid = int(re.search(r'"pid": (\d+)', owner.stdout.readline())[1])
    try:
        owner.kill()
        owner.wait()
        wait_until_gone(pid)
    finally:
        end(owner, pid)


@posix
def test_server_ends_with_its_owner():
    """The server ends when its owner exits."""
    owner, pids = start_owner("end")
    owner.wait()
    try:
        wait_until_gone(pids["server"])
    finally:
        end(owner, pids["server"])


@posix
def test_server_has_its_own_process_group():
    """The server is not in its owner's process group, and ends with the owner."""
    owner, pids = start_owner("work", start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        assert os.getpgid(pids["server"]) != os.getpgid(owner.pid)
        os.killpg(owner.pid, signal.SIGINT)
        owner.wait()
        wait_until_gone(pids["server"])  # because its owner ended, not because of the interrupt
    finally:
        end(owner, pids["server"])


@posix
def test_interrupt_spares_the_server():
    """An interrupt of the owner's process group does not end the server."""
    code = (
        "import signal, time; seen = []; signal.signal(signal.SIGINT, lambda *_: seen.append('interrupted'))\n"
        "from mock_server import MockServer; s = MockServer.start(); print(s.url, flush=True)\n"
        "while not seen: time.sleep(0.01)\n"
        "time.sleep(0.2); print(*seen, s.stats().exchanges); s.stop()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    owner.stdout.readline()
    os.killpg(owner.pid, signal.SIGINT)
    rest, _ = owner.communicate(timeout=600)
    assert rest.split() == ["interrupted", "0"]
    assert owner.returncode == 0


def test_start_resets_a_running_server(server):
    """A second start returns the same server, reset."""
    server.configure(latency=0.01)
    ask(server, "/text")
    again = MockServer.start()
    assert again is server is MockServer.running()
    assert (again.stats().exchanges, again.conditions.latency) == (0, 0)


@posix
def test_dead_server_is_replaced(server):
    """A dead server raises an error that says what to do, and a start replaces it."""
    kill(server)
    with pytest.raises(MockServerError, match=r"does not respond. Run the set-up cell again"):
        server.stats()
    other = MockServer.start()
    assert other is not server
    assert other.stats().exchanges == 0


def test_stopped_server_is_gone(server):
    """A stopped server is gone, and the error says what to do."""
    pid = server.pid
    server.stop()
    server.stop()
    assert not server.is_alive
    assert is_gone(pid)
    with pytest.raises(MockServerError, match=r"is not running. Run the set-up cell again"):
        MockServer.running()


def test_failed_start_raises(monkeypatch):
    """A server that cannot start raises an error."""
    MockServer.start().stop()
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(MockServerError, match="did not start"):
        MockServer.start()


@posix
def test_forked_child_has_its_own_server():
    """A forked child starts its own server."""
    code = (
        "import os; from mock_server import MockServer\n"
        "server = MockServer.start(); child = os.fork(); mine = MockServer.start()\n"
        "print(mine.url, mine.stats().exchanges, flush=True); mine.stop()\n"
        "child and os.waitpid(child, 0)"
    )
    owner = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    (first, *exchanges), (second, *more) = map(str.split, owner.stdout.splitlines())
    assert first != second
    assert exchanges == more == ["0"]
    assert owner.stderr == ""


def test_server_listens_on_loopback(server):
    """The server listens on 127.0.0.1 only."""
    listening = [each for each in psutil.Process(server.pid).net_connections() if each.status == psutil.CONN_LISTEN]
    assert {each.laddr.ip for each in listening} == {"127.0.0.1"}


def test_proxies_are_bypassed(server):
    """Requests to 127.0.0.1 do not go to a proxy."""
    assert "127.0.0.1" in os.environ["NO_PROXY"].split(",")


def test_start_is_fast():
    """A server needs less than twice the processor time of an import of aiohttp to start and to end."""

    def processor_seconds(run):
        before = os.times()
        run()
        return sum(os.times()[2:4]) - sum(before[2:4])  # of children that have ended

    MockServer.start().stop()  # compiles the modules
    started = processor_seconds(lambda: MockServer.start().stop())
    assert started < 2 * processor_seconds(
        lambda: subprocess.run([sys.executable, "-c", "import aiohttp.web"], check=True)
    )
