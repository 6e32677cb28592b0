import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from mock_server import MockServer, MockServerError

from ..support.client import ask

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="speaks of signals and forks")


def own(*what, **options):
    """Start an owner and return it with the process id of its server."""
    owner = subprocess.Popen(
        [sys.executable, "-m", "tests.support.owner", *what], cwd=ROOT, stdout=subprocess.PIPE, text=True, **options
    )
    said = {}
    while "server" not in said:
        name, number, *_ = owner.stdout.readline().split()
        said[name] = int(number)
    return owner, said


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
def test_the_server_is_gone_within_a_second_of_its_owner_s_sudden_death(what):
    owner, said = own(*what)
    try:
        owner.kill()
        owner.wait()
        assert seconds_until_gone(said["server"]) < 1
    finally:
        end(owner, *said.values())


@posix
def test_the_server_is_gone_within_a_second_also_when_its_loop_is_blocked():
    code = (
        "import threading, time, asyncio, mock_server.process as p\n"
        "async def serve(*a, **k): p.say_ready('x'); time.sleep(20)\n"
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
def test_the_server_ends_with_an_owner_that_ends_by_itself():
    owner, said = own("end")
    owner.wait()
    try:
        assert seconds_until_gone(said["server"]) < 1
    finally:
        end(owner, said["server"])


@posix
def test_the_server_survives_an_interrupt_of_its_owner_s_whole_group():
    owner, said = own("work", start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        assert os.getpgid(said["server"]) != os.getpgid(owner.pid)
        os.killpg(owner.pid, signal.SIGINT)
        owner.wait()
        assert seconds_until_gone(said["server"]) < 1  # of its owner's end, not of the interrupt
    finally:
        end(owner, said["server"])


@posix
def test_an_interrupt_that_the_owner_survives_leaves_the_server_alone():
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
    rest, _ = owner.communicate(timeout=60)
    assert rest.split() == ["interrupted", "0"]
    assert owner.returncode == 0


def test_a_second_start_gives_the_same_server_reset(server):
    server.configure(latency=0.01)
    ask(server, "/text")
    again = MockServer.start()
    assert again is server is MockServer.running()
    assert (again.stats().exchanges, again.conditions.latency) == (0, 0)


@posix
def test_a_dead_server_is_replaced_and_the_error_says_the_mend(server):
    os.kill(server._process.pid, signal.SIGKILL)
    server._process.wait()
    with pytest.raises(MockServerError, match=r"does not answer. Run the set-up cell again"):
        server.stats()
    other = MockServer.start()
    assert other is not server
    assert other.stats().exchanges == 0


def test_a_stopped_server_is_gone_and_the_error_says_the_mend(server):
    pid = server._process.pid
    server.stop()
    server.stop()
    assert not server.is_alive
    assert is_gone(pid)
    with pytest.raises(MockServerError, match=r"There is no mock server yet. Run the set-up cell again"):
        MockServer.running()


def test_a_server_that_cannot_start_says_why(monkeypatch):
    MockServer.start().stop()
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(MockServerError, match="did not start"):
        MockServer.start()


@posix
def test_a_forked_child_starts_a_server_of_its_own(server):
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


def test_the_server_listens_on_this_machine_alone(server):
    assert server.url.startswith("http://127.0.0.1:")


def test_proxies_are_kept_away_from_this_machine(server):
    assert "127.0.0.1" in os.environ["NO_PROXY"].split(",")


def test_a_start_takes_less_than_twice_the_import_of_aiohttp():
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
