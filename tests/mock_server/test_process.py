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


def seconds_until_gone(pid):
    start = time.monotonic()
    while not is_gone(pid):
        assert time.monotonic() < start + 5, "the server outlived its owner"
        time.sleep(0.01)
    return time.monotonic() - start


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
    """The server ends within a second after its owner is killed."""
    owner, pids = start_owner(*what)
    try:
        owner.kill()
        owner.wait()
        assert seconds_until_gone(pids["server"]) < 1
    finally:
        end(owner, *pids.values())


@posix
def test_blocked_server_ends_with_its_owner():
    """A server whose event loop is blocked ends within a second after its owner is killed."""
    code = (
        "import threading, time, asyncio, mock_server.process as p\n"
        "async def serve(*a, **k): p.print_ready('x'); time.sleep(20)\n"
        "p.end_with_owner(__import__('os').getppid()); asyncio.run(serve())"
    )
    starter = (
        "import subprocess, sys, time\n"
        f"server = subprocess.Popen([sys.executable, '-c', {code!r}], stdin=subprocess.PIPE); time.sleep(20)"
    )
    owner = subprocess.Popen([sys.executable, "-c", starter], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    pid = int(re.search(r'"pid": (\d+)', owner.stdout.readline())[1])
    try:
        owner.kill()
        owner.wait()
        assert seconds_until_gone(pid) < 1
    finally:
        end(owner, pid)


@posix
def test_server_ends_with_its_owner():
    """The server ends when its owner exits."""
    owner, pids = start_owner("end")
    owner.wait()
    try:
        assert seconds_until_gone(pids["server"]) < 1
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
        assert seconds_until_gone(pids["server"]) < 1  # because its owner ended, not because of the interrupt
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
def test_forked_child_has_its_own_server(server):
    """A forked child starts its own server."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        mine = MockServer.start()
        os.write(writing, mine.url.encode())
        mine.stop()
        os._exit(0)
    os.waitpid(child, 0)
    url = os.read(reading, 100).decode()
    os.close(reading)
    os.close(writing)
    assert url.startswith("http://127.0.0.1:")
    assert url != server.url
    assert server.stats().exchanges == 0


def test_server_listens_on_loopback(server):
    """The server listens on 127.0.0.1 only."""
    listening = [each for each in psutil.Process(server.pid).net_connections() if each.status == psutil.CONN_LISTEN]
    assert {each.laddr.ip for each in listening} == {"127.0.0.1"}


def test_proxies_are_bypassed(server):
    """Requests to 127.0.0.1 do not go to a proxy."""
    assert "127.0.0.1" in os.environ["NO_PROXY"].split(",")


def test_start_is_fast():
    """A start takes less than twice as long as the import of aiohttp."""

    def seconds(start):
        begun = time.monotonic()
        start()
        return time.monotonic() - begun

    def bare():
        subprocess.run([sys.executable, "-c", "import aiohttp.web"], check=True)

    def ratio():
        MockServer.start().stop()
        return seconds(MockServer.start) / seconds(bare)

    assert any(ratio() < 2 for _ in range(5))
