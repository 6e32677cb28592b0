"""Measure the overhead of a lab: in a run, in drawing it live, and between a slider's move and the picture.

python -m benchmarks.lab [rounds] [--browser]

Each run makes 100 requests of 50 ms, 10 in flight, in a real kernel. A round has one run over bare
streams, one that is not drawn, and one that is drawn live. --browser also measures the time from a key press to the
picture, in JupyterLab in Chromium.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import nbformat
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).parent.parent
REQUESTS, IN_FLIGHT, LATENCY = 100, 10, 0.05
IDEAL = REQUESTS / IN_FLIGHT * LATENCY
ROUNDS = 30


class Lab:
    """The function of the lab, which records how long each run takes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.seconds: list[float] = []

    async def fetch_all(self, number: int) -> None:
        """Make the requests. `number` only exists so that there is a slider."""
        began = time.perf_counter()
        paths = iter([f"/delay/{LATENCY}?item={item}" for item in range(REQUESTS)])
        async with aiohttp.ClientSession(self.url) as session:
            await asyncio.gather(*(self._worker(session, paths) for _ in range(IN_FLIGHT)))
        self.seconds.append(time.perf_counter() - began)

    async def _worker(self, session: aiohttp.ClientSession, paths: Iterator[str]) -> None:
        for path in paths:
            async with session.get(path) as response:
                await response.read()


async def over_streams(url: str) -> float:
    """Return how many seconds the same requests take over bare asyncio streams."""
    parts = urlsplit(url)

    async def worker(first: int) -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        for item in range(first, REQUESTS, IN_FLIGHT):
            writer.write(f"GET /delay/{LATENCY}?item={item} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*map(worker, range(IN_FLIGHT)))
    return time.perf_counter() - began


async def in_kernel(rounds: int) -> dict[str, list[float]]:
    """Measure in the kernel that runs this code."""
    from lab import async_interact, set_up

    server = set_up()
    plain, drawn = Lab(server.url), Lab(server.url)
    panel = await async_interact(drawn.fetch_all, number=(0, 10 * rounds))
    [slider] = panel.controls.arguments.values()
    streams, waits, lags = [], [], []
    for number in range(rounds):
        streams.append(await over_streams(server.url))
        server.clear()
        await plain.fetch_all(number)
        lags.append(server.stats().lag)
        moved = time.perf_counter()
        slider.value = number
        await asyncio.sleep(0.01)
        await panel
        waits.append(time.perf_counter() - moved - drawn.seconds[-1])
        assert panel.run.hits == REQUESTS, panel.error
    return {"streams": streams, "plain": plain.seconds, "drawn": drawn.seconds[1:], "waits": waits, "lags": lags}


def measure(rounds: int) -> dict[str, list[float]]:
    """Measure in a fresh kernel."""
    manager, client = start_new_kernel(cwd=str(ROOT))
    messages = []
    code = (
        f"import json\nfrom benchmarks.lab import in_kernel\nprint('MEASURED', json.dumps(await in_kernel({rounds})))"
    )
    try:
        client.execute_interactive(
            code, timeout=rounds * 20, output_hook=lambda message: messages.append(message["content"])
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    text = "".join(content.get("text", "") + content.get("evalue", "") for content in messages)
    if "MEASURED" not in text:
        raise SystemExit(text)
    return {name: list(figures) for name, figures in json.loads(text.partition("MEASURED")[2]).items()}


KERNEL = {"name": "python3", "display_name": "Python 3"}
CELLS = (
    f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
    "from benchmarks.lab import Lab\nfrom lab import async_interact, set_up\n\nlab = Lab(set_up().url)",
    "panel = await async_interact(lab.fetch_all, number=(0, 1000))",
)
# Measures the time from a key press until the picture of the finished run with the new value is on the screen.
OBSERVE = """() => {
    let before, pressed;
    const image = () => document.querySelector('[data-mime-type="text/html"] img.course');
    const title = () => image().alt;
    window.addEventListener('keydown', () => {
        [before, pressed, window.elapsed] = [title(), performance.now(), undefined];
    }, true);
    const look = () => {
        const value = document.querySelector('[role=slider]').getAttribute('aria-valuetext');
        const arrived = pressed && !window.elapsed && image()?.complete && title() !== before;
        if (arrived && title().startsWith(`number ${value}:`) && !title().includes('so far'))
            window.elapsed = performance.now() - pressed;
        requestAnimationFrame(look);
    };
    look();
}"""


def measure_in_browser(rounds: int) -> list[float]:
    """Return the seconds from each key press to the picture on the screen, without the run itself."""
    found = []
    with jupyterlab() as page:
        page.open(notebook(), "python3")
        page.run_all()
        page.page.evaluate(OBSERVE)
        slider = page.slider(1, "number")
        for _ in range(rounds):
            slider.press("ArrowRight")
            page.wait("the picture", lambda: page.page.evaluate("window.elapsed !== undefined"))
            elapsed = page.page.evaluate("window.elapsed") / 1000
            found.append(elapsed - page.evaluate("", "lab.seconds[-1]"))
    return found


@contextmanager
def jupyterlab() -> Iterator[Any]:
    """Start JupyterLab and Chromium, and yield the page."""
    from playwright.sync_api import sync_playwright

    from tests.support.chromium import QUIET, chromium_path
    from tests.support.jupyter_server import jupyterlab_server
    from tests.support.jupyterlab import JupyterLab

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(jupyterlab_server(folder))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=QUIET)
        stack.callback(browser.close)
        yield JupyterLab(browser.new_page(viewport={"width": 1280, "height": 1000}), *server)


def notebook() -> Path:
    path = Path(tempfile.mkdtemp()) / "measured.ipynb"
    cells = list(map(nbformat.v4.new_code_cell, CELLS))
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), path)
    return path


