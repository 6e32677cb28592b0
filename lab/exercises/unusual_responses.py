"""Responses that the server does not send by itself: error pages, and good statuses other than the usual ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

from mock_server import item_endpoints
from mock_server.response import FixedResponse

from ..checking.replace import wrapped
from ..checking.symptoms import explained


@contextmanager
def error_pages() -> Iterator[None]:
    """Give each error response a page of HTML as its body, as a proxy does, and say so in each symptom."""

    def sending(send: Any) -> Any:
        async def send_page(response: FixedResponse, request: Any) -> Any:
            if response.status >= 400:
                headers = {**response.headers, "Content-Type": "text/html"}
                response = replace(response, headers=headers, body=b"<h1>Error</h1>")
            return await send(response, request)

        return send_page

    with wrapped(FixedResponse, "send", sending), explained("The body of the error response was HTML"):
        yield


def item_status(usual: int, unusual: int) -> AbstractContextManager[None]:
    """Send items with another good status in place of the usual one while the block runs."""

    def responding(respond: Any) -> Any:
        def respond_otherwise(*arguments: Any) -> FixedResponse:
            response: FixedResponse = respond(*arguments)
            return replace(response, status=unusual) if response.status == usual else response

        return respond_otherwise

    return wrapped(item_endpoints, "_item_response", responding)
