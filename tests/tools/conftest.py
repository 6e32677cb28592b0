"""The site, rendered once for all its tests; its pages are opened in the browser of the browser tests."""

import os
from pathlib import Path

import pytest

from tests.browser.conftest import chromium
from tools.site import notebooks_in, render
from tools.site_labs import record_all

__all__ = ["chromium"]

ROOT = Path(__file__).parents[2]
PATHS = notebooks_in(ROOT / "notebooks")
# The labs of the last lessons make many thousands of requests; they are recorded where minutes are given.
RECORDED = PATHS if os.environ.get("COURSE_SLOW") == "required" else PATHS[:2]


@pytest.fixture(scope="package")
def recorded():
    """The labs of each notebook, at both ends of every slider, where it starts, and at what the text mentions."""
    return {path: [] for path in PATHS} | record_all(RECORDED, share=0)


@pytest.fixture(scope="package")
def site(recorded, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    render(PATHS, folder, recorded)
    return folder
