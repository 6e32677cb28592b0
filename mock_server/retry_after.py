"""The Retry-After header, in both of its forms."""

import math
import time
from email.utils import formatdate

from .conditions import Conditions


def retry_after(conditions: Conditions, status: int, wait: float | None = None) -> dict[str, str]:
    """Return the header for a 429 or 503 as a dict, empty if it should have none.

    `wait` is how long the server reckons, in seconds; the condition `retry_after` overrules it.
    Both forms know whole seconds only, so the wait is rounded up.
    """
    if conditions.retry_after is not None:
        wait = conditions.retry_after
    if wait is None or status not in (429, 503):
        return {}
    if conditions.retry_after_form == "date":
        return {"Retry-After": formatdate(math.ceil(time.time() + wait), usegmt=True)}
    return {"Retry-After": str(math.ceil(wait))}
