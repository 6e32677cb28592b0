"""Two notebooks at once do not see each other."""

from tests.support.kernel import started_kernel
from tests.support.lessons import FOLDER, PATHS, read, set_up

WATCHED = """
with watch(server) as run:
    async with aiohttp.ClientSession(server.url) as session:
        for n in range({count}):
            async with session.get(f"/delay/0.05?{name}={{n}}") as response:
                await response.read()
print(run.text, {{exchange.path.split("?")[1][0] for exchange in run.exchanges}})
"""


def test_each_kernel_has_its_own_server():
    """Two kernels start a server each, and watch and configure only their own."""
    [first] = [cell.source for cell in set_up(read(PATHS[0])) if cell.cell_type == "code"]
    with started_kernel(FOLDER) as one, started_kernel(FOLDER) as other:
        for kernel in (one, other):
            kernel.run(first)
        requests = [one.begin(WATCHED.format(count=20, name="a")), other.begin(WATCHED.format(count=10, name="b"))]
        assert one.finish(requests[0])[1]["status"] == "ok"
        assert other.finish(requests[1])[1]["status"] == "ok"
        assert one.run("print(run.hits, server.conditions.latency)").strip() == "20 0.0"
        other.run("_ = server.configure(latency=0.3)")
        assert other.run("print(run.hits)").strip() == "10"
        assert one.run("print(server.conditions.latency)").strip() == "0.0"
