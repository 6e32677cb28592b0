"""Which tests `pytest -n` gives to one worker: those of a file, and within it those of a lesson.

They share a kernel, a server or a browser. pytest-xdist 3.8 has groups for this, which pytest 9.2 passes over.
"""

import re

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Group the tests by file and lesson."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFileAndLesson(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file, _, test = nodeid.partition("::")
            lesson = re.search(r"\[(?:\w+-)?(\d\d)[_.]", test)
            return f"{file} {lesson[1]}" if lesson else file

    return ByFileAndLesson(config, log)
