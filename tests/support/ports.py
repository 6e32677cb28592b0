"""Ports for the kernels that the tests start.

Usually the system names a free port, and the kernel takes it half a second later. If many processes start servers,
another may take the port first, and the kernel dies ("Address already in use").
"""

import socket
from contextlib import suppress
from itertools import cycle, islice

from jupyter_client.connect import LocalPortCache

BLOCKS = range(10_000, 30_000, 200)  # below the ports that the system assigns: net.ipv4.ip_local_port_range


class OwnPorts(LocalPortCache):
    """The ports of a block that only this process uses: it reserves the block by holding its first port."""

    def __init__(self, **options):
        super().__init__(**options)
        self._held = next(filter(None, map(bound, BLOCKS)))
        first = self._held.getsockname()[1]
        self._ports = cycle(range(first + 1, first + BLOCKS.step))

    def find_available_port(self, ip):
        """Return a port of the block that is free now; LocalPortCache asks for this."""
        for port in islice(self._ports, BLOCKS.step):
            if free := bound(port, ip):
                free.close()
                return port
        raise RuntimeError(f"no port is free from {self._held.getsockname()[1]} on")


def bound(port: int, ip: str = "127.0.0.1") -> socket.socket | None:
    """Return a socket that has taken the port, or None if the port is in use."""
    taker = socket.socket()
    with suppress(OSError):
        taker.bind((ip, port))
        return taker
    taker.close()
    return None
