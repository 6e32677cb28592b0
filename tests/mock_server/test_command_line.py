import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from mock_server.__main__ import parser
from mock_server.conditions import MEANINGS, RULES

from ..support.client import ask, request_bytes

ROOT = Path(__file__).parents[2]


def command(*options):
    return [sys.executable, "-m", "mock_server", *options]


@contextmanager
def started(*options):
    """Yield a server that was started from the command line, with its process, first line and URL."""
    process = subprocess.Popen(
        command("--port", "0", *options), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        welcome = process.stdout.readline()
        yield SimpleNamespace(process=process, welcome=welcome, url=re.search(r"http://\S+", welcome)[0])
    finally:
        process.kill()
        process.communicate()


def refuse(*options):
    """Return the exit code and the standard error of a command that does not start."""
    done = subprocess.run(command(*options), cwd=ROOT, capture_output=True, text=True, timeout=600)
    return done.returncode, done.stderr


def test_help_lists_every_condition():
    """`--help` lists every condition with its meaning, and no internal option."""
    words = " ".join(parser().format_help().split())
    for name in RULES:
        assert f"--{name.replace('_', '-')}" in words
        assert MEANINGS[name].split(",")[0] in words
    assert "--owner" not in words


def test_options_set_initial_conditions():
    """Options set the initial conditions, which a reset restores."""
    with started(
        "--latency", "0.01", "--failure-statuses", "500,502", "--capacity", "3", "--cancel-abandoned"
    ) as server:
        assert ask(server, "/_mock/reset", "POST").status == 200
        now = ask(server, "/_mock/conditions").json
        assert (now["latency"], now["failure_statuses"], now["capacity"]) == (0.01, [500, 502], 3)
        assert now["cancel_abandoned"] is True


@pytest.mark.parametrize(
    ("option", "value"), [("--latency", "61"), ("--latency", "x"), ("--fault", "flood"), ("--port", "99999")]
)
def test_option_out_of_range(option, value, capsys):
    """An option out of range ends with a clear message and exit code 2."""
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([option, value])
    assert ended.value.code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert re.search(f"argument {option}: '{value}' is not (allowed|a port); expected ", said)


def test_log_has_a_line_per_request():
    """Each request is logged as one line with its outcome, time, connection and attempt."""
    with started() as server:
        ask(server, "/text")
        ask(server, "/text")
        ask(server, "/status/404")
        lines = [server.process.stdout.readline() for _ in range(3)]
    assert re.fullmatch(r"\d\d:\d\d:\d\d  GET    /text  200  \d\.\d{3} s  1 in flight, connection 1\n", lines[0])
    assert lines[1].endswith("connection 2, attempt 2\n")
    assert "/status/404  404" in lines[2]


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
@pytest.mark.parametrize(("number", "path"), [(signal.SIGINT, "/delay/30"), (signal.SIGTERM, "/text")])
def test_signals_end_the_server_cleanly(number, path):
    """A signal ends the server with exit code 0 and no output, even with a request in flight."""
    with started() as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(request_bytes(path))
            while not ask(server, "/_mock/stats").json["exchanges"]:
                pass
            server.process.send_signal(number)
            _, errors = server.process.communicate(timeout=600)
    assert (server.process.returncode, errors) == (0, "")


def test_port_in_use(server):
    """A port in use ends with a clear message and exit code 2."""
    port = server.url.rsplit(":", 1)[1]
    code, errors = refuse("--port", port)
    assert code == 2
    assert errors == (
        f"mock_server cannot listen on 127.0.0.1 port {port}: {os.strerror(98)}. "
        "Choose another port with --port, or any free port with --port 0.\n"
    )


def test_foreign_host():
    """A host that is not on this machine ends with one line and exit code 2."""
    code, errors = refuse("--host", "192.0.2.1", "--port", "0")
    assert code == 2
    assert errors.startswith("mock_server cannot listen on 192.0.2.1 port 0: ")
    assert errors.count("\n") == 1
