"""Where this machine's Chromium is."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str | None:
    """Return the path of the first Chromium on PATH; None if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)
