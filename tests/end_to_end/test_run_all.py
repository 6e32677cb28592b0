"""Run All works, again and again, and reaches no machine but this one."""

import os
from pathlib import Path

import pytest

from tests.support.kernel import started_kernel
from tests.support.lessons import FOLDER, PATHS, read

WATCHMAN = """
import os, sys

def look(event, details):
    if event == "socket.connect" and isinstance(details[1], tuple):
        host = details[1][0]
    elif event == "socket.getaddrinfo":
        host = details[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in (None, "127.0.0.1", "localhost", "::1", "0.0.0.0"):
        with open(os.environ["COURSE_STRANGERS"], "a") as file:
            file.write(f"{event} {host}\\n")

sys.addaudithook(look)
"""


@pytest.fixture
def strangers(tmp_path):
    """A file that names each foreign address which a Python process, or a child of it, asked for."""
    (tmp_path / "sitecustomize.py").write_text(WATCHMAN)
    file = tmp_path / "strangers.txt"
    file.touch()
    return file


def environment(strangers: Path) -> dict[str, str]:
    """Let every Python process be watched."""
    path = os.pathsep.join(filter(None, [str(strangers.parent), os.environ.get("PYTHONPATH")]))
    return {"PYTHONPATH": path, "COURSE_STRANGERS": str(strangers)}


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_cells_run_again_and_stay_local(path, strangers):
    """Each cell runs twice in a row, then all run again, and no cell connects to another machine."""
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    with started_kernel(path.parent, **environment(strangers)) as kernel:
        for cell in [*(cell for cell in cells for _ in range(2)), *cells]:
            kernel.run(cell.source, may_raise="raises-exception" in cell.metadata.get("tags", []))
    assert strangers.read_text() == ""


def test_the_audit_hook_sees_foreign_hosts(strangers):
    """The audit hook records host names and IP addresses of other machines."""
    with started_kernel(FOLDER, **environment(strangers)) as kernel:
        kernel.run("import socket")
        kernel.run("socket.getaddrinfo('example.invalid', 80, flags=socket.AI_NUMERICHOST)", may_raise=True)
        kernel.run("socket.socket(type=socket.SOCK_DGRAM).connect(('192.0.2.1', 9))", may_raise=True)
    assert strangers.read_text().splitlines() == [
        "socket.getaddrinfo example.invalid",
        "socket.connect 192.0.2.1",
    ]
