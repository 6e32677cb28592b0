"""However a lab's run ends, no task, port or process is left, and the lab runs again."""

import psutil
import pytest

from tests.support.kernel import is_gone, started_kernel, wait_until
from tests.support.lessons import FOLDER, LESSONS, read, sections, set_up

LATENCY = 2.0  # seconds; an interrupt takes effect only after a blocking call, and one lab makes five of them
LEFT_BEHIND = """
import asyncio as _asyncio
await _asyncio.sleep(0.1)
_own = {task for task in _asyncio.all_tasks() if "/ipykernel/" not in repr(task) and "tornado" not in repr(task)
        and "zmq" not in repr(task) and task is not _asyncio.current_task()}
print(sorted(map(repr, _own)), server.stats().in_flight)
"""


@pytest.fixture(scope="module")
def kernel():
    with started_kernel(FOLDER) as kernel:
        yield kernel


def labs(path):
    """Return a lesson's labs, each with the cells that it needs: the set-up, and those above it in its section."""
    notebook, found = read(path), []
    for section in sections(notebook).values():
        code = [cell.source for cell in [*set_up(notebook), *section] if cell.cell_type == "code"]
        found += [(code[:place], source) for place, source in enumerate(code) if "await async_interact" in source]
    assert found
    return found


def start_lab(kernel, before, lab):
    """Run the cells before a lab, start it on a slow server, and wait for its requests; return the cell's request."""
    for source in before:
        kernel.run(source)
    kernel.run(f"_ = server.configure(latency={LATENCY}, cancel_abandoned=True)")
    server = kernel.server
    request = kernel.begin(lab)
    wait_until(lambda: server.stats().in_flight, "the lab's requests")
    return request


@pytest.mark.parametrize(
    "path",
    [LESSONS[0], *(pytest.param(path, marks=pytest.mark.slow) for path in LESSONS[1:])],
    ids=lambda path: path.stem,
)
def test_an_interrupted_lab_leaves_nothing_behind(path, kernel):
    """After an interrupt of a lab, no task or request is left, and the lab runs again."""
    for before, lab in labs(path):
        request = start_lab(kernel, before, lab)
        kernel.interrupt()
        assert kernel.finish(request)[1]["status"] == "error"
        assert kernel.run(LEFT_BEHIND).strip() == "[] 0"
        kernel.run("server.reset()")
        kernel.run(lab)


@pytest.mark.parametrize("end", ["restart", "kill"])
def test_the_server_ends_with_its_kernel(end, kernel):
    """A kernel that ends during a lab ends its server too, and the next kernel runs the lab."""
    before, lab = labs(LESSONS[0])[0]
    start_lab(kernel, before, lab)
    [server] = kernel.servers()
    ports = {connection.laddr.port for connection in server.net_connections() if connection.status == "LISTEN"}
    assert ports
    getattr(kernel, end)()
    wait_until(lambda: is_gone(server), "the server to be gone")
    assert not ports & {c.laddr.port for c in psutil.net_connections() if c.status == "LISTEN"}
    for source in [*before, lab]:
        kernel.run(source)


WATCHED = """
with watch(server):
    async with aiohttp.ClientSession(server.url) as session:
        await session.get("/fault/hang")
"""


def test_set_up_replaces_a_killed_server(kernel):
    """A cell whose server was killed says to run the set-up cell, which starts a new server."""
    [first] = [cell.source for cell in set_up(read(LESSONS[0])) if cell.cell_type == "code"]
    kernel.run(first)
    server = kernel.server
    request = kernel.begin(WATCHED)
    wait_until(lambda: server.stats().in_flight, "the request")
    kernel.servers()[0].kill()
    _, said = kernel.finish(request)
    assert said["ename"] == "MockServerError"
    assert "Run the set-up cell again" in said["evalue"]
    kernel.run(first)
    assert kernel.run("print(server.stats().exchanges)").strip() == "0"
