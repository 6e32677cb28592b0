"""A picture has a text alternative, and Jupyter shows it without a kernel and without trust."""

from base64 import b64decode
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from lab.drawing.canvas import canvas
from lab.drawing.image import picture


class Tags(HTMLParser):
    """The names and attributes of the elements in a text."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def image(bundle):
    """Return the attributes of the bundle's only HTML element."""
    [(tag, attributes)] = Tags(bundle["text/html"]).found
    assert tag == "img"
    return attributes


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"))))
def test_the_alternative_is_escaped(words):
    """The image's text alternative is the title and the description, whatever characters they hold."""
    bundle = picture("text", canvas(f"name: a{words}", f"b{words}", "", 60))
    assert image(bundle)["alt"] == f"name: a{words}. b{words}"


@given(st.text())
def test_the_image_is_the_picture(heading):
    svg = canvas(heading, "", "", 60)
    bundle = picture("text", svg)
    assert bundle["image/svg+xml"] == svg
    assert b64decode(image(bundle)["src"].removeprefix("data:image/svg+xml;base64,")).decode() == svg


def test_the_image_states_its_size():
    """The image has the picture's width and height, so the page reserves the space."""
    bundle = picture("text", canvas("heading", "", "", 60))
    assert f'width="{image(bundle)["width"]}" height="60"' in bundle["image/svg+xml"]
    assert image(bundle)["height"] == "60"
