"""Copy the lessons for a learner, without outputs.

    python -m lab.copies                        # copy each lesson that has no copy yet
    python -m lab.copies --fresh 01_why_async   # rename the copy of one lesson and make a new one

Run it in the course's folder. It reads notebooks/, writes to my-course/, and never overwrites a file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat

from . import COPIES_FOLDER, complain, set_aside

LESSONS_FOLDER = Path("notebooks")


def main(arguments: list[str] | None = None) -> int:
    """Make the copies, print their names, and return the exit code: 2 if there is nothing to copy."""
    parser = argparse.ArgumentParser(prog="python -m lab.copies", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--fresh", metavar="NAME", help="rename this copy and make a new one")
    parser.add_argument("--lessons", type=Path, default=LESSONS_FOLDER, help="folder to copy from (default: notebooks)")
    parser.add_argument("--to", type=Path, default=COPIES_FOLDER, help="folder to copy to (default: my-course)")
    options = parser.parse_args(arguments)
    lessons = sorted(_sources(options.lessons))
    if not lessons:
        return complain(f"There are no lessons in {options.lessons}. Run this in the course's folder.")
    if options.fresh is not None:
        named = [lesson for lesson in lessons if _is_named(lesson, options.fresh)]
        if not named:
            return complain(f"There is no {options.fresh} to copy. There are: {', '.join(map(str, lessons))}.")
        if (old := options.to / named[0]).exists():
            print(f"{old} is now {set_aside(old)}", flush=True)
    for lesson in lessons:
        if not (options.to / lesson).exists():
            copy(options.lessons / lesson, options.to / lesson)
            print(f"{options.to / lesson} is new", flush=True)
    return 0


def copy(source: Path, target: Path) -> None:
    """Copy a file; a notebook loses its outputs.

    Raises:
        FileExistsError: the target exists.
    """
    content = _without_outputs(source) if source.suffix == ".ipynb" else source.read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        file.write(content)


def _without_outputs(path: Path) -> bytes:
    """Return a notebook's text without outputs and execution counts."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return f"{nbformat.writes(notebook)}\n".encode()


def _sources(folder: Path) -> Iterator[Path]:
    """Yield the paths of notebooks and the modules that they import, relative to the folder."""
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if path.suffix in (".ipynb", ".py") and not any(part.startswith((".", "__")) for part in relative.parts):
            yield relative


def _is_named(lesson: Path, name: str) -> bool:
    """Return whether a name stands for this lesson: 01_why_async, 01_why_async.ipynb or a path that ends in it."""
    given = Path(name) if Path(name).suffix else Path(f"{name}.ipynb")
    return given.parts[-len(lesson.parts) :] == lesson.parts


if __name__ == "__main__":
    sys.exit(main())
