"""Measure the time from Run All to a lesson's first picture, in JupyterLab in Chromium.

python -m benchmarks.first_picture [rounds]
"""

import argparse
import time
from statistics import median

from benchmarks.lab import jupyterlab
from tests.support.jupyterlab import NOTEBOOK, JupyterLab
from tests.support.lessons import LESSONS

ROUNDS = 3
SHOWN = f"""() => {{ {NOTEBOOK} return notebook.content.widgets.some(
    code => code.model.outputs?.toJSON().some(output => output.data?.['image/svg+xml'])) }}"""


def wait_for_picture(page: JupyterLab) -> float:
    """Clear the outputs of the open notebook and run all cells; return the seconds until the first picture."""
    page.page.evaluate("window.jupyterapp.commands.execute('editmenu:clear-all')")
    page.wait("empty outputs", lambda: not page.page.evaluate(SHOWN))
    begun = time.perf_counter()
    page.start_run_all()
    page.wait("the first picture", lambda: page.page.evaluate(SHOWN))
    return time.perf_counter() - begun


def main(rounds: int) -> None:
    found: dict[str, list[float]] = {path.stem: [] for path in LESSONS}
    with jupyterlab() as page:
        for _ in range(rounds):
            for path in LESSONS:
                page.open(path)
                found[path.stem].append(wait_for_picture(page))
    print(f"from Run All to the first picture, s; {rounds} rounds\n")
    print("| lesson | median | slowest |\n| -- | -- | -- |")
    for stem, seconds in found.items():
        print(f"| {stem} | {median(seconds):.1f} | {max(seconds):.1f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("rounds", type=int, nargs="?", default=ROUNDS, help=f"default: {ROUNDS}")
    main(parser.parse_args().rounds)
