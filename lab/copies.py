"""Make the learner's own copies of the lessons, without outputs.

    python -m lab.copies                        # copy each lesson that has no copy yet
    python -m lab.copies --fresh 01_why_async   # set the copy of one lesson aside and make a new one

Run it in the course's folder. It reads notebooks/ and writes to my-course/. It never overwrites a file.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import nbformat

LESSONS_FOLDER = Path("notebooks")
COPIES_FOLDER = Path("my-course")
SET_ASIDE = re.compile(r"_old\d+$")  # how the name of a copy ends that `--fresh` has replaced


def main(arguments: list[str] | None = None) -> int:
    """Make the copies, print their names, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m lab.copies", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--fresh", metavar="NAME", help="set this copy aside under another name and make a new one")
    parser.add_argument("--lessons", type=Path, default=LESSONS_FOLDER, help="folder to copy from (default: notebooks)")
    parser.add_argument("--to", type=Path, default=COPIES_FOLDER, help="folder to copy to (default: my-course)")
    options = parser.parse_args(arguments)
    lessons = sorted(_sources(options.lessons))
    if not lessons:
        return _complain(f"There are no lessons in {options.lessons}. Run this in the course's folder.")
    if options.fresh is not None:
        named = [lesson for lesson in lessons if _is_named(lesson, options.fresh)]
        if not named:
            return _complain(f"There is no {options.fresh} to copy. There are: {', '.join(map(str, lessons))}.")
        _set_aside(options.to / named[0])
    for lesson in lessons:
        if not (options.to / lesson).exists():
            copy(options.lessons / lesson, options.to / lesson)
            print(f"{options.to / lesson} is new", flush=True)
    return 0


def copies(folder: Path = COPIES_FOLDER) -> list[Path]:
    """Return the learner's copies of the lessons in a folder, without those that were set aside."""
    return [path for path in sorted(folder.glob("*.ipynb")) if not SET_ASIDE.search(path.stem)]


def copy(source: Path, target: Path) -> None:
    """Copy a file, a notebook without its outputs; FileExistsError if the target exists."""
    content = _without_outputs(source) if source.suffix == ".ipynb" else source.read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        file.write(content)


def _without_outputs(path: Path) -> bytes:
    """Return the text of a notebook with its outputs and execution counts cleared."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return f"{nbformat.writes(notebook)}\n".encode()


def _sources(folder: Path) -> Iterator[Path]:
    """Yield the files that a learner needs, relative to the folder: notebooks, and the modules that they import."""
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if path.suffix in (".ipynb", ".py") and not any(part.startswith((".", "__")) for part in relative.parts):
            yield relative


def _is_named(lesson: Path, name: str) -> bool:
    """Whether a name means this lesson: 01_why_async, 01_why_async.ipynb or a path that ends so."""
    given = Path(name) if Path(name).suffix else Path(f"{name}.ipynb")
    return given.parts[-len(lesson.parts) :] == lesson.parts


def _set_aside(path: Path) -> None:
    """Rename a copy, if there is one, to the first free name: 01_why_async_old1.ipynb, then _old2."""
    if path.exists():
        names = (path.with_stem(f"{path.stem}_old{number}") for number in count(1))
        kept = next(name for name in names if not name.exists())
        path.rename(kept)
        print(f"{path} is now {kept}", flush=True)


def _complain(sentence: str) -> int:
    print(sentence, file=sys.stderr, flush=True)
    return 2


if __name__ == "__main__":
    sys.exit(main())
