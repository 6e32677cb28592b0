"""Error responses whose body is a page of HTML, as a proxy sends them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mock_server.response import FixedResponse

from ..checking.replace import replaced
from ..checking.symptoms import explained


@contextmanager
def error_pages() -> Iterator[None]:
    """Let the server send such responses while the block runs, and say so in each symptom."""
    send = FixedResponse.send

    async def send_page(response: FixedResponse, request: Any) -> Any:
        if response.status >= 400:
            headers = {**response.headers, "Content-Type": "text/html"}
            response = dataclasses.replace(response, headers=headers, body=b"<h1>Error</h1>")
        return await send(response, request)

    with replaced(FixedResponse, "send", send_page), explained("The body of the error response was HTML"):
        yield
