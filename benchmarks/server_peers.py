"""Start the mock server and its peers on the first core, and send requests with wrk from the second.

The first use installs the peers into an environment in the system's temporary folder.
"""

import argparse
import contextlib
import json
import os
import re
import socket
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
REQUIREMENTS = Path(__file__).with_name("requirements-servers.txt")
MOCKTTP_VERSION = "4.6.5"
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
    """Install the peers, unless the right versions are installed."""
    wanted, installed = REQUIREMENTS.read_text(), HTTPBIN / REQUIREMENTS.name
    if not installed.exists() or installed.read_text() != wanted:
        venv.create(HTTPBIN, with_pip=True, clear=True)
        pip = [str(HTTPBIN / "bin/python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, "--requirement", str(REQUIREMENTS)], check=True)
        installed.write_text(wanted)
    manifest = PEERS / "node_modules/mockttp/package.json"
    if not manifest.exists() or json.loads(manifest.read_text())["version"] != MOCKTTP_VERSION:
        package = f"mockttp@{MOCKTTP_VERSION}"
        subprocess.run(["npm", "--silent", "install", "--prefix", str(PEERS), package], check=True)
    (PEERS / "bare.py").write_text(BARE)
    (PEERS / "mockttp.js").write_text(MOCKTTP)


def command(name: str, port: int) -> list[str]:
    """Return the command that starts a server on a port."""
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
def running(name: str) -> Iterator[tuple[str, int]]:
    """Run a server, and yield its URL and process id."""
    port = free_port()
    process = subprocess.Popen(
        [*ON_SERVER_CORE, *command(name, port)],
        cwd=ROOT if name == "mock_server" else PEERS,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url + JSON_PATHS[name])
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(url: str) -> bytes:
    with build_opener(ProxyHandler({})).open(url, timeout=10) as response:
        return bytes(response.read())


def wait_until_ready(url: str) -> None:
    """Wait until a server responds; raises OSError after 20 s."""
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
    """Send requests to a URL from the second core, and return what wrk prints.

    Raises:
        RuntimeError: a response had an error status.
    """
    load = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *options, url]
    output = subprocess.run([*ON_LOAD_CORE, *load], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output:
        raise RuntimeError(output)
    return output


def number(pattern: str, output: str) -> float:
    """Return the number after a pattern in wrk's output; a time is converted to milliseconds.

    Raises:
        RuntimeError: there is no such number.
    """
    found = re.search(pattern + r"\s+([\d.]+)(us|ms|s)?\b", output)
    if found is None:
        raise RuntimeError(output)
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000, None: 1}[found[2]]


def count(output: str) -> int:
    """Return how many requests wrk made, from its output."""
    [requests] = re.findall(r"(\d+) requests in", output)
    return int(requests)


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process and its children, in seconds; other work hardly changes it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_seconds(int(child)) for child in children)


def alternate(rounds: int, measure: Callable[[str, str, int], tuple[float, ...]]) -> dict[str, list[tuple[float, ...]]]:
    """Start and warm up all servers, and measure each once per round, so that other work affects all equally."""
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in NAMES}
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(running(name)) for name in NAMES}
        for name, (url, _) in servers.items():
            warm_up(url + JSON_PATHS[name])
        for one in range(rounds):
            for name in NAMES[one % len(NAMES) :] + NAMES[: one % len(NAMES)]:
                found[name].append(measure(name, *servers[name]))
    return found


def warm_up(url: str) -> None:
    """Send 20,000 requests, because Node is several times slower until it has compiled its hot code."""
    done = 0
    while done < 20_000:
        done += count(wrk(url, 64, 2))


def arguments(description: str | None, name: str, default: int, meaning: str) -> int:
    """Return a benchmark's only argument, a number, from the command line."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument(name, type=int, nargs="?", default=default, help=f"{meaning} (default: {default:,})")
    return int(vars(parser.parse_args())[name])
