"""`set_up`, the first cell of every lesson: check the environment and start the server."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from itertools import takewhile
from pathlib import Path

from mock_server import MockServer

from .kernel_loop import look_after_loop
from .runs.exclusive import preempt
from .runs.prediction import forget_predictions

NEEDED: dict[str, tuple[int, ...]] = {
    "aiohttp": (3, 14),
    "aiolimiter": (1, 2),
    "ipykernel": (6, 31),
    "ipywidgets": (8,),
    "nest-asyncio": (1, 6),
    "requests": (2,),
    "stamina": (25, 1),
    "time-machine": (3, 6),
    "tqdm": (4, 66),
}
REMEDY = "Run `%cd {}` and `%pip install -r requirements.txt` in a cell of this notebook, then restart the kernel."


class EnvironmentProblem(RuntimeError):
    """A package that the lessons need is missing or too old; the message says what to do."""


def set_up() -> MockServer:
    """Check the kernel's environment and return the mock server, started or reset.

    It also empties the summary of predictions, and lets Jupyter's Interrupt end a cell that only waits.

    Raises:
        EnvironmentProblem: if a package is missing or too old.
    """
    for package, needed in NEEDED.items():
        _check_package(package, needed)
    look_after_loop()
    forget_predictions()
    with preempt():
        return MockServer.start()


def _check_package(package: str, needed: tuple[int, ...]) -> None:
    wanted = ".".join(map(str, needed))
    try:
        have = version(package)
    except PackageNotFoundError:
        raise EnvironmentProblem(f"{package} is not installed; the course needs {wanted}. {_remedy()}") from None
    if version_numbers(have) < needed:
        raise EnvironmentProblem(f"{package} is {have}; the course needs {wanted} or later. {_remedy()}")


def _remedy() -> str:
    """Return how to install a package, with the path from the notebook's folder to the course's."""
    here = Path.cwd()
    found = (folder for folder in (here, *here.parents) if (folder / "requirements.txt").is_file())
    return REMEDY.format(os.path.relpath(next(found, here.parent)))


def version_numbers(text: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: (3, 14, 5) for 3.14.5, (8,) for 8.0rc1."""
    return tuple(map(int, takewhile(str.isdigit, text.split("."))))
