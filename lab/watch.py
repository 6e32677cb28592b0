"""`watch`: record what the server saw while a block of code ran."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mock_server import MockServer

from .drawing.image import picture
from .drawing.timeline import timeline
from .runs.exclusive import preempt
from .runs.prediction import record
from .runs.run import Run


class Watched(Run):
    """A run that a notebook shows as a picture, or as a line of text where it cannot."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return picture(self.text, timeline(self))


@contextmanager
def watch(
    server: MockServer,
    *,
    predict: float | None = None,
    theory: float | None = None,
    title: str = "",
    caption: str = "",
    row_by: str = "",
) -> Iterator[Watched]:
    """Clear the server's journal, yield a Run, and fill it when the block ends or raises.

    Args:
        server: the server to watch.
        predict: the learner's prediction in seconds, drawn as a line; None for no prediction.
        theory: how long the block should take in seconds, drawn as a line.
        title: a line above the picture's heading.
        caption: a format string for a line below the heading, such as `"{run.connections} connections"`.
        row_by: a query parameter. The picture has a row for each of its values, instead of one for each request.
    """
    with preempt():
        server.clear()
        run = Watched(predicted=predict, theory=theory, title=title, row_by=row_by)
        try:
            yield run
        finally:
            run.fill(server.snapshot())
            run.caption = caption.format(run=run)
            if predict is not None:
                record(predict, run.seconds)
