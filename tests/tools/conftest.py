"""The site, rendered once; its pages are opened in the browser of the browser tests."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import chromium
from tests.support.lessons import LESSONS
from tools.site import notebooks_in, render
from tools.site_labs import record_all

__all__ = ["chromium"]

ROOT = Path(__file__).parents[2]
PATHS = notebooks_in(ROOT / "notebooks")


# These have every kind of control. The other labs make many thousands of requests; tests/notebooks runs all labs.
RECORDED = LESSONS[:2]


def problems(page) -> list[tuple]:
    """Return what axe-core finds on a page: each rule that is broken, and where."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]


@pytest.fixture(scope="package")
def recorded():
    """Record the labs at both ends of every slider, where it starts, and at what the text mentions."""
    return {path: [] for path in PATHS} | record_all(RECORDED, share=0)


@pytest.fixture(scope="package")
def site(recorded, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    render(PATHS, folder, recorded)
    return folder
