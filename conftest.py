"""Skip slow tests, and keep tests that share a server, kernel or browser on one worker of `pytest -n`."""

import os
import re

import pytest

from tests.support.ports import OwnPorts

SPLIT_BY_LESSON = ("tests/browser", "tests/notebooks")


def unit(nodeid: str) -> str:
    """Return a name that is the same for tests that share a server, kernel or browser.

    These are the tests of a file, or of a lesson within it. pytest 9.2 ignores the groups that pytest-xdist 3.8 has.
    """
    file, _, test = nodeid.partition("::")
    lesson = re.search(r"\[(?:\w+-)?(\d\d)_.*?( on \w+)?\]", test)
    return f"{file} {lesson[1]}{lesson[2] or ''}" if lesson and file.startswith(SPLIT_BY_LESSON) else file


def pytest_configure():
    """Reserve ports for the kernels that this process starts."""
    OwnPorts.instance()


def pytest_collection_modifyitems(items):
    """Skip the slow tests, except with COURSE_SLOW=required."""
    if os.environ.get("COURSE_SLOW") != "required":
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: runs with COURSE_SLOW=required"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Distribute whole units to the workers, in the order of collection."""
    from xdist.scheduler import LoadScopeScheduling

    class ByUnit(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return unit(nodeid)

    config.option.loadscopereorder = False
    return ByUnit(config, log)
