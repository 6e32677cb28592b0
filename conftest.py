"""Skip slow tests, and keep tests that share a server, kernel or browser on one worker of `pytest -n`."""

import os
import re
from zlib import crc32

import pytest

from tests.support import lessons
from tests.support.ports import OwnPorts

BROWSER = ("tests/browser/test_lessons", "tests/browser", "tests/tools/test_site")  # take longest, so they begin first
SHORT = "tests/lab/exercises/test_exercises"  # many short units, so they come last and keep all workers busy to the end
NOTEBOOK = rf"^tests/(?:notebooks|end_to_end).*\[(?:\w+-)?({'|'.join(path.stem for path in lessons.PATHS)})\b"
EXERCISE = r"^tests/lab/exercises/test_exercises.*\[([\d.]+)"


def unit(nodeid: str) -> str:
    """Return a name that is the same for tests that share a server, kernel or browser.

    These are the browser tests of the lessons, the other browser tests, all tests of the site, the tests of another
    file, or those of a notebook or an exercise within a file. pytest 9.2 ignores the groups that pytest-xdist 3.8 has.
    """
    file, found = nodeid.partition("::")[0], re.search(NOTEBOOK, nodeid) or re.search(EXERCISE, nodeid)
    return next(filter(file.startswith, BROWSER), f"{file} {found[1]}" if found else file)


def pytest_configure():
    """Reserve ports for the kernels that this process starts, and let none of its processes load TLS certificates."""
    OwnPorts.instance()
    os.environ.setdefault("SSL_CERT_FILE", os.devnull)  # importing aiohttp loads them; no test leaves this machine


def pytest_collection_modifyitems(config, items):
    """Run the longest tests first and short ones last, and skip those marked slow, unless COURSE_SLOW=required."""
    if hasattr(config, "workerinput"):  # in any fixed order, so that tests that wait run beside tests that compute
        items.sort(key=lambda item: crc32(unit(item.nodeid).encode()))
    items.sort(key=lambda item: (not item.nodeid.startswith(BROWSER), item.nodeid.startswith(SHORT)))
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
