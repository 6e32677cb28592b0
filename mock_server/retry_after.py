"""The Retry-After header, in both of its forms."""

import math
import time
from email.utils import formatdate

from .conditions import Conditions


def retry_after(conditions: Conditions, status: int, wait: float | None = None) -> dict[str, str]:
    """Return the header as a dict, or an empty dict if the response should have none.

    Args:
        conditions: `retry_after` replaces `wait`; `retry_after_form` selects the form.
        status: Only 429 and 503 have the header.
        wait: The server's own estimate, in seconds. Both forms hold only whole seconds, so it is rounded up.
    """
    if conditions.retry_after is not None:
        wait = conditions.retry_after
    if wait is None or status not in (429, 503):
        return {}
    if conditions.retry_after_form == "date":
        return {"Retry-After": formatdate(math.ceil(time.time() + wait), usegmt=True)}
    return {"Retry-After": str(math.ceil(wait))}
