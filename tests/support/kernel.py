"""A kernel that runs cells one by one, and can be interrupted, restarted or killed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.manager import KernelManager

PATIENCE = 300.0  # seconds: long enough to tell a hang from a slow machine


class CellRaised(AssertionError):
    """A cell raised an exception that its tag did not allow."""


class Kernel:
    """A running kernel with its client."""

    def __init__(self, manager: KernelManager) -> None:
        self._manager = manager
        self.widgets: dict[str, dict[str, Any]] = {}  # the first state of each widget that a cell made, by its id
        self._connect()

    def _connect(self) -> None:
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE)

    def run(self, source: str, *, may_raise: bool = False) -> str:
        """Run a cell, and return the text that it printed and displayed.

        Raises:
            CellRaised: the cell raised, and `may_raise` is false.
        """
        shown: list[str] = []

        def note(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                shown.append(content["text"])
            elif message["msg_type"] in ("display_data", "execute_result"):
                shown.append(content["data"].get("text/plain", ""))
            elif message["msg_type"] == "comm_open":
                self.widgets[content["comm_id"]] = content["data"].get("state", {})

        reply = self._client.execute_interactive(source, timeout=PATIENCE, output_hook=note, stop_on_error=False)[
            "content"
        ]
        if reply["status"] != "ok" and not may_raise:
            raise CellRaised(f"{reply['ename']}: {reply['evalue']}\nin the cell:\n{source}")
        return "".join(shown) if reply["status"] == "ok" else f"{reply['ename']}: {reply['evalue']}"

    def begin(self, source: str) -> Callable[[], dict[str, Any]]:
        """Start a cell, and return a function that waits for its reply."""
        request = self._client.execute(source, stop_on_error=False)  # otherwise later cells are not run after an error

        def reply() -> dict[str, Any]:
            while (message := self._client.get_shell_msg(timeout=PATIENCE))["parent_header"]["msg_id"] != request:
                pass
            return message["content"]

        return reply

    def move(self, widget: str, **state: Any) -> None:
        """Change a widget with the message that a front end sends."""
        content = {"comm_id": widget, "data": {"method": "update", "state": state, "buffer_paths": []}}
        self._client.shell_channel.send(self._client.session.msg("comm_msg", content))

    def interrupt(self) -> None:
        """Do what the front end's Interrupt does."""
        self._manager.interrupt_kernel()

    def restart(self) -> None:
        """Do what the front end's Restart does."""
        self._client.stop_channels()
        self._manager.restart_kernel()
        self._connect()

    def kill(self) -> None:
        """End the kernel as `kill -9` does, and start another in its place."""
        self._client.stop_channels()
        self.process.kill()
        wait_until(lambda: not self._manager.is_alive(), "the kernel to be gone")
        self._manager.restart_kernel(now=True)
        self._connect()

    @property
    def process(self) -> psutil.Process:
        """The kernel's process."""
        return psutil.Process(self._manager.provisioner.process.pid)  # type: ignore[attr-defined]

    def servers(self) -> list[psutil.Process]:
        """Return the processes of the mock servers that this kernel has started."""
        return [child for child in self.process.children() if "mock_server" in child.cmdline()]

    def close(self) -> None:
        """End the kernel."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


@contextmanager
def started_kernel(folder: Path, **environment: str) -> Iterator[Kernel]:
    """Start a kernel that works in a folder, and end it after the block."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(folder), env={**os.environ, **environment})
    kernel = Kernel(manager)
    try:
        yield kernel
    finally:
        kernel.close()


def wait_until(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait until a condition holds; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}"
        time.sleep(0.02)


def is_gone(process: psutil.Process) -> bool:
    """Return whether a process has ended, including one whose exit code nobody has read yet."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
