"""The lessons' labs for the site: run and draw each one at a grid of slider positions.

Everything comes from the notebook: the sliders, the coroutine function, and the values that the text mentions.
"""

import asyncio
import json
import os
import re
from base64 import b64encode
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from html import escape
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zlib import compressobj

import nbformat

from lab.drawing.scale import PLOT_LEFT, PLOT_RIGHT, SHRINK
from lab.drawing.timeline import axis_length, movable_markers, timeline
from lab.quantities import seconds
from lab.recording import Lab, grid, programs, recording
from lab.runs.run import Run

MOST_POSITIONS = 200  # of a lab
MOST_REQUESTS = 12_000  # of a lab at all positions together, unless the positions that are always kept need more
BOOLEAN = [False, True]


@dataclass(frozen=True)
class Picture:
    """A run as the page shows it. Times are in seconds."""

    svg: str
    seconds: float
    axis: float
    markers: dict[str, str]  # SVG of the lines that move over the picture


@dataclass(frozen=True)
class Recorded:
    """A lab at a grid of positions: the values and the start of each control, and a picture of each combination."""

    cell: str  # its cell's id
    values: dict[str, list[Any]]
    start: dict[str, int]  # indices of the values
    predict: bool
    pictures: list[Picture]  # in the order of itertools.product

    @property
    def first(self) -> Picture:
        """The picture at the start."""
        place = 0
        for name, values in self.values.items():
            place = place * len(values) + self.start[name]
        return self.pictures[place]


def record_all(paths: list[Path], share: float = 1.0) -> dict[Path, list[Recorded]]:
    """Return the labs of notebooks, recorded on all processors.

    Args:
        paths: the notebooks.
        share: the share of the usual number of positions to record.
    """
    numbered = [(path, number) for path in paths for number in range(len(programs(_read(path).cells)))]
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        jobs = [(path, pool.submit(record, path, number, share)) for path, number in reversed(numbered)]
        found: dict[Path, list[Recorded]] = {path: [] for path in paths}
        for path, job in reversed(jobs):
            found[path].append(job.result())
    return found


def record(path: Path, number: int, share: float) -> Recorded:
    """Return one lab of a notebook, recorded; `number` counts its labs from 0."""
    return asyncio.run(_record(path, number, share))


async def _record(path: Path, number: int, share: float) -> Recorded:
    async with recording(path) as labs:
        lab = labs[number]
        start = await lab.run(lab.start)
        most = min(MOST_POSITIONS, MOST_REQUESTS // max(1, start.hits)) * share
        values = grid(lab.widgets, section_text(path, lab.cell), int(most))
        runs = [await lab.run(dict(zip(values, place, strict=True))) for place in product(*values.values())]
        return Recorded(lab.cell, values, _places(lab, values), lab.options.predict, drawn(runs))


def drawn(runs: list[Run]) -> list[Picture]:
    """Return pictures of runs. Each time axis is as long as that of the longest run, or a third or a ninth of it."""
    longest = max(map(axis_length, runs))
    fitted = [replace(run, axis=_shrunk(longest, axis_length(run))) for run in runs]
    return [Picture(timeline(run), run.seconds, run.axis, movable_markers(run)) for run in fitted]


def _shrunk(axis: float, needed: float) -> float:
    """Return a time axis shrunk in steps as far as a run's length allows."""
    while needed <= axis * SHRINK:
        axis *= SHRINK
    return axis


def section_text(path: Path, cell: str) -> str:
    """Return the prose of the section that a cell is in, up to the first heading below the cell."""
    text, is_below = "", False
    for each in _read(path).cells:
        if each.get("id") == cell:
            is_below = True
        elif each.cell_type == "markdown":
            if is_below and each.source.startswith("#"):
                break
            text = each.source if re.match("## ", each.source) else f"{text}\n{each.source}"
    return text


def widget(lab: Recorded, shown: str, name: str) -> str:
    """Return the HTML of a lab.

    Args:
        lab: the recorded lab.
        shown: the SVG of the picture that it shows first.
        name: the id of the element.
    """
    controls = "".join(_control(lab, control, f"{name}-{control}") for control in lab.values)
    if lab.predict:
        controls += (
            f'<p><label for="{name}-predict">your prediction, s</label> <input id="{name}-predict" type="number" '
            'min="0" step="any" inputmode="decimal" placeholder="none" class="prediction" autocomplete="off"> '
            f'<output for="{name}-predict" class="verdict"></output></p>'
        )
    return (
        f'<figure class="lab" id="{name}"><div class="controls">{controls}</div>'
        f'<div class="picture" role="group" aria-label="the run">{shown}</div>'
        f'<script type="application/octet-stream">{packed(lab)}</script></figure>'
    )


def _control(lab: Recorded, control: str, name: str) -> str:
    values, start = lab.values[control], lab.start[control]
    caption = escape(control).replace("_", "_<wbr>")  # a long name breaks between its words
    label, common = f'<label for="{name}">{caption}</label>', f'id="{name}" class="control" autocomplete="off"'
    if values == BOOLEAN:
        return f'<p>{label} <input type="checkbox" {common}{" checked" if start else ""}></p>'
    words = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    if all(isinstance(value, int | float) for value in values) and values == sorted(values):
        return (
            f'<p>{label} <input type="range" min="0" max="{len(values) - 1}" value="{start}" {common} '
            f'aria-valuetext="{words[start]}" data-values="{escape(json.dumps(words))}"> '
            f'<output for="{name}">{words[start]}</output></p>'
        )
    options = "".join(
        f'<option value="{place}"{" selected" if place == start else ""}>{escape(word)}</option>'
        for place, word in enumerate(words)
    )
    return f"<p>{label} <select {common}>{options}</select></p>"


def packed(lab: Recorded) -> str:
    """Return a lab's pictures as base64 of deflated JSON that holds each part of a picture only once."""
    parts: dict[str, int] = {}

    def numbered(svg: str) -> list[int]:
        return [parts.setdefault(part, len(parts)) for part in re.findall("<[^<]*", svg)]

    pictures = [
        {
            "svg": numbered(each.svg),
            "markers": {name: numbered(svg) for name, svg in each.markers.items()},
            "time": each.seconds,
            "said": seconds(each.seconds),
            "axis": each.axis,
        }
        for each in lab.pictures
    ]
    sizes = [len(values) for values in lab.values.values()]
    plot = {"left": PLOT_LEFT, "right": PLOT_RIGHT}
    text = json.dumps({"parts": list(parts), "sizes": sizes, "plot": plot, "pictures": pictures}, separators=(",", ":"))
    deflate = compressobj(9, wbits=-15)
    return b64encode(deflate.compress(text.encode()) + deflate.flush()).decode()


def _places(lab: Lab, values: dict[str, list[Any]]) -> dict[str, int]:
    return {name: values[name].index(value) for name, value in lab.start.items()}


def _read(path: Path) -> nbformat.NotebookNode:
    notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)
    return notebook
