"""The learner's crawlers as files: `crawler_01.py` to `crawler_04.py`, next to their copies of the lessons."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from ..copies import COPIES_FOLDER, set_aside
from ..errors import summary

FUNCTION = "crawl"


class Unusable(Exception):
    """A file cannot be used as a crawler; the message says why."""


def in_copies() -> bool:
    """Return whether the notebook is one of the learner's own copies."""
    return Path.cwd().name == COPIES_FOLDER.name


def file_of(version: int) -> Path:
    """Return the file of a version, which is the number of its lesson."""
    return Path.cwd() / f"crawler_{version:02}.py"


def earlier_files(version: int) -> list[Path]:
    """Return the learner's files of earlier versions."""
    paths = [file_of(number) for number in range(1, version)] if in_copies() else []
    return [path for path in paths if path.exists()]


def load(path: Path) -> Callable[..., Any]:
    """Return the function `crawl` of a file.

    Raises:
        Unusable: the file is not Python, does not run, or has no such function.
    """
    try:
        return _crawl_of(_module(path, path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError):
        why = "it is not a text file that can be read"
    except SyntaxError as error:
        why = f"line {error.lineno} is not valid Python ({error.msg})"
    except AttributeError as error:
        why = f"it does not define `{FUNCTION}`" if error.name == FUNCTION else f"it raised {summary(error)}"
    except (Exception, SystemExit) as error:
        why = f"it raised {summary(error)}"
    raise Unusable(f"{path.name} is left out: {why.rstrip('.')}.")


def write(path: Path, source: str) -> str:
    """Write a version, and return a sentence about it. An earlier file of that name is renamed, not overwritten."""
    said = f"{path.name} is saved."
    if path.exists():
        if path.read_bytes() == source.encode():
            return said
        said += f" The previous version is now {set_aside(path).name}."
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(source)
    return said


def _module(path: Path, source: str) -> ModuleType:
    """Run a file as a module. The controlled clock finds it in `sys.modules`; a learner's import does not."""
    linecache.cache[path.name] = (len(source), None, source.splitlines(keepends=True), path.name)
    module = sys.modules[f"saved {path.stem}"] = ModuleType(f"saved {path.stem}")
    module.__file__ = path.name
    exec(compile(source, path.name, "exec", dont_inherit=True), vars(module))
    return module


def _crawl_of(module: ModuleType) -> Callable[..., Any]:
    function = getattr(module, FUNCTION)
    if not callable(function):
        raise TypeError(f"`{FUNCTION}` is not a function")
    return function  # type: ignore[no-any-return]
