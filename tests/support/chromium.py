"""Where this machine's Chromium is, and how the tests start it."""

import shutil

# The first is Debian's Chromium without windows and menus: the same pages for a quarter less processor time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no host name is resolved
]


def chromium_path() -> str | None:
    """Return the path of the first Chromium on PATH; None if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)