def report(what: str, figures: list[float], target: float) -> None:
    """Print a row of the table."""
    low, high = sorted(figures)[len(figures) // 10], sorted(figures)[-1 - len(figures) // 10]
    print(f"| {what} | {median(figures):.3f} | {low:.3f} to {high:.3f} | {target:g} |", flush=True)


def main(rounds: int, browser: bool) -> None:
    from lab.widgets.schedule import REST

    found = measure(rounds)
    late = max(found["lags"]) * 1000
    print(f"{rounds} rounds, not drawn and drawn in turn; worst event-loop lag of the server {late:.0f} ms\n")
    print("| measure | median | 10% to 90% | target |\n| -- | -- | -- | -- |")
    report("bare streams / the ideal 0.5 s (the control)", [seconds / IDEAL for seconds in found["streams"]], 1.06)
    report("not drawn / the ideal 0.5 s", [seconds / IDEAL for seconds in found["plain"]], 1.06)
    report("drawn live / the ideal 0.5 s", [seconds / IDEAL for seconds in found["drawn"]], 1.06)
    pairs = zip(found["plain"], found["streams"], strict=True)
    report("not drawn / bare streams, by round", [plain / bare for plain, bare in pairs], 1.06)
    pairs = zip(found["drawn"], found["plain"], strict=True)
    report("drawn live / not drawn, by round", [drawn / plain for drawn, plain in pairs], 1.02)
    report(
        "from a move to the picture in the kernel, without the run and the pause before it, s",
        [wait - REST for wait in found["waits"]],
        0.2,
    )
    if browser:
        waits = [wait - REST for wait in measure_in_browser(rounds)]
        report("from a key press to the picture on the screen, without the run and the pause before it, s", waits, 0.2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("rounds", type=int, nargs="?", default=ROUNDS, help=f"default: {ROUNDS}")
    parser.add_argument("--browser", action="store_true", help="also measure from a key press to the picture")
    options = parser.parse_args()
    main(options.rounds, options.browser)
