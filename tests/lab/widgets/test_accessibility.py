"""The accessibility script is an output that shows nothing; tests/browser tests what it does."""

from lab.widgets.accessibility import accessible_controls


def test_the_script_shows_nothing():
    """The script's output shows nothing where scripts do not run."""
    bundle = accessible_controls()
    assert bundle.pop("text/plain") == ""
    assert list(bundle) == ["application/javascript"]
