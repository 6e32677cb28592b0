"""The mock server and its peers, each started on the first core and loaded with wrk from the second.

The peers live in an environment of their own under the system's temporary folder, made at the first use.
"""

import contextlib
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

ROOT = Path(__file__).parent.parent
PEERS = Path(tempfile.gettempdir()) / "mock_server_peers"
HTTPBIN = PEERS / "httpbin"
ON_SERVER_CORE = ["taskset", "-c", "0"]
ON_LOAD_CORE = ["taskset", "-c", "1"]
BARE = """
import asyncio, sys
from aiohttp import web
async def item(request): return web.json_response({"id": 1, "name": "item 1", "price": 1, "related": [2, 3, 4]})
async def delay(request):
    await asyncio.sleep(float(request.match_info["seconds"]))
    return web.json_response({"delay": 0.05})
app = web.Application()
app.add_routes([web.get("/items/{id}", item), web.get("/delay/{seconds}", delay)])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), backlog=4096, access_log=None, print=None)
"""
MOCKTTP = """
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const server = require('mockttp').getLocal({ recordTraffic: process.argv[3] === 'record' });
server.start(Number(process.argv[2])).then(async () => {
  await server.forGet('/items/1').always().thenJson(200, { id: 1, name: 'item 1', price: 1, related: [2, 3, 4] });
  await server.forGet('/delay/0.05').always().thenCallback(async () => {
    await sleep(50);
    return { statusCode: 200, json: { delay: 0.05 } };
  });
});
"""
JSON_PATHS = {
    "mock_server": "/items/1",
    "bare aiohttp.web": "/items/1",
    "mockttp": "/items/1",  # records what it serves, as it does by default
    "mockttp, recording off": "/items/1",
    "httpbin": "/uuid",
}
NAMES = tuple(JSON_PATHS)


def install() -> None:
    """Make the peers' environment if it is not there."""
    if not (HTTPBIN / "bin/gunicorn").exists():
        venv.create(HTTPBIN, with_pip=True, clear=True)
        subprocess.run(
            [HTTPBIN / "bin/python", "-m", "pip", "-q", "install", "httpbin", "gunicorn", "gevent"], check=True
        )
    if not (PEERS / "node_modules/mockttp").exists():
        subprocess.run(["npm", "--silent", "install", "--prefix", PEERS, "mockttp"], check=True)
    (PEERS / "bare.py").write_text(BARE)
    (PEERS / "mockttp.js").write_text(MOCKTTP)


def command(name: str, port: int) -> list[str]:
    """Return what starts a server on a port."""
    return {
        "mock_server": [sys.executable, "-m", "mock_server", "--owner", str(os.getpid()), "--port", str(port)],
        "bare aiohttp.web": [sys.executable, str(PEERS / "bare.py"), str(port)],
        "mockttp": ["node", str(PEERS / "mockttp.js"), str(port), "record"],
        "mockttp, recording off": ["node", str(PEERS / "mockttp.js"), str(port)],
        "httpbin": [
            *(str(HTTPBIN / "bin/python"), "-m", "gunicorn", "-k", "gevent", "-w", "1", "--backlog", "4096"),
            *("--worker-connections", "2000", "--log-level", "error", "-b", f"127.0.0.1:{port}", "httpbin:app"),
        ],
    }[name]


@contextlib.contextmanager
def running(name: str, pin: bool = True) -> Iterator[tuple[str, int]]:
    """Run a server; yield its address and process id."""
    port = free_port()
    prefix = ON_SERVER_CORE if pin else []
    process = subprocess.Popen(
        [*prefix, *command(name, port)],
        cwd=ROOT if name == "mock_server" else PEERS,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_answers(url + JSON_PATHS[name])
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url: str) -> bytes:
    with build_opener(ProxyHandler({})).open(url, timeout=10) as answer:
        return answer.read()


def wait_until_answers(url: str) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            get(url)
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.002)


def wrk(url: str, connections: int, seconds: int, *options: str) -> str:
    """Load an address from the second core and return what wrk says; no answer may be an error."""
    load = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *options, url]
    said = subprocess.run([*ON_LOAD_CORE, *load], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise RuntimeError(said)
    return said


def number(pattern: str, said: str) -> float:
    """Return the number that a pattern finds; times in milliseconds."""
    found = re.search(pattern + r"\s+([\d.]+)(us|ms|s)?\b", said)
    if found is None:
        raise RuntimeError(said)
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000, None: 1}[found[2]]


def count(said: str) -> int:
    """Return how many requests wrk made."""
    return int(re.search(r"(\d+) requests in", said)[1])


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process and its children have used: other work on the machine adds little."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_seconds(int(child)) for child in children)


def alternate(rounds: int, measure: Callable[[str, str, int], tuple[float, ...]]) -> dict[str, list]:
    """Start and warm up all servers, then measure each once a round, so that other work falls on all alike."""
    found: dict[str, list] = {name: [] for name in NAMES}
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(running(name)) for name in NAMES}
        for name, (url, _) in servers.items():
            warm_up(url + JSON_PATHS[name])
        for one in range(rounds):
            for name in NAMES[one % len(NAMES) :] + NAMES[: one % len(NAMES)]:
                found[name].append(measure(name, *servers[name]))
    return found


def warm_up(url: str) -> None:
    """Send twenty thousand requests: Node is several times as slow before it has compiled what is hot."""
    done = 0
    while done < 20_000:
        done += count(wrk(url, 64, 2))


def median(values: list[float]) -> float:
    return statistics.median(values)
