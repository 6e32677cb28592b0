import pytest

from ..support.client import ask


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "utf-16"])
def test_text_uses_the_requested_charset(server, charset):
    """The text is encoded in the requested charset, and the Content-Type names it."""
    response = ask(server, f"/text?charset={charset}")
    assert response.headers.get_content_charset() == charset
    assert "naïve café" in response.body.decode(charset)


def test_html_and_image_have_their_types(server):
    """The page and the picture have the right Content-Type."""
    assert ask(server, "/html").headers["Content-Type"] == "text/html; charset=utf-8"
    picture = ask(server, "/image.png")
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.body.startswith(b"\x89PNG\r\n\x1a\n")
