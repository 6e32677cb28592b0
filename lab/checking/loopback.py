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

    def _undelivered(selector: Any) -> bool:
        """Return whether one of its sockets has sent what the other end's kernel does not have yet.

        An acknowledgement comes up to 40 ms after the data, so both ends are asked how much they sent and received.
        """
        keys = [key for key in list(selector.get_map().values()) if isinstance(key.fileobj, int)]
        sent = {key: size for key in keys if (size := _unacknowledged(key.fd))}
        others = {_ends(key): key.fd for key in keys} if sent else {}
        for key, size in sent.items():
            other = others.get(_ends(key)[::-1])
            # The end that connected counts its SYN as a byte.
            if other is None or _counts(other)[1] + 1 < _counts(key.fd)[0] + size:
                return True
        return False

    def _ends(key: Any) -> tuple[Any, Any]:
        """Return the addresses of a connection's own end and of the other, as its transport knows them."""
        transport = getattr(getattr(key.data[0], "_callback", None), "__self__", None)
        known = getattr(transport, "_extra", {})
        return known.get("sockname"), known.get("peername")

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

    def _undelivered(selector: Any) -> bool:
        return False


def data_under_way(selector: Any) -> bool:
    """Return whether a TCP socket of the selector has sent data that is still to arrive (Linux; elsewhere False).

    On loopback data arrives at once, except on a machine so busy that its network stack gets no processor time.
    """
    if sys.platform != "linux":
        return False
    for _ in range(LOOKS):
        if not _undelivered(selector):
            return False
        real_sleep(BETWEEN)
        if selector.select(0):
            return True
    return False
