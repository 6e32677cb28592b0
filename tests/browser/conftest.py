"""A real JupyterLab in a real browser. Without Chromium or playwright these tests skip; COURSE_BROWSER=required
makes them fail instead."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.support.chromium import chromium_path
from tests.support.jupyter_server import IPYKERNEL7, jupyterlab_server
from tests.support.jupyterlab import JupyterLab

PATIENCE = 400  # seconds for one step of a page: long enough that only a hang exceeds it
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no host name is resolved
]


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
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed: pip install -r requirements-dev.txt")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        give_no_priority()
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def server(chromium, tmp_path_factory):
    with jupyterlab_server(tmp_path_factory.mktemp("jupyterlab")) as url_and_root:
        yield url_and_root


@pytest.fixture(scope="package")
def context(chromium):
    """A context for all pages, which share the cache of JupyterLab's code."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    context.close()


@pytest.fixture
def jupyterlab(context, server) -> Iterator[JupyterLab]:
    """A page of its own for each test."""
    with new_page(context, server) as page:
        yield page


@contextmanager
def new_page(context, server) -> Iterator[JupyterLab]:
    """A page; the kernels it starts end with it."""
    lab = JupyterLab(context.new_page(), *server)
    try:
        yield lab
    finally:
        lab.close()


@pytest.fixture(params=["python3", "ipykernel7"])
def kernel(request) -> str:
    """Return the name of the course's kernel, then of a kernel with ipykernel 7."""
    if request.param == "ipykernel7" and not IPYKERNEL7.is_dir():
        missing(f"there is no {IPYKERNEL7}: make test installs it")
    return request.param
