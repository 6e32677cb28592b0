"""Which tests run, in which order, and which of them `pytest -n` gives to one worker.

Those marked slow are left out unless COURSE_SLOW=required asks for them. Tests of a file share a server, a kernel or a
browser; those of a lesson or an exercise share them within it. pytest-xdist 3.8 has groups for this, which pytest 9.2
passes over.
"""

import os
import re
from itertools import chain, zip_longest

import pytest

from tests.support.chromium import chromium_path
from tests.support.ports import OwnPorts

BY_LESSON = ("tests/browser", "tests/notebooks")
# Where there is no Chromium its tests are over at once, and more of others have to compute beside what waits.
BUSY, BESIDE = (("tests/browser",), 3) if chromium_path() else (("tests/lab", "tests/mock_server"), 1)
# Of the same lesson, and of those that belong to none, those first that take longest.
PATIENT = (
    "notebooks",
    "tests/end_to_end",
    "tests/lab/progress/test_progress",
    "tests/test_",
    "tests/tools",
    "tests/notebooks/test_parallel_fetch",
    "tests/lab/exercises/test_exercises",
    "tests/mock_server/test_readme",
    "tests/mock_server/test_command_line",
    "tests/mock_server/test_fuzz",
    "tests/notebooks",
)


def unit(nodeid: str) -> str:
    """The tests that go to one worker have the same unit."""
    file, _, test = nodeid.partition("::")
    if file.startswith("tests/end_to_end"):
        return nodeid
    lesson = re.search(r"\[(?:\w+-)?(\d\d(?:_|\.\d)).*?( on \w+)?\]", test)
    return f"{file} {lesson[1]}{lesson[2] or ''}" if lesson and file.startswith(BY_LESSON) else file


def rank(each: list) -> tuple[int, int, int]:
    """Rank a unit by its time, roughly: the last lessons and their last exercises first.

    The capstone and the promises go beside lesson 02; all else comes after.
    """
    nodeid = each[0].nodeid
    lesson = re.search(r"\b0([2-4])[_.](\d?)|parallel_fetch|tests/end_to_end", nodeid)
    place = next((n for n, folder in enumerate(PATIENT) if nodeid.startswith(folder)), len(PATIENT))
    return (-int(lesson[1] or 2), place, -int(lesson[2] or 0)) if lesson else (0, place, 0)


def in_good_order(units: list[list]) -> list[list]:
    """Put what takes long first, and the busy beside the patient."""

    def those(folders: tuple[str, ...]) -> list[list]:
        return sorted((each for each in units if each[0].nodeid.startswith(folders)), key=rank)

    patient = those(PATIENT)
    busy = [each for each in those(BUSY) if each not in patient]
    beside = [patient[n : n + BESIDE] for n in range(0, len(patient), BESIDE)]
    mixed = [[each, *others] if each else others for each, others in zip_longest(busy, beside, fillvalue=[])]
    first = list(chain.from_iterable(mixed))
    return first + [each for each in units if each not in first]


def pytest_configure():
    """Let every kernel that this process starts have ports which no other can take from it."""
    OwnPorts.instance()


def pytest_collection_modifyitems(config, items):
    """Order the tests for several workers, and pass over the slow ones that nobody asked for."""
    if os.environ.get("COURSE_SLOW") != "required":
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: runs with COURSE_SLOW=required"))
    if not hasattr(config, "workerinput"):
        return
    of_unit = {}
    for item in items:
        of_unit.setdefault(unit(item.nodeid), []).append(item)
    items[:] = chain.from_iterable(in_good_order(list(of_unit.values())))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each worker one unit after the other, in the order of collection."""
    from xdist.scheduler import LoadScopeScheduling

    class ByUnit(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return unit(nodeid)

    config.option.loadscopereorder = False
    return ByUnit(config, log)
