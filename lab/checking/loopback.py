"""Whether data is still on its way between two sockets of this process."""

from __future__ import annotations

import sys
from time import sleep as real_sleep
from typing import Any

LOOKS = 20  # data that nobody reads (the receiver's buffer is full) stays under way; then these looks must do
BETWEEN = 0.0005  # real seconds between two looks

if sys.platform == "linux":
    import fcntl
    import socket
    import struct

    SIOCOUTQ = 0x5411  # linux/sockios.h: bytes that were sent and that the other end has not acknowledged
    TCP_INFO_SIZE = 136  # of linux/tcp.h's tcp_info, up to and including the two counts
    ACKED_AND_RECEIVED = struct.Struct("=120xQQ")

    def _unacknowledged(fd: int) -> int:
        try:
            return int(struct.unpack("i", fcntl.ioctl(fd, SIOCOUTQ, b"\0\0\0\0"))[0])
        except OSError:  # not a socket
            return 0

    def _undelivered(fds: list[int]) -> bool:
        """Return whether one of these sockets has sent what the other end's kernel does not have yet.

        An acknowledgement comes up to 40 ms after the data, so both ends are asked how much they sent and received.
        """
        if not (sent := {fd: size for fd in fds if (size := _unacknowledged(fd))}):
            return False
        received = {}
        for fd in fds:
            if (ends := _ends(fd)) is not None:
                received[ends] = _counts(fd)[1]
        for fd, size in sent.items():
            ends = _ends(fd)
            other = received.get(ends[::-1]) if ends else None
            if other is None or other + 1 < _counts(fd)[0] + size:  # the connecting end counts its SYN as a byte
                return True
        return False

    def _ends(fd: int) -> tuple[Any, Any] | None:
        sock = socket.socket(fileno=fd)
        try:
            return sock.getsockname(), sock.getpeername()
        except OSError:  # it listens, or is closed
            return None
        finally:
            sock.detach()

    def _counts(fd: int) -> tuple[int, int]:
        """Return how many bytes of a connection were acknowledged by the other end, and received from it."""
        sock = socket.socket(fileno=fd)
        try:
            info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_SIZE)
            return ACKED_AND_RECEIVED.unpack(info)
        except OSError:  # not a TCP socket
            return 0, 0
        finally:
            sock.detach()

else:

    def _undelivered(fds: list[int]) -> bool:
        return False


def data_under_way(selector: Any) -> bool:
    """Return whether a TCP socket of the selector has sent data that is still to arrive (Linux; elsewhere False).

    On loopback data arrives at once, except on a machine so busy that its network stack gets no processor time.
    """
    if sys.platform != "linux":
        return False
    for _ in range(LOOKS):
        if not _undelivered([fd for fd in list(selector.get_map()) if isinstance(fd, int)]):
            return False
        real_sleep(BETWEEN)
        if selector.select(0):
            return True
    return False
