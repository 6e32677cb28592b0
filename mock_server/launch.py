"""Start a server process and wait until it listens."""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

START_TIMEOUT = 20.0  # seconds


class MockServerError(RuntimeError):
    """The server did not start, has ended or refused a request. The message says what to do."""


def launch(errors: IO[bytes] | None = None) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server that ends with this process, and return its process and its URL.

    Args:
        errors: A file for the server's standard error; by default a temporary one.

    Raises:
        MockServerError: The server did not start within 20 seconds.
    """
    if errors is None:
        with tempfile.TemporaryFile() as temporary:
            return launch(temporary)
    process = subprocess.Popen(
        [sys.executable, "-m", "mock_server", "--port", "0", "--owner", str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        cwd=Path(__file__).parent.parent,
        start_new_session=True,  # otherwise the kernel's Interrupt would end it
    )
    line = _first_line(process)
    if not line:
        raise _failure(process, errors)
    atexit.register(close_input, process)
    return process, json.loads(line)["url"]


def close_input(process: subprocess.Popen[bytes]) -> None:
    """Close the standard input of a server, which ends it."""
    if process.stdin is not None:
        process.stdin.close()


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    """Return the first line that the process prints; empty if none comes in time."""
    assert process.stdout is not None
    with process.stdout as output:
        if os.name == "posix" and not select.select([output], [], [], START_TIMEOUT)[0]:
            return b""
        return output.readline()


def _failure(process: subprocess.Popen[bytes], errors: IO[bytes]) -> MockServerError:
    """End a process that did not start, and return the error with its output."""
    process.kill()
    process.wait()
    errors.seek(0)
    output = errors.read().decode(errors="replace").strip()
    return MockServerError(f"The mock server did not start within {START_TIMEOUT:g} s. Its output was:\n{output}")
