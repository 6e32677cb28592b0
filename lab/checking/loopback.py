"""Find out whether data is still on its way between two sockets of this process."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from time import sleep as real_sleep
from typing import Any

MOST_LOOKS = 20  # then give up: if the receiver's buffer is full, data stays on its way until somebody reads
BETWEEN = 0.0005  # real seconds between two checks

if sys.platform == "linux":
    import fcntl
    import socket

    SIOCOUTQ = 0x5411  # linux/sockios.h: bytes sent, but not yet acknowledged by the other end
    NONE = bytes(4)  # the number 0, as a C int

    def _has_unacknowledged(fd: int) -> bool:
        try:
            return fcntl.ioctl(fd, SIOCOUTQ, NONE) != NONE
        except OSError:  # not a socket
            return False

    def _acknowledge(fd: int) -> None:
        """Make a socket acknowledge at once what has arrived, instead of up to 40 ms later."""
        try:
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, fileno=fd)
        except OSError:  # not a socket: a kernel's loop also watches other files
            return
        with suppress(OSError):  # not a TCP socket
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        sock.detach()  # otherwise it would close the file descriptor

else:

    def _has_unacknowledged(fd: int) -> bool:
        return False

    def _acknowledge(fd: int) -> None:
        pass


def data_under_way(selector: Any, others: Sequence[int] = ()) -> bool:
    """Return whether a TCP socket of the selector has sent data that has not arrived (Linux only; elsewhere False).

    Data on loopback arrives at once, unless the machine is so busy that its network stack gets no processor time.
    """
    if sys.platform != "linux":
        return False
    for _ in range(MOST_LOOKS):
        sockets = [*others, *(fd for fd in list(selector.get_map()) if isinstance(fd, int))]
        if not any(map(_has_unacknowledged, sockets)):
            return False
        for fd in sockets:
            _acknowledge(fd)
        if not any(map(_has_unacknowledged, sockets)):
            return False
        real_sleep(BETWEEN)
        if selector.select(0):
            return True
    return False
