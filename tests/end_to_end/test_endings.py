"""However a lab's run ends, no task, port or process is left, and the lab runs again."""

import psutil
import pytest

from tests.support.kernel import is_gone, started_kernel, wait_until
from tests.support.lessons import FOLDER, LESSONS, read, set_up

LATENCY = 2.0  # seconds; an interrupt takes effect only after a blocking call, and one lab makes five of them
LEFT_BEHIND = """
import asyncio as _asyncio
await _asyncio.sleep(0.1)
_own = {task for task in _asyncio.all_tasks() if "/ipykernel/" not in repr(task) and "tornado" not in repr(task)
        and "zmq" not in repr(task) and task is not _asyncio.current_task()}
print(sorted(map(repr, _own)), server.stats().in_flight)
"""


def labs(path):
    """Return the indices of a lesson's labs among its code cells."""
    return [place for place, source in enumerate(code_cells(path)) if "await async_interact" in source]


def code_cells(path):
    return [cell.source for cell in read(path).cells if cell.cell_type == "code"]


def section_before(path, place):
    """Return the code that a lab needs: the set-up, and the cells of its section before it."""
    notebook, seen, cells = read(path), -1, []
    first = [cell.source for cell in set_up(notebook) if cell.cell_type == "code"]
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            cells = []
        if cell.cell_type == "code":
            seen += 1
            if seen == place:
                return [*first, *cells]
            cells.append(cell.source)
    raise AssertionError("no such cell")


def start_lab(kernel, path, place):
    """Run the cells before a lab, start it on a slow server, and wait for its requests; return the cell's request."""
    for source in section_before(path, place):
        kernel.run(source)
    kernel.run(f"_ = server.configure(latency={LATENCY}, cancel_abandoned=True)")
    server = kernel.server
    request = kernel.begin(code_cells(path)[place])
    wait_until(lambda: server.stats().in_flight, "the lab's requests")
    return request


@pytest.mark.parametrize(
    "path",
    [LESSONS[0], *(pytest.param(path, marks=pytest.mark.slow) for path in LESSONS[1:])],
    ids=lambda path: path.stem,
)
def test_an_interrupted_lab_leaves_nothing_behind(path):
    """After an interrupt of a lab, no task or request is left, and the lab runs again."""
    assert labs(path)
    with started_kernel(FOLDER) as kernel:
        for place in labs(path):
            request = start_lab(kernel, path, place)
            kernel.interrupt()
            assert kernel.finish(request)[1]["status"] == "error"
            assert kernel.run(LEFT_BEHIND).strip() == "[] 0"
            kernel.run("server.reset()")
            kernel.run(code_cells(path)[place])


@pytest.mark.parametrize("end", ["restart", "kill"])
def test_the_server_ends_with_its_kernel(end):
    """A kernel that ends during a lab ends its server too, and the next kernel runs the lab."""
    path, place = LESSONS[0], labs(LESSONS[0])[0]
    with started_kernel(FOLDER) as kernel:
        start_lab(kernel, path, place)
        [server] = kernel.servers()
        ports = {connection.laddr.port for connection in server.net_connections() if connection.status == "LISTEN"}
        assert ports
        getattr(kernel, end)()
        wait_until(lambda: is_gone(server), "the server to be gone")
        assert not ports & {c.laddr.port for c in psutil.net_connections() if c.status == "LISTEN"}
        for source in [*section_before(path, place), code_cells(path)[place]]:
            kernel.run(source)


WATCHED = """
with watch(server):
    async with aiohttp.ClientSession(server.url) as session:
        await session.get("/fault/hang")
"""


def test_set_up_replaces_a_killed_server():
    """A cell whose server was killed says to run the set-up cell, which starts a new server."""
    [first] = [cell.source for cell in set_up(read(LESSONS[0])) if cell.cell_type == "code"]
    with started_kernel(FOLDER) as kernel:
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
