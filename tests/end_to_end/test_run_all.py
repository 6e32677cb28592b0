"""Run All works repeatedly, and connects to no other machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.kernel import started_kernel
from tests.support.lessons import LESSONS, read

AUDIT_HOOK = """
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
        with open(os.environ["COURSE_FOREIGN_HOSTS"], "a") as file:
            file.write(f"{event} {host}\\n")

sys.addaudithook(look)
"""


@pytest.fixture
def foreign_hosts(tmp_path):
    """Return a file that lists each foreign host that a Python process with `environment` looks up or connects to."""
    (tmp_path / "sitecustomize.py").write_text(AUDIT_HOOK)
    file = tmp_path / "foreign_hosts.txt"
    file.touch()
    return file


def environment(foreign_hosts: Path) -> dict[str, str]:
    """Return environment variables that install the audit hook in every Python process."""
    path = os.pathsep.join(filter(None, [str(foreign_hosts.parent), os.environ.get("PYTHONPATH")]))
    return {"PYTHONPATH": path, "COURSE_FOREIGN_HOSTS": str(foreign_hosts)}


@pytest.mark.slow
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_cells_run_again_and_stay_local(path, foreign_hosts):
    """Each cell runs twice in a row, and no cell connects to another machine."""
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    with started_kernel(path.parent, **environment(foreign_hosts)) as kernel:
        for cell in [cell for cell in cells for _ in range(2)]:
            kernel.run(cell.source, may_raise="raises-exception" in cell.metadata.get("tags", []))
    assert foreign_hosts.read_text() == ""


def test_the_audit_hook_sees_foreign_hosts(foreign_hosts):
    """The audit hook records host names and IP addresses of other machines."""
    code = "import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('192.0.2.1', 9)); " + (
        "socket.getaddrinfo('example.invalid', 80, flags=socket.AI_NUMERICHOST)"
    )
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **environment(foreign_hosts)}, check=False)
    assert foreign_hosts.read_text().splitlines() == [
        "socket.connect 192.0.2.1",
        "socket.getaddrinfo example.invalid",
    ]
