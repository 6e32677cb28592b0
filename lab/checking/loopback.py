"""Find out whether data, or the close of a connection, is still on its way between two sockets of this process."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from selectors import EVENT_READ
from time import sleep as real_sleep
from typing import Any
from weakref import ref

MOST_LOOKS = 20  # then give up: if the receiver's buffer is full, data stays on its way until somebody reads
BETWEEN = 0.0005  # real seconds between two checks

if sys.platform == "linux":
    import fcntl

    SIOCOUTQ = 0x5411  # linux/sockios.h: bytes sent, but not yet acknowledged by the other end
    NONE = bytes(4)  # the number 0, as a C int

    def _has_unacknowledged(fd: int) -> bool:
        try:
            return fcntl.ioctl(fd, SIOCOUTQ, NONE) != NONE
        except OSError:  # not a socket
            return False

    def _acknowledge(fd: int) -> None:
        """Make a socket acknowledge at once what has arrived, instead of up to 40 ms later."""
        with suppress(OSError), _socket(fd) as sock:  # a kernel's loop also watches files that are no TCP sockets
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _some_unacknowledged(sockets: Sequence[int]) -> bool:
        if not any(map(_has_unacknowledged, sockets)):
            return False
        for fd in sockets:
            _acknowledge(fd)
        return any(map(_has_unacknowledged, sockets))

else:

    def _some_unacknowledged(_: Sequence[int]) -> bool:
        return False


@contextmanager
def _socket(fd: int) -> Iterator[socket.socket]:
    """Yield the socket of a file descriptor, and leave the descriptor open.

    Raises:
        OSError: it is not a socket.
    """
    sock = socket.socket(fileno=fd)
    try:
        yield sock
    finally:
        sock.detach()


class Clients:
    """The client's ends of this process's connections, by port: a closed socket has no descriptor left to query."""

    def __init__(self) -> None:
        self._sockets: dict[int, ref[socket.socket]] = {}

    def connected(self, sock: socket.socket) -> None:
        """Note a socket that connects."""
        self._sockets[sock.getsockname()[1]] = ref(sock)

    def have_hung_up(self, selector: Any) -> bool:
        """Return whether a client has closed a connection at whose other end the selector still waits for data."""
        closed = {port for port, sock in list(self._sockets.items()) if _is_closed(sock())}
        if not closed:
            return False
        waiting = {_port_of_peer(key.fd) for key in selector.get_map().values() if key.events & EVENT_READ}
        for port in closed - waiting:
            del self._sockets[port]
        return not closed.isdisjoint(waiting)


def _is_closed(sock: socket.socket | None) -> bool:
    return sock is None or sock.fileno() < 0


def _port_of_peer(fd: int) -> int | None:
    with suppress(OSError), _socket(fd) as sock:
        if isinstance(address := sock.getpeername(), tuple):  # not that of a Unix socket
            return int(address[1])
    return None


def data_under_way(selector: Any, clients: Clients, others: Sequence[int] = ()) -> bool:
    """Return whether something sent within this process has not arrived yet (Linux only; elsewhere False).

    It arrives at once, unless the machine is so busy that its network stack gets no processor time.

    Args:
        selector: waits for the sockets of the event loop.
        clients: all clients of the process; one that has closed its connection has sent the close.
        others: more sockets, as file descriptors.
    """
    if sys.platform != "linux":
        return False
    for _ in range(MOST_LOOKS):
        sockets = [*others, *selector.get_map()]
        if not clients.have_hung_up(selector) and not _some_unacknowledged(sockets):
            return False
        real_sleep(BETWEEN)
        if selector.select(0):
            return True
    return False
