"""Checks in real kernels, ipykernel 6 and 7: interrupted, next to a lab, and under nest_asyncio."""

import pytest

PREPARE = """
import asyncio, aiohttp, time
from time import monotonic
from lab import async_interact, check, set_up
server = set_up()
real = monotonic

async def fetch_together(session, paths):
    async def fetch(path):
        async with session.get(path) as response:
            return await response.json()
    return await asyncio.gather(*map(fetch, paths))

async def waits_for_ever(session, paths):
    print("begun", flush=True)
    while True:
        await asyncio.sleep(0)

def is_real():
    loop = asyncio.get_running_loop()
    return (monotonic is real, time.sleep.__module__, "time" in vars(loop), abs(loop.time() - monotonic()) < 1)
"""
REAL = "(True, 'time', False, True)"


@pytest.fixture(autouse=True)
def prepared(kernel):
    kernel.run(PREPARE)


def right(kernel):
    """Run a check of a right submission, and return whether the clock is real afterwards."""
    assert kernel.run("print(await check('01.1', fetch_together))") == "01.1: right\n"
    return kernel.run("print(is_real())").strip()


def test_a_check_restores_the_kernel(kernel):
    """Two checks give the same verdict, and the clock is real afterwards."""
    assert [right(kernel), right(kernel)] == [REAL, REAL]


def test_an_interrupt_ends_a_check(kernel):
    """Jupyter's Interrupt ends a submission that computes; the clock is real and the next check is right."""
    request = kernel.begin("print(await check('01.1', waits_for_ever))")
    kernel.until_shown(request, "begun")
    kernel.interrupt()
    shown, reply = kernel.finish(request)
    assert reply["ename"] in ("CancelledError", "KeyboardInterrupt"), shown
    assert kernel.run("print(is_real())").strip() == REAL
    assert right(kernel) == REAL


def test_cells_behind_a_check_run(kernel):
    """Cells that are sent during a check are run after it; the kernel keeps each in a task of its own."""
    cells = ["print(await check('01.1', fetch_together))", "print(1)", "print(2)"]
    requests = [kernel.begin(cell) for cell in cells]
    assert [kernel.finish(request)[0] for request in requests] == ["01.1: right\n", "1\n", "2\n"]


def test_other_tasks_keep_real_time(kernel):
    """A check neither delays nor speeds up a task that another cell started."""
    kernel.run(
        "gaps = []\n"
        "async def beat():\n"
        "    while True:\n"
        "        begun = real(); await asyncio.sleep(0.05); gaps.append(real() - begun)\n"
        "task = asyncio.create_task(beat())"
    )
    assert right(kernel) == REAL
    kernel.until("len(gaps) > 5")
    assert kernel.run("task.cancel(); print(min(gaps) > 0.04)") == "True\n"


def test_a_check_beside_a_lab(kernel):
    """A lab's run under way is stopped, the check is right, and the lab runs again afterwards."""
    kernel.run("async def wait(seconds):\n    async with aiohttp.request('GET', f'{server.url}/delay/{seconds}'): pass")
    kernel.run("panel = async_interact(wait, seconds=(20, 40))", cell="lab")
    kernel.until("server.stats().in_flight == 1")
    assert right(kernel) == REAL
    kernel.until("server.stats().disconnected == 1")
    assert kernel.run("panel.close()") == ""


def test_two_checks_at_once(kernel):
    """The second waits for the first."""
    both = "await asyncio.gather(check('01.1', fetch_together), check('01.1', fetch_together))"
    assert kernel.run(f"print(*{both}, sep='; ')") == "01.1: right; 01.1: right\n"
    assert kernel.run("print(is_real())").strip() == REAL


def test_a_check_under_nest_asyncio(kernel):
    """A check works on a loop that nest_asyncio has patched; this test is last because the patch is permanent."""
    kernel.run("import nest_asyncio; nest_asyncio.apply()")
    assert [right(kernel), right(kernel)] == [REAL, REAL]
