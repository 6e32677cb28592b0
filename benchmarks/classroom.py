"""Measure the memory and processor time of a learner's JupyterLab, kernel and mock server for lesson 01.

python -m benchmarks.classroom                # three learners; the figures for thirty are computed
python -m benchmarks.classroom --learners 5
"""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import psutil
from nbclient import NotebookClient

from tests.support.jupyter_server import jupyterlab_server

LESSON = Path(__file__).resolve().parent.parent / "notebooks" / "01_why_async.ipynb"
CLASS = 30
MIB = 2**20
PARTS = {"JupyterLab": "jupyterlab", "kernel": "ipykernel_launcher", "mock server": "mock_server"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--learners", type=int, default=3, help="how many learners to start (default: 3)")
    count = parser.parse_args().learners
    seconds = []
    with ExitStack() as learners:
        for _ in range(count):
            began = time.monotonic()
            learners.enter_context(learner())
            seconds.append(time.monotonic() - began)
        parts = {name: processes(word) for name, word in PARTS.items()}
        print(f"{count} learners who have run {LESSON.name}; the fastest took {min(seconds):.0f} s")
        report(parts, count)


@contextmanager
def learner() -> Iterator[None]:
    """Run a JupyterLab server and a kernel that has run the lesson."""
    with TemporaryDirectory() as folder, jupyterlab_server(Path(folder)):
        client = NotebookClient(nbformat.read(LESSON, as_version=4), kernel_name="python3", timeout=120)
        with client.setup_kernel(cwd=str(LESSON.parent)):
            for number, cell in enumerate(client.nb.cells):
                client.execute_cell(cell, number)
            yield


def processes(word: str) -> list[psutil.Process]:
    """Return the descendants of this process whose command line contains a word."""
    below = psutil.Process(os.getpid()).children(recursive=True)
    return [process for process in below if any(word in part for part in process.cmdline())]


def report(parts: dict[str, list[psutil.Process]], count: int) -> None:
    """Print a table for one learner, and the totals for a class."""
    print("\n| one learner | USS, MiB | PSS, MiB | processor, s |")
    print("| -- | -- | -- | -- |")
    own = share = work = 0.0
    for name, found in parts.items():
        assert len(found) == count, f"{len(found)} processes of {name}, not {count}"
        memory = [process.memory_full_info() for process in found]
        used = [sum(process.cpu_times()[:2]) / count for process in found]
        row = sum(m.uss for m in memory) / count / MIB, sum(m.pss for m in memory) / count / MIB, sum(used)
        own, share, work = own + row[0], share + row[1], work + row[2]
        print(f"| {name} | {row[0]:.0f} | {row[1]:.0f} | {row[2]:.1f} |")
    print(f"| together | {own:.0f} | {share:.0f} | {work:.1f} |")
    print(f"\nMemory of {CLASS}: {CLASS} x {share:.0f} MiB = {CLASS * share / 1024:.1f} GiB")
    print(f"All press Run All at once: {CLASS} x {work:.1f} s = {CLASS * work:.0f} s of one core")


if __name__ == "__main__":
    main()
