"""What names the sliders for a screen reader shows nothing itself; tests/browser sees it work."""

from lab.widgets.accessibility import names_of_sliders


def test_it_shows_nothing_where_it_is_not_run():
    bundle = names_of_sliders()
    assert bundle.pop("text/plain") == ""
    assert list(bundle) == ["application/javascript"]
