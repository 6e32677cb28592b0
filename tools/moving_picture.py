"""Draw README's animation and the image for link previews, from real runs of lesson 03's first lab.

The preview needs playwright and a Chromium.
"""

import asyncio
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that this script finds lab

from lab.drawing.canvas import CANVAS_WIDTH  # noqa: E402
from lab.drawing.palette import FONT, GROUND, RULE, TEXT, style  # noqa: E402
from lab.drawing.timeline import axis_length, timeline  # noqa: E402
from lab.recording import positions, recording  # noqa: E402
from lab.runs.run import Run  # noqa: E402

NOTEBOOK = ROOT / "notebooks" / "03_concurrency_limits.ipynb"
SLIDER = "concurrency"
VALUES = (5, 8, 10, 15, 20, 25, 34, 50)
SECONDS = 1.4  # for which each frame is shown
HEAD = 44  # the height of the slider above the pictures
TRACK = (200.0, 620.0)
MOVING, PREVIEW = ROOT / "docs" / "lab.svg", ROOT / "docs" / "preview.png"
PAGE = """<!DOCTYPE html><body style="margin: 0; width: 1200px; height: 630px; display: flex; align-items: center;
gap: 40px; background: #fff; color: #222; font-family: sans-serif"><div style="margin-left: 40px">{}</div>
<div><h1 style="font-size: 54px; margin: 0 0 24px">Async HTTP, hands&nbsp;on</h1>
<p style="font-size: 30px; margin: 0">Move a slider: a&nbsp;hundred real requests run,
and you see what the server saw.</p>
</div>"""


async def runs() -> tuple[list[Run], float]:
    """Return a run for each value, all on one time axis, and the slider's highest value."""
    async with recording(NOTEBOOK) as labs:
        lab = labs[0]
        found = [await lab.run(lab.start | {SLIDER: value}) for value in VALUES]
        longest = max(map(axis_length, found))
        for run in found:
            run.axis = longest
        return found, positions(lab.widgets[SLIDER])[-1]


def slider(value: float, most: float) -> str:
    """Return the SVG of the slider at a value; `most` is its highest value."""
    left, right = TRACK
    x = left + (right - left) * value / most
    return (
        f'<rect x="0.5" y="0.5" width="{CANVAS_WIDTH - 1}" height="{HEAD - 6}" rx="6" fill="{GROUND}" stroke="{RULE}"/>'
        f'<text x="{left - 16}" y="24" text-anchor="end" font-size="15">{SLIDER}</text>'
        f'<path d="M{left} 19H{right}" stroke="{RULE}" stroke-width="5" stroke-linecap="round"/>'
        f'<circle cx="{x:.1f}" cy="19" r="9" fill="#0072b2"/>'
        f'<text x="{right + 24}" y="24" font-size="15" font-weight="600">{value}</text>'
    )


def animated(found: list[Run], most: float) -> str:
    """Return an SVG that shows the runs in turn, or only the last if the reader prefers reduced motion."""
    pictures = [timeline(run).replace("<svg ", f'<svg y="{HEAD}" ', 1) for run in found]
    height = HEAD + max(int(picture.split('height="')[1].split('"')[0]) for picture in pictures)
    cycle, share = SECONDS * len(found), 100 / len(found)
    frames = "".join(
        f'<g class="frame" style="animation-delay:{number * SECONDS - cycle:.1f}s">{slider(value, most)}{picture}</g>'
        for number, (value, picture) in enumerate(zip(VALUES, pictures, strict=True))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="course" role="img" width="{CANVAS_WIDTH}" height="{height}" '
        f'viewBox="0 0 {CANVAS_WIDTH} {height}" font-family="{FONT}" font-size="13" fill="{TEXT}">'
        f"<title>A slider moves from {VALUES[0]} to {VALUES[-1]}, and the staircase of requests becomes a wall</title>"
        f"{style()}<style>.frame{{animation:show {cycle:.1f}s step-end infinite}}"
        f"@keyframes show{{0%{{opacity:1}}{share:g}%,to{{opacity:0}}}}"
        "@media (prefers-reduced-motion:reduce){.frame{animation:none;opacity:0}.frame:last-of-type{opacity:1}}"
        f"</style>{frames}</svg>\n"
    )


def save_preview(svg: str) -> None:
    """Save a picture beside the course's name as an image for link previews."""
    from playwright.sync_api import sync_playwright  # the animation does not need it

    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 630}, color_scheme="light")
        page.set_content(PAGE.format(svg))
        page.screenshot(path=PREVIEW)
        browser.close()


def main() -> None:
    """Write the animation and the preview."""
    found, most = asyncio.run(runs())
    MOVING.write_text(animated(found, most), encoding="utf-8")
    save_preview(timeline(found[VALUES.index(10)]))
    print(MOVING, PREVIEW)


if __name__ == "__main__":
    main()
