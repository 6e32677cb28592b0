"""Copy the lessons for a learner, without outputs.

    python -m lab.copies                        # copy each lesson that has no copy yet
    python -m lab.copies --fresh 01_why_async   # rename the copy of one lesson and make a new one

Run it in the course's folder. It reads notebooks/, writes to my-course/, and never overwrites a file.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

LESSONS_FOLDER = Path("notebooks")
COPIES_FOLDER = Path("my-course")
OLD_COPY = re.compile(r"_old\d+$")  # the end of the name of a copy that `--fresh` has renamed


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


def copies(folder: Path = COPIES_FOLDER) -> list[Path]:
    """Return the learner's copies of the lessons in a folder, without those that `--fresh` has renamed."""
    return [path for path in sorted(folder.glob("*.ipynb")) if not OLD_COPY.search(path.stem)]


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
    import nbformat  # not above: it takes long to import, and `import lab` imports this module

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


def set_aside(path: Path) -> Path:
    """Rename a file to the first free name, such as 01_why_async_old1.ipynb, then _old2; return the new path."""
    names = (path.with_stem(f"{path.stem}_old{number}") for number in count(1))
    return path.rename(next(name for name in names if not name.exists()))


def complain(sentence: str) -> int:
    """Print an error and return its exit code."""
    print(sentence, file=sys.stderr, flush=True)
    return 2


if __name__ == "__main__":
    sys.exit(main())
