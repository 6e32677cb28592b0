"""The first cell of every lesson: is all here that it needs, and is the server up?"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version

from mock_server import MockServer

from .runs.exclusive import alone

PYTHON = (3, 11)
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
MEND = "Run `%cd ..` and `%pip install -r requirements.txt` in a cell of this notebook, then restart the kernel."


class EnvironmentProblem(RuntimeError):
    """Something that the lessons need is missing or too old; the message says how to mend it."""


def set_up() -> MockServer:
    """Check the kernel's environment and return the mock server, started or reset.

    EnvironmentProblem names what is missing or too old, and the mend.
    """
    if sys.version_info < PYTHON:
        have, least = ".".join(map(str, sys.version_info[:2])), ".".join(map(str, PYTHON))
        raise EnvironmentProblem(f"This kernel runs Python {have}; the course needs {least} or later.")
    for package, needed in NEEDED.items():
        wanted = ".".join(map(str, needed))
        try:
            have = version(package)
        except PackageNotFoundError:
            raise EnvironmentProblem(f"{package} is not installed; the course needs {wanted}. {MEND}") from None
        if _numbers(have) < needed:
            raise EnvironmentProblem(f"{package} is {have}; the course needs {wanted} or later. {MEND}")
    with alone():
        return MockServer.start()


def _numbers(text: str) -> tuple[int, ...]:
    """Read the leading numbers of a version: 3.14.5 is (3, 14, 5), 8.0rc1 is (8,)."""
    parts = text.split(".")
    numeric = [int(part) for part in parts[: next((n for n, p in enumerate(parts) if not p.isdigit()), len(parts))]]
    return tuple(numeric)
