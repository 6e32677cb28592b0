"""The site, rendered once for the tests of a file; its pages are opened in the browser of the browser tests."""

from pathlib import Path

import pytest

from tests.browser.conftest import chromium
from tools.site import notebooks_in, render
from tools.site_labs import record_all

__all__ = ["chromium"]

ROOT = Path(__file__).parents[2]
PATHS = notebooks_in(ROOT / "notebooks")


@pytest.fixture(scope="module")
def recorded(request):
    """The labs of the module's `RECORDED`: both ends of every slider, where it starts, and what the text mentions."""
    return {path: [] for path in PATHS} | record_all(request.module.RECORDED, share=0)


@pytest.fixture(scope="module")
def site(recorded, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    render(PATHS, folder, recorded)
    return folder
