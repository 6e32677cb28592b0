"""The real server, a shell that records what a cell displays, and real kernels."""

import asyncio
import os
import re
from pathlib import Path

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from lab.widgets.cells import forget_cells
from mock_server import MockServer
from tests.support.jupyter_server import IPYKERNEL7
from tests.support.kernel import started_kernel

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server():
    return MockServer.start()


class Displayed(CapturingDisplayPublisher):
    """Records what is displayed."""

    @property
    def titles(self) -> list[str]:
        """The titles of the pictures that were displayed, in order."""
        pictures = [output["data"]["image/svg+xml"] for output in self.outputs if "image/svg+xml" in output["data"]]
        return [re.search("<title>(.*?)</title>", picture)[1] for picture in pictures]


@pytest.fixture
def displayed():
    """Yield the displayed outputs of a shell without a kernel."""
    quiet = Config({"HistoryManager": {"enabled": False}})
    shell = InteractiveShell.instance(config=quiet)
    shell.display_pub = Displayed()
    yield shell.display_pub
    forget_cells()
    InteractiveShell.clear_instance()


async def until(holds, seconds=300.0):
    """Wait until a condition holds."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - anything may make it true
            await asyncio.sleep(0.005)


@pytest.fixture(scope="module", params=[[ROOT], [IPYKERNEL7, ROOT]], ids=["ipykernel", "ipykernel7"])
def kernel(request):
    if not request.param[0].is_dir():
        pytest.skip(f"there is no {IPYKERNEL7}: make test installs it")
    with started_kernel(ROOT, PYTHONPATH=os.pathsep.join(map(str, request.param))) as kernel:
        yield kernel
