"""The heartbeat and the reports of failed tasks, in real kernels: ipykernel 6 and 7."""

import asyncio
import gc
import re
import threading

import pytest

from lab.kernel_loop import HEARTBEAT, look_after_loop
from tests.support.kernel import wait_until

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


@pytest.fixture
def prepared(kernel):
    """Return a kernel that looks after its loop."""
    kernel.run(SET_UP)
    return kernel


def test_a_quiet_cell_can_be_interrupted(prepared):
    """A cell that waits for something that never comes ends at the next beat after Jupyter's Interrupt."""
    server = prepared.server
    request = prepared.begin(QUIET)
    wait_until(lambda: server.conditions.seed == 7, "the cell to begin")
    prepared.interrupt()
    assert prepared.finish(request)[1]["ename"] in ("CancelledError", "KeyboardInterrupt")
    assert HEARTBEAT <= 0.5


def test_tasks_that_fail_alike_are_reported_once(prepared):
    """The report names the first exception and the learner's line; there is no traceback."""
    said = prepared.run(DYING_WORKERS)
    assert said.count("A task failed") == 1
    assert re.search(r"ValueError: worker \d died\. Look at line 5: `raise ValueError", said)
    assert "Traceback" not in said


def test_the_next_cell_reports_again(prepared):
    prepared.run(DYING_WORKERS)
    assert prepared.run(DYING_WORKERS).count("A task failed") == 1


def test_set_up_adds_one_heartbeat(prepared):
    """`set_up`, run again, starts no second heartbeat."""
    count = "import threading; print([t.name for t in threading.enumerate()].count('heartbeat'))"
    prepared.run(SET_UP)
    assert prepared.run(count).strip() == "1"


def test_the_heartbeat_is_no_timer(prepared):
    """The heartbeat is neither a task nor a timer, because a controlled clock sets those of others aside."""
    found = "print([t for t in [*asyncio.all_tasks(), *asyncio.get_running_loop()._scheduled] if 'beat' in repr(t)])"
    assert prepared.run(found).strip() == "[]"


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
