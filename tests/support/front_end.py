"""A kernel, driven with the messages that a front end sends."""

import os
import time
from pathlib import Path

from jupyter_client.manager import start_new_kernel

from mock_server import MockServer

from .kernel import wait_until

ROOT = Path(__file__).parents[2]


class FrontEnd:
    """A kernel, driven with the messages of a front end."""

    def __init__(self, packages):
        self.url = ""  # of the mock server, once a cell has started it
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, packages))}
        self.manager, self.client = start_new_kernel(cwd=str(ROOT), env=environment)

    def begin(self, code, cell="a"):
        """Send a cell and return the id of its message."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell})
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def finish(self, request):
        """Wait for the end of a cell; return what it printed and the name of its exception."""
        printed = ""
        while True:
            message = self.client.get_iopub_msg(timeout=300)
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "stream":
                printed += message["content"]["text"]
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                reply = self.client.get_shell_msg(timeout=300)
                while reply["parent_header"].get("msg_id") != request:
                    reply = self.client.get_shell_msg(timeout=300)
                return printed, reply["content"].get("ename")

    def until_printed(self, request, text):
        """Wait until a running cell has printed a text."""
        while True:
            message = self.client.get_iopub_msg(timeout=300)
            if message["parent_header"].get("msg_id") == request and text in message["content"].get("text", ""):
                return

    def run(self, code, cell="b"):
        printed, error = self.finish(self.begin(code, cell))
        assert error is None, printed + str(error)
        return printed

    def move(self, model, value):
        """Move a slider with the message that JupyterLab sends."""
        data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        content = {"comm_id": model, "data": data}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))

    def until(self, expression):
        """Wait until an expression is true; each look is a cell of its own."""
        end = time.monotonic() + 300
        while self.run(f"print({expression})").strip() != "True":
            assert time.monotonic() < end, expression
            self.run("await asyncio.sleep(0.05)")

    def until_served(self):
        """Wait until the server has a request in flight, while a cell runs."""
        wait_until(lambda: MockServer(None, self.url).stats().in_flight, "a request")

    def model(self):
        """Wait for the next new slider, and return its id."""
        while True:
            message = self.client.get_iopub_msg(timeout=300)
            state = message["content"].get("data", {}).get("state", {}) if message["msg_type"] == "comm_open" else {}
            if state.get("_model_name") == "FloatSliderModel":
                return message["content"]["comm_id"]
