"""A picture for a notebook, with a text alternative; it is visible without a kernel."""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape, unescape


def picture(text: str, svg: str) -> dict[str, str]:
    """Return a picture as a MIME bundle: a line of text, the SVG, and an HTML image with a text alternative.

    JupyterLab shows an SVG as an image without a text alternative, and not at all before a notebook is trusted;
    an image in HTML has neither fault.
    """
    alternative = ". ".join(unescape(words) for words in re.findall(r"<(?:title|desc)>(.*?)</", svg, re.DOTALL))
    size = re.search(r'width="\d+" height="\d+"', svg)  # the page reserves this size, so it does not jump
    source = "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
    look = f'class="course" {size[0] if size else ""} style="max-width: 100%; height: auto"'
    image = f'<img {look} alt="{escape(alternative)}" src="{source}">'
    return {"text/plain": text, "text/html": image, "image/svg+xml": svg}
