"""A learner's copies of the lessons."""

from __future__ import annotations

import re
import sys
from itertools import count
from pathlib import Path

COPIES_FOLDER = Path("my-course")
OLD_COPY = re.compile(r"_old\d+$")  # the end of the name of a copy that `--fresh` has renamed


def copies(folder: Path = COPIES_FOLDER) -> list[Path]:
    """Return the learner's copies of the lessons in a folder, without those that `--fresh` has renamed."""
    return [path for path in sorted(folder.glob("*.ipynb")) if not OLD_COPY.search(path.stem)]


def set_aside(path: Path) -> Path:
    """Rename a file to the first free name, such as 01_why_async_old1.ipynb, then _old2; return the new path."""
    names = (path.with_stem(f"{path.stem}_old{number}") for number in count(1))
    return path.rename(next(name for name in names if not name.exists()))


def complain(sentence: str) -> int:
    """Print an error and return its exit code."""
    print(sentence, file=sys.stderr, flush=True)
    return 2
