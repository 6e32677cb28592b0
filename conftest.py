"""Which tests run on one worker of `pytest -n`: the cells of a notebook, and the tests of a file."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep a file's tests together, unless their own mark says otherwise: they share a kernel or a server."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
