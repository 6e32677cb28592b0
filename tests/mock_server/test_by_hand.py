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

from mock_server.conditions import MEANINGS, RULES

from ..support.client import ask

ROOT = Path(__file__).parents[2]


def command(*options):
    return [sys.executable, "-m", "mock_server", *options]


@contextmanager
def by_hand(*options):
    process = subprocess.Popen(
        command("--port", "0", *options), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        hello = process.stdout.readline()
        yield SimpleNamespace(process=process, hello=hello, url=re.search(r"http://\S+", hello)[0])
    finally:
        process.kill()
        process.communicate()


def refuse(*options):
    done = subprocess.run(command(*options), cwd=ROOT, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stderr


def test_help_lists_every_condition_with_its_meaning_and_default():
    said = subprocess.run(command("--help"), cwd=ROOT, capture_output=True, text=True, check=True).stdout
    words = " ".join(said.split())
    for name in RULES:
        assert f"--{name.replace('_', '-')}" in words
        assert MEANINGS[name].split(",")[0] in words
    assert "--owner" not in words


def test_options_are_conditions_and_what_a_reset_restores():
    with by_hand("--latency", "0.01", "--failure-statuses", "500,502", "--capacity", "3", "--cancel-abandoned") as it:
        assert ask(it, "/_mock/reset", "POST").status == 200
        now = ask(it, "/_mock/conditions").json
        assert (now["latency"], now["failure_statuses"], now["capacity"]) == (0.01, [500, 502], 3)
        assert now["cancel_abandoned"] is True


@pytest.mark.parametrize(
    ("option", "value"), [("--latency", "61"), ("--latency", "x"), ("--fault", "flood"), ("--port", "99999")]
)
def test_an_option_out_of_range_gets_one_clear_line_and_exit_code_2(option, value):
    code, said = refuse(option, value)
    assert code == 2
    assert re.search(f"argument {option}: '{value}' is not (allowed|a port); expected ", said.splitlines()[-1])
    assert "Traceback" not in said


def test_each_request_gets_a_line_that_can_be_read():
    with by_hand() as it:
        ask(it, "/text")
        ask(it, "/text")
        ask(it, "/status/404")
        lines = [it.process.stdout.readline() for _ in range(3)]
    assert re.fullmatch(r"\d\d:\d\d:\d\d  GET    /text  200  \d\.\d{3} s  1 in flight, connection 1\n", lines[0])
    assert lines[1].endswith("connection 2, attempt 2\n")
    assert "/status/404  404" in lines[2]


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("path", ["/text", "/delay/30"])
def test_ctrl_c_ends_it_cleanly_also_with_requests_under_way(number, path):
    with by_hand() as it:
        host, port = it.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            while not ask(it, "/_mock/stats").json["exchanges"]:
                pass
            it.process.send_signal(number)
            _, said = it.process.communicate(timeout=60)
    assert (it.process.returncode, said) == (0, "")


def test_a_port_in_use_gets_one_sentence_and_exit_code_2(server):
    port = server.url.rsplit(":", 1)[1]
    code, said = refuse("--port", port)
    assert code == 2
    assert said == (
        f"mock_server cannot listen on 127.0.0.1 port {port}: {os.strerror(98)}. "
        "Choose another with --port; 0 takes any that is free.\n"
    )


def test_a_host_that_is_not_of_this_machine_gets_one_sentence_and_exit_code_2():
    code, said = refuse("--host", "192.0.2.1", "--port", "0")
    assert code == 2
    assert said.startswith("mock_server cannot listen on 192.0.2.1 port 0: ")
    assert said.count("\n") == 1


def test_a_hand_started_server_does_not_end_with_its_standard_input():
    with by_hand() as it:
        assert ask(it, "/text").status == 200
