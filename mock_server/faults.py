"""Nine faults: ways to break a response, most of them written straight to the connection."""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

from .context import RequestContext
from .response import FixedResponse

FAULT_BODY = b'{"message": "This response comes from a server that misbehaves on request."}'
FAULT_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: mock_server\r\n"
PIECES = 20  # of a slow response


async def send_fault(context: RequestContext, kind: str) -> FixedResponse | None:
    """Respond with a fault, and record it in the journal."""
    context.exchange.fault = kind
    return await FAULT_KINDS[kind](context)


async def reset(context: RequestContext) -> None:
    """Reset the connection (TCP RST) before the first byte of the response."""
    sock = context.transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    context.transport.abort()


async def empty(context: RequestContext) -> None:
    """Close the connection before the first byte of the response."""
    context.transport.close()


async def hang(context: RequestContext) -> None:
    """Send nothing, and hold the connection open until the client disconnects."""
    await context.stay_silent()


async def truncate(context: RequestContext) -> None:
    """Close the connection in the middle of the body."""
    context.send_bytes(200, _head(len(FAULT_BODY)) + FAULT_BODY[: len(FAULT_BODY) // 2])
    context.transport.close()


async def garbage(context: RequestContext) -> None:
    """Send bytes that are not HTTP."""
    context.send_bytes(None, b"\x00\x01\x02 this is not HTTP \xff\xfe\r\n\r\n")
    context.transport.close()


async def malformed_chunk(context: RequestContext) -> None:
    """Send a chunked body whose second chunk has an invalid size."""
    chunk = b"%x\r\n%s\r\n" % (len(FAULT_BODY), FAULT_BODY)
    context.send_bytes(200, FAULT_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk + b"zz\r\nnot a chunk\r\n")
    context.transport.close()


async def slow_headers(context: RequestContext) -> None:
    """Send the head of the response in twenty pieces, with a gap before each."""
    async for piece in _with_gaps(context, _head(len(FAULT_BODY))):
        context.send_bytes(200, piece)
    context.send_bytes(200, FAULT_BODY)
    context.transport.close()


async def slow_body(context: RequestContext) -> None:
    """Send the head at once and the body in twenty pieces, with a gap before each."""
    context.send_bytes(200, _head(len(FAULT_BODY)))
    async for piece in _with_gaps(context, FAULT_BODY):
        context.send_bytes(200, piece)
    context.transport.close()


async def wrong_type(context: RequestContext) -> FixedResponse:
    """Send JSON with the Content-Type of HTML."""
    return FixedResponse(200, {"Content-Type": "text/html"}, FAULT_BODY)


FAULT_KINDS: dict[str, Callable[[RequestContext], Awaitable[FixedResponse | None]]] = {
    kind.__name__: kind
    for kind in (reset, empty, hang, truncate, garbage, malformed_chunk, slow_headers, slow_body, wrong_type)
}


def _head(length: int) -> bytes:
    return FAULT_HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % length


async def _with_gaps(context: RequestContext, data: bytes) -> AsyncIterator[bytes]:
    size = -(-len(data) // PIECES)
    for start in range(0, len(data), size):
        await context.sleep(context.conditions.gap)
        yield data[start : start + size]
