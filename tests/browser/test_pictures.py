"""The text of a picture fits on its canvas, as Chromium measures it."""

import pytest

from lab.drawing.timeline import timeline
from lab.runs.run import Run
from tests.support.runs import exchange

PATHS = ["/WWWWWWWWWWWWWWWWWWWWWWWW", "/a/very/long/way/to/the/items/123456789", "/商品/商品/商品/商品/商品/商品"]
TITLE = "concurrency 10, latency 0.25, strategy decorrelated, capacity 40, failure_rate 0.4"
OUTSIDE = """() => {
    const canvas = document.querySelector('svg').getBoundingClientRect();
    return [...document.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()])
        .filter(([, box]) => box.left < canvas.left || box.right > canvas.right).map(([words]) => words);
}"""


@pytest.mark.parametrize("width", [480, 1400])
def test_no_word_leaves_the_canvas(chromium, width):
    """No text extends beyond the canvas, even with long URLs and lines that are close together."""
    exchanges = [exchange(n, path=path, method="DELETE") for n, path in enumerate(PATHS * 2, 1)]
    run = Run(exchanges, predicted=0.09, theory=0.1, before=0.1, title=TITLE, caption="lost: 2", lag=1.0)
    page = chromium.new_page(viewport={"width": width, "height": 800})
    page.set_content(f"<body>{timeline(run)}</body>")
    assert page.evaluate(OUTSIDE) == []
    page.close()
