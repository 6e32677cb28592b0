"""Endpoints that send text, a page and a picture."""

from __future__ import annotations

import struct
import zlib

from .context import RequestContext
from .response import FixedResponse
from .routes import Parameter, endpoint
from .rules import Choice

CHARSET = Parameter("charset", Choice(("utf-8", "iso-8859-1", "utf-16")), "query", "utf-8")
SAMPLE_TEXT = "A naïve café, a jalapeño and a piñata: four words that a wrong charset garbles."
PAGE = "<!doctype html><title>mock_server</title><h1>mock_server</h1><p>A page of HTML.</p>"


@endpoint("GET", "/text", CHARSET)
async def text(context: RequestContext) -> FixedResponse:
    """Respond with a line of text, in the charset that the query string names."""
    charset = CHARSET.read(context.request.query.get("charset"))
    return FixedResponse(200, {"Content-Type": f"text/plain; charset={charset}"}, SAMPLE_TEXT.encode(charset))


@endpoint("GET", "/html")
async def html(context: RequestContext) -> FixedResponse:
    """Respond with a small page."""
    return FixedResponse(200, {"Content-Type": "text/html; charset=utf-8"}, PAGE.encode())


@endpoint("GET", "/image.png")
async def image(context: RequestContext) -> FixedResponse:
    """Respond with a picture of 8 by 8 pixels."""
    return FixedResponse(200, {"Content-Type": "image/png"}, PNG)


MEDIA_HANDLERS = (text, html, image)


def _png(size: int) -> bytes:
    """Return a square of one colour as a PNG file; `size` is in pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x00\x72\xb2" * size) * size
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PNG = _png(8)
