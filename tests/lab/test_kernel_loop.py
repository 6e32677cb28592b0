"""The heartbeat and the reports of failed tasks, in real kernels: ipykernel 6 and 7."""

import asyncio
import gc
import os
import re
import threading
from pathlib import Path

import pytest

from lab.kernel_loop import HEARTBEAT, look_after_loop
from mock_server import MockServer
from tests.support.jupyter_server import IPYKERNEL7
from tests.support.kernel import started_kernel, wait_until

ROOT = Path(__file__).parents[2]
SET_UP = "import asyncio\nfrom lab import set_up\nserver = set_up()"
QUIET = "server.configure(seed=7); queue = asyncio.Queue(); queue.put_nowait(1); await queue.join()"
DYING_WORKERS = """
import gc

async def worker(number):
    await asyncio.sleep(0)
    raise ValueError(f"worker {number} died")

workers = [asyncio.create_task(worker(number)) for number in range(10)]
await asyncio.sleep(0.05)
del workers
gc.collect()
await asyncio.sleep(0.05)
"""


@pytest.fixture(scope="module", params=[[ROOT], [IPYKERNEL7, ROOT]], ids=["ipykernel", "ipykernel7"])
def kernel(request):
    if not request.param[0].is_dir():
        pytest.skip(f"there is no {IPYKERNEL7}: make test installs it")
    with started_kernel(ROOT, PYTHONPATH=os.pathsep.join(map(str, request.param))) as kernel:
        kernel.run(SET_UP)
        yield kernel


def test_a_quiet_cell_can_be_interrupted(kernel):
    """A cell that waits for something that never comes ends at the next beat after Jupyter's Interrupt."""
    server = MockServer(None, kernel.run("print(server.url)").strip())
    reply = kernel.begin(QUIET)
    wait_until(lambda: server.conditions.seed == 7, "the cell to begin")
    kernel.interrupt()
    assert reply()["ename"] in ("CancelledError", "KeyboardInterrupt")
    assert HEARTBEAT <= 0.5


def test_tasks_that_fail_alike_are_reported_once(kernel):
    """The report names the first exception and the learner's line; there is no traceback."""
    said = kernel.run(DYING_WORKERS)
    assert said.count("A task failed") == 1
    assert re.search(r"ValueError: worker \d died in line 5: `raise ValueError", said)
    assert "Traceback" not in said


def test_the_next_cell_reports_again(kernel):
    kernel.run(DYING_WORKERS)
    assert kernel.run(DYING_WORKERS).count("A task failed") == 1


def test_set_up_adds_one_heartbeat(kernel):
    """`set_up`, run again, starts no second heartbeat."""
    count = "import threading; print([t.name for t in threading.enumerate()].count('heartbeat'))"
    kernel.run(SET_UP)
    assert kernel.run(count).strip() == "1"


def test_the_heartbeat_is_no_timer(kernel):
    """The heartbeat is neither a task nor a timer, because a controlled clock sets those of others aside."""
    found = "print([t for t in [*asyncio.all_tasks(), *asyncio.get_running_loop()._scheduled] if 'beat' in repr(t)])"
    assert kernel.run(found).strip() == "[]"


def test_the_heartbeat_ends_with_its_loop():
    async def scenario():
        look_after_loop()

    asyncio.run(scenario())
    wait_until(lambda: all(thread.name != "heartbeat" for thread in threading.enumerate()), "the heartbeat's end")


def test_other_errors_use_the_default_handler(caplog):
    """Anything but a failed task goes to asyncio's default handler."""

    async def scenario():
        look_after_loop()
        asyncio.get_running_loop().call_exception_handler({"message": "a callback failed"})
        gc.collect()

    asyncio.run(scenario())
    assert "a callback failed" in caplog.text
