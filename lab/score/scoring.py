"""`score` and `save`: put the versions of the learner's crawler on the board, and keep one as a file."""

from __future__ import annotations

from typing import Any

from ..check import check
from ..checking.clock import UncontrollableLoop
from ..checking.verdict import RIGHT
from ..copies import COPIES_FOLDER
from .board import Board
from .cell import NoProgram, source_of
from .competing import Crawler, compete
from .crawlers import page_one
from .files import FUNCTION, Unusable, earlier_files, file_of, in_copies, load, write
from .servers import SERVERS

EXERCISES = {1: "01.4", 2: "02.5", 3: "03.5", 4: "04.5"}
PAGE_ONE, YOURS, REFERENCE = "page one", "your crawl", "reference"


async def score(version: int, crawl: Crawler, **others: Crawler) -> Board:
    """Return the board: all versions so far, and a reference, on the hostile server of a lesson.

    The versions are page one's, the learner's saved files, `crawl` and the others. Each runs against a server of its
    own, under the controlled clock. Version 0 is page one's.

    Args:
        version: the number of the lesson, 0 for page one.
        crawl: a coroutine function that takes the server's URL and the paths.
        others: more crawlers, by the names that the board shows.

    Raises:
        ValueError: there is no such version.
    """
    if version not in range(len(SERVERS)):
        raise ValueError(f"There is no version {version!r}. The versions are 0 (page one) to {len(SERVERS) - 1}.")
    server = SERVERS[version]
    found, notes = _versions(version, crawl, others)
    board = Board(f"{server.items} items from {server.name}", [], notes)
    try:
        found.append((REFERENCE, server.reference))
        for name, crawler in found:
            figures = await compete(name, crawler, server)
            if figures is None:
                notes.append(f"{name[0].upper()}{name[1:]} is not written yet.")
            else:
                board.versions.append(figures)
    except UncontrollableLoop as why:
        notes.append(f"There is no board. {why}")
    return board


async def save(version: int, crawl: Crawler) -> None:
    """Save a crawler next to the learner's notebook if its exercise's check says that it is right; print what was done.

    The file is the whole cell. An earlier file of that name is renamed, not overwritten.

    Args:
        version: the number of the lesson.
        crawl: the learner's coroutine function, defined in a cell together with all it needs.
    """
    path = file_of(version)
    verdict = await check(EXERCISES[version], crawl)
    if verdict.state != RIGHT:
        print(f"{path.name} is not saved. {verdict.text}")
    elif not in_copies():
        print(f"{path.name} is not saved: this notebook is not one of your copies, which are in {COPIES_FOLDER}/.")
    else:
        try:
            print(write(path, source_of(crawl, FUNCTION)))
        except NoProgram as why:
            print(f"{path.name} is not saved. {why}")


def _versions(version: int, crawl: Any, others: dict[str, Any]) -> tuple[list[tuple[str, Crawler]], list[str]]:
    """Return the versions by their names, and notes about what cannot run."""
    found: list[tuple[str, Crawler]] = []
    notes: list[str] = []
    if version > 0:
        found.append((PAGE_ONE, page_one.crawl))
    for path in earlier_files(version):
        try:
            found.append((path.name, load(path)))
        except Unusable as why:
            notes.append(str(why))
    for name, given in {(YOURS if version > 0 else PAGE_ONE): crawl, **others}.items():
        if callable(given):
            found.append((name, given))
        else:
            notes.append(f"Pass the function itself as {name}, not {given!r}.")
    return found, notes
