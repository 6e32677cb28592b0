"""Foreign hosts are recorded, by name and by IP address."""

import os
import subprocess
import sys

from tests.support.foreign_hosts import ForeignHosts


def test_the_audit_hook_sees_foreign_hosts(tmp_path):
    """The audit hook records host names and IP addresses of other machines."""
    hosts = ForeignHosts(tmp_path)
    code = "import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('192.0.2.1', 9)); " + (
        "socket.getaddrinfo('example.invalid', 80, flags=socket.AI_NUMERICHOST)"
    )
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **hosts.environment}, check=False)
    assert hosts.seen() == ["socket.connect 192.0.2.1", "socket.getaddrinfo example.invalid"]
