"""A real JupyterLab in a real browser; without one, tests are skipped, or fail if COURSE_BROWSER=required."""

import os
from collections.abc import Iterator

import psutil
import pytest

from tests.support.chromium import QUIET, chromium_path
from tests.support.jupyter_server import IPYKERNEL7, jupyterlab_server
from tests.support.jupyterlab import PATIENCE, JupyterLab


def missing(what: str) -> None:
    if os.environ.get("COURSE_BROWSER") == "required":
        pytest.fail(what)
    pytest.skip(what)


def give_no_priority() -> None:
    """Remove the priority that Chromium gives itself as root, which a learner's Chromium does not have."""
    for process in psutil.Process().children(recursive=True):
        if process.nice() < 0:
            process.nice(0)


# For this package only: while playwright runs, no other test can call asyncio.run().
@pytest.fixture(scope="package")
def chromium():
    path = chromium_path()
    if path is None:
        missing("there is no Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright  # imported here because only one of many test workers needs it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        give_no_priority()
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def page(chromium, tmp_path_factory) -> Iterator[JupyterLab]:
    """The page in which all notebooks open, one after the other."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(PATIENCE * 1000)
    with jupyterlab_server(tmp_path_factory.mktemp("jupyterlab")) as url_and_root:
        yield JupyterLab(page, *url_and_root)
        page.close()


def installed(kernel: str) -> str:
    """Return the name of a kernel, or skip the test if the kernel is not installed."""
    if kernel == "ipykernel7" and not IPYKERNEL7.is_dir():
        missing(f"there is no {IPYKERNEL7}: make test installs it")
    return kernel
