"""`watch`: what the server saw of a block of code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mock_server import MockServer

from .drawing.image import picture
from .drawing.timeline import timeline
from .runs.exclusive import alone
from .runs.run import Run


class Watched(Run):
    """A run that a notebook shows as a picture with a line of text."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return picture(self.text, timeline(self))


@contextmanager
def watch(
    server: MockServer, *, predict: float | None = None, theory: float | None = None, title: str = ""
) -> Iterator[Watched]:
    """Clear the server's journal, run the block, and fill the Run that was given to it with what happened.

    `predict` and `theory` are when the block should end, in seconds; the picture has a line at each.
    The Run is filled when the block ends, also when it ends with an exception.
    """
    with alone():
        server.clear()
        run = Watched(predicted=predict, theory=theory, title=title)
        try:
            yield run
        finally:
            run.fill(server.snapshot())
