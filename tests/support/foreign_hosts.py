"""Record the foreign hosts that Python processes look up or connect to."""

import os
from pathlib import Path

_AUDIT_HOOK = """
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


class ForeignHosts:
    """The hosts on other machines that each Python process with this environment looks up or connects to."""

    def __init__(self, folder: Path) -> None:
        (folder / "sitecustomize.py").write_text(_AUDIT_HOOK)
        self._file = folder / "foreign_hosts.txt"
        self._file.touch()
        path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
        self.environment = {"PYTHONPATH": path, "COURSE_FOREIGN_HOSTS": str(self._file)}

    def seen(self) -> list[str]:
        """Return the audit events, each with its host."""
        return self._file.read_text().splitlines()
