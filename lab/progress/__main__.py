"""Print the state of each exercise in the saved notebooks: right, not yet, or not tried yet.

    python -m lab.progress                                # all copies in my-course/ or in this folder
    python -m lab.progress my-course/01_why_async.ipynb   # this notebook

It runs the code of each notebook and does not change the file. The exit code is 2 if a file cannot be read, else 0.
"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections import Counter
from pathlib import Path

from ..checking.verdict import NOT_TRIED, NOT_YET, RIGHT, Verdict
from ..copies import COPIES_FOLDER, complain, copies
from ..exercises import exercises
from .notebook import SavedExercise, Unreadable, saved_exercises
from .rerun import rerun

TABLE_WIDTH = 100  # characters in a line
INDENT = " " * 24  # the column of the titles and symptoms
NO_COPIES = (
    f"You have no copies of the lessons yet. `make lab` or `python -m lab.copies` puts them in {COPIES_FOLDER}/."
)


def main(arguments: list[str] | None = None) -> int:
    """Print the table on standard output and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m lab.progress", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="saved notebooks (default: all your copies)")
    paths = parser.parse_args(arguments).notebooks or copies() or copies(Path())
    if not paths:
        return complain(NO_COPIES)
    states: Counter[str] = Counter()
    unreadable = 0
    for path in paths:
        try:
            states += _report(path)
        except Unreadable as why:
            unreadable = complain(f"{path}: {why}")
    if states:
        print(f"\nIn all: {_counts(states)}")
    return unreadable


def _report(path: Path) -> Counter[str]:
    """Print a line for each exercise of a notebook, and return how many exercises are in each state."""
    found = saved_exercises(path)
    print(path if found else f"{path}: no exercises", flush=True)
    states: Counter[str] = Counter()
    for saved in found:
        verdict = rerun(saved, path.resolve().parent)
        print(_line(verdict, saved.title), flush=True)
        states[verdict.state] += 1
    for number in _without_check(found):
        print(_line(Verdict(number, NOT_TRIED, "The notebook has no cell that checks it.")))
        states[NOT_TRIED] += 1
    return states


def _without_check(saved: list[SavedExercise]) -> list[str]:
    """Return the numbers of the lesson's exercises that its notebook does not check."""
    here = {exercise.number for exercise in saved}
    lessons = {number[:2] for number in here}
    return [number for number in exercises() if number[:2] in lessons and number not in here]


def _line(verdict: Verdict, title: str = "") -> str:
    """Return an exercise's line of the table, with the symptom below it."""
    first = f"  {verdict.exercise}  {verdict.state:<15}{title}".rstrip()
    symptom = textwrap.wrap(verdict.symptom, TABLE_WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
    return "\n".join([first, *symptom])


def _counts(states: Counter[str]) -> str:
    return f"{states[RIGHT]} of {states.total()} right, {states[NOT_YET]} not yet, {states[NOT_TRIED]} not tried yet."


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # the console's encoding may lack a character
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        complain("\nStopped.")
        sys.exit(130)
    except BrokenPipeError:  # the reader has closed the pipe, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
