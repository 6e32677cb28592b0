"""The error statuses that the judges try."""

# Those in use, the numbers next to them, and some that only proxies send.
ERROR_STATUSES = (*range(400, 432), 440, 444, 451, 499, *range(500, 532), 555, 598, 599)
