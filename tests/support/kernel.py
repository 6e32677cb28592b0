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

from mock_server import MockServer

PATIENCE = 300.0  # seconds: long enough to tell a hang from a slow machine


class CellRaised(AssertionError):
    """A cell raised an exception that its tag did not allow."""


class Kernel:
    """A running kernel, driven with the messages that a front end sends."""

    def __init__(self, manager: KernelManager) -> None:
        self._manager = manager
        self.widgets: dict[str, dict[str, Any]] = {}  # the first state of each widget that a cell made, by its id
        self._connect()

    def _connect(self) -> None:
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE)
        self._shown: dict[str, str] = {}  # what each cell printed and displayed, by the id of its request
        self._ended: set[str] = set()

    def run(self, source: str, cell: str = "", *, may_raise: bool = False) -> str:
        """Run a cell, and return the text that it printed and displayed.

        Raises:
            CellRaised: the cell raised, and `may_raise` is false.
        """
        shown, reply = self.finish(self.begin(source, cell))
        if reply["status"] == "ok":
            return shown
        error = f"{reply['ename']}: {reply['evalue']}"
        if not may_raise:
            raise CellRaised(f"{error}\nin the cell:\n{source}")
        return error

    def begin(self, source: str, cell: str = "") -> str:
        """Start a cell, and return the id of the request. Cells with the same id replace each other's panels."""
        content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        content["stop_on_error"] = False  # otherwise later cells are not run after an error
        metadata = {"cellId": cell} if cell else {}
        message = self._client.session.msg("execute_request", content, metadata=metadata)
        self._client.shell_channel.send(message)
        request = str(message["header"]["msg_id"])
        self._shown[request] = ""
        return request

    def finish(self, request: str) -> tuple[str, dict[str, Any]]:
        """Wait for the end of a cell; return the text that it printed and displayed, and the kernel's reply."""
        while request not in self._ended:
            self._receive()
        while (reply := self._client.get_shell_msg(timeout=PATIENCE))["parent_header"].get("msg_id") != request:
            pass
        return self._shown[request], reply["content"]

    def until_shown(self, request: str, text: str) -> None:
        """Wait until a running cell has printed a text."""
        while text not in self._shown[request]:
            self._receive()

    def new_slider(self) -> str:
        """Wait until a running cell makes a slider, and return its id."""
        before = set(self.widgets)
        while True:
            self._receive()
            for widget in self.widgets.keys() - before:
                if self.widgets[widget].get("_model_name") == "FloatSliderModel":
                    return widget

    def until(self, expression: str) -> None:
        """Wait until an expression is true in the kernel; each look is a cell of its own."""
        wait_until(lambda: self.run(f"await asyncio.sleep(0.05); print({expression})") == "True\n", expression)

    def _receive(self) -> None:
        """Receive the next message about a cell."""
        message = self._client.get_iopub_msg(timeout=PATIENCE)
        kind, content, request = message["msg_type"], message["content"], message["parent_header"].get("msg_id")
        if request in self._shown and kind == "stream":
            self._shown[request] += content["text"]
        elif request in self._shown and kind in ("display_data", "execute_result"):
            self._shown[request] += content["data"].get("text/plain", "")
        elif kind == "comm_open":
            self.widgets[content["comm_id"]] = content["data"].get("state", {})
        elif kind == "status" and content["execution_state"] == "idle":
            self._ended.add(request)

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

    @property
    def server(self) -> MockServer:
        """The mock server that a cell has called `server`."""
        return MockServer(None, self.run("print(server.url)").strip())

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
