"""Which tests `pytest -n` gives to one worker, and in which order: what takes long comes first.

Tests of a file share a server, a kernel or a browser; those of a lesson share them within it. pytest-xdist 3.8 has
groups for this, which pytest 9.2 passes over.
"""

import re

import pytest

LONG = ("tests/promises", "tests/browser", "notebooks", "tests/notebooks")
EACH_ALONE = "tests/promises"
BY_LESSON = ("tests/browser", "tests/notebooks")


def unit(nodeid: str) -> str:
    """The tests that go to one worker have the same unit."""
    file, _, test = nodeid.partition("::")
    if file.startswith(EACH_ALONE):
        return nodeid
    lesson = re.search(r"\[(?:\w+-)?(\d\d)[_.]", test)
    return f"{file} {lesson[1]}" if lesson and file.startswith(BY_LESSON) else file


def pytest_collection_modifyitems(items):
    """Put the folders that take long first."""
    places = {folder: place for place, folder in enumerate(LONG)}
    items.sort(key=lambda item: min((places[long] for long in LONG if item.nodeid.startswith(long)), default=len(LONG)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each worker one unit after the other, in the order of collection."""
    from xdist.scheduler import LoadScopeScheduling

    class ByUnit(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return unit(nodeid)

    config.option.loadscopereorder = False
    return ByUnit(config, log)
