"""`watch`: what the server saw of a block of code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mock_server import MockServer

from .run import Run
from .turn import alone


@contextmanager
def watch(
    server: MockServer, *, predict: float | None = None, theory: float | None = None, title: str = ""
) -> Iterator[Run]:
    """Clear the server's journal, run the block, and fill the Run that was given to it with what happened.

    `predict` and `theory` are when the block should end, in seconds; the picture has a line at each.
    The Run is filled when the block ends, also when it ends with an exception.
    """
    with alone():
        server.clear()
        run = Run(predicted=predict, theory=theory, title=title)
        try:
            yield run
        finally:
            run.fill(server.snapshot())
