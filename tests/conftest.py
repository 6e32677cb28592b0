"""With the learner's packages alone, `pytest --nbval` runs the lessons; the course's own tests need a few more."""

import os
from importlib.util import find_spec

_MISSING = [name for name in ("hypothesis", "playwright", "axe_playwright_python", "httpx") if find_spec(name) is None]

if _MISSING:
    collect_ignore_glob = ["*"]
else:
    from hypothesis import HealthCheck, settings

    # The same examples each time, without a time limit. --hypothesis-profile=default tries others.
    settings.register_profile(
        "steady",
        max_examples=30 if os.environ.get("COURSE_SLOW") == "required" else 20,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
    )
    settings.load_profile("steady")


def pytest_report_header():
    """Return a line that says why the course's own tests are skipped, if they are."""
    if _MISSING:
        return (
            f"the course's own tests are left out: {', '.join(_MISSING)} not installed; "
            "pip install -r requirements-dev.txt"
        )
    return None
