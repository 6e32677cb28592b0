"""Which tests are left out, and which of them `pytest -n` gives to one worker."""

import os
import re

import pytest

from tests.support import lessons
from tests.support.ports import OwnPorts

SPLIT_BY_NOTEBOOK = ("tests/browser", "tests/notebooks")
NOTEBOOK = re.compile(rf"\[(?:\w+-)?({'|'.join(path.stem for path in lessons.PATHS)})\b.*?( on \w+)?\]")


def unit(nodeid: str) -> str:
    """Return a name that is the same for tests which share a server, a kernel or a browser.

    Those are the tests of a file, or of a notebook within it. pytest-xdist 3.8 has groups for this, which pytest 9.2
    ignores.
    """
    file, _, test = nodeid.partition("::")
    found = NOTEBOOK.search(test)
    return f"{file} {found[1]}{found[2] or ''}" if found and file.startswith(SPLIT_BY_NOTEBOOK) else file


def pytest_configure():
    """Let every kernel that this process starts have ports which no other can take from it."""
    OwnPorts.instance()


def pytest_collection_modifyitems(items):
    """Leave out the slow tests, unless COURSE_SLOW=required asks for them."""
    if os.environ.get("COURSE_SLOW") != "required":
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: runs with COURSE_SLOW=required"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each worker one unit after the other, in the order of collection."""
    from xdist.scheduler import LoadScopeScheduling

    class ByUnit(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return unit(nodeid)

    config.option.loadscopereorder = False
    return ByUnit(config, log)
