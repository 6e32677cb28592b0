"""Where this machine's Chromium is."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str | None:
    """The path of the first Chromium on PATH; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)
