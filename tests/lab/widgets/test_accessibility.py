"""What names the sliders for a screen reader shows nothing itself; tests/browser sees it work."""

from lab.widgets.accessibility import accessible_controls


def test_it_shows_nothing_where_it_is_not_run():
    bundle = accessible_controls()
    assert bundle.pop("text/plain") == ""
    assert list(bundle) == ["application/javascript"]
