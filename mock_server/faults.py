"""Nine ways to break an answer, written straight to the connection."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

from .answer import Answer

if TYPE_CHECKING:
    from .service import Visit

BODY = b'{"message": "This answer comes from a server that misbehaves on request."}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: mock_server\r\n"
PIECES = 20  # of a slow answer
LONGEST_HANG = 600.0  # seconds


async def reset(visit: Visit) -> None:
    """Reset the connection (TCP RST) before a byte of the answer."""
    sock = visit.transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    visit.transport.abort()


async def empty(visit: Visit) -> None:
    """Close the connection before a byte of the answer."""
    visit.transport.close()


async def hang(visit: Visit) -> None:
    """Never answer: hold the connection until the client goes away."""
    try:
        async with asyncio.timeout(LONGEST_HANG):
            await visit.connection.lost.wait()
    except TimeoutError:
        visit.transport.close()


async def truncate(visit: Visit) -> None:
    """Close the connection in the middle of the body."""
    visit.send(200, _head(len(BODY)) + BODY[: len(BODY) // 2])
    visit.transport.close()


async def garbage(visit: Visit) -> None:
    """Answer with something that is not HTTP."""
    visit.send(None, b"\x00\x01\x02 this is not HTTP \xff\xfe\r\n\r\n")
    visit.transport.close()


async def malformed_chunk(visit: Visit) -> None:
    """Send a chunked body, the second chunk of which has no proper size."""
    chunk = b"%x\r\n%s\r\n" % (len(BODY), BODY)
    visit.send(200, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk + b"zz\r\nnot a chunk\r\n")
    visit.transport.close()


async def slow_headers(visit: Visit) -> None:
    """Send the head of the answer in twenty pieces, with a gap before each."""
    head = _head(len(BODY))
    async for piece in _with_gaps(visit, head):
        visit.send(200, piece)
    visit.send(200, BODY)
    visit.transport.close()


async def slow_body(visit: Visit) -> None:
    """Send the head at once and the body in twenty pieces, with a gap before each."""
    visit.send(200, _head(len(BODY)))
    async for piece in _with_gaps(visit, BODY):
        visit.send(200, piece)
    visit.transport.close()


async def wrong_type(visit: Visit) -> Answer:
    """Answer with JSON that says it is HTML."""
    return Answer(200, {"Content-Type": "text/html"}, BODY)


KINDS: dict[str, Callable[[Visit], Awaitable[Answer | None]]] = {
    kind.__name__: kind
    for kind in (
        reset,
        empty,
        hang,
        truncate,
        garbage,
        malformed_chunk,
        slow_headers,
        slow_body,
        wrong_type,
    )
}


def _head(length: int) -> bytes:
    return HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % length


def _pieces(data: bytes) -> Iterator[bytes]:
    size = -(-len(data) // PIECES)
    return (data[start : start + size] for start in range(0, len(data), size))


async def _with_gaps(visit: Visit, data: bytes) -> AsyncIterator[bytes]:
    for piece in _pieces(data):
        await visit.sleep(visit.conditions.gap)
        yield piece
