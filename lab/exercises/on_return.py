"""Look at something at the moment at which a submission returns, before a task that it left goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from inspect import isawaitable
from typing import Any

from ..checking.replace import replaced
from ..checking.trial import Trial


@contextmanager
def on_return(trial: Trial, look: Callable[[], object]) -> Iterator[None]:
    """Call `look` each time the submission returns while the block runs; not if it raises."""
    submission = trial.submission

    async def result_of(submitted: Awaitable[Any]) -> Any:
        result = await submitted
        look()
        return result

    def called(*arguments: Any) -> Any:
        submitted = submission(*arguments)
        return result_of(submitted) if isawaitable(submitted) else submitted

    with replaced(trial, "submission", called):
        yield
