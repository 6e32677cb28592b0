"""The text of a picture: its heading, caption, warnings and text alternative."""

from __future__ import annotations

from ..quantities import given_seconds, seconds
from ..runs.outcome import over_for_server
from ..runs.prediction import judged
from ..runs.run import Run

# Event-loop lag of the server makes a bar longer. A few milliseconds are noise. A longer lag matters if it is visible:
# compared with the run, or with a bar that is long enough to be read.
LAG_ALLOWED = 0.005
LAG_OF_RUN = 0.1
LAG_OF_BAR = 0.2
READABLE_BAR = 0.05  # of the run


def heading(run: Run) -> str:
    """Return the heading: how many requests, in what time, with how many in flight."""
    if not run.exchanges:
        return "no requests yet" if run.live else "no requests"
    so_far = "" if run.finished and not run.live else " so far"
    return f"{run.size} in {seconds(run.seconds)}{so_far}, {run.peak_in_flight:,} in flight at most"


def caption(run: Run) -> str:
    """Return the line below the heading: how far off the prediction was, and the lab's own figures."""
    over = run.exchanges and run.finished and not run.live
    said = judged(run.predicted, run.seconds) if over and run.predicted is not None else ""
    return " · ".join(filter(None, (said, run.caption)))


def warnings(run: Run) -> list[str]:
    """Return the reasons not to trust the picture."""
    found = []
    if run.exchanges and run.lag > misleading_lag(run):
        found.append(f"timing not reliable: the server was late by {run.lag * 1000:.0f} ms; run it again")
    if run.dropped:
        found.append(f"not complete: the server dropped the first {run.dropped:,} exchanges")
    return found


def misleading_lag(run: Run) -> float:
    """Return the smallest event-loop lag, in seconds, that makes the picture misleading."""
    total = run.seconds
    lengths = [over_for_server(exchange, run.now) - exchange.arrived for exchange in run.exchanges]
    shortest = min((length for length in lengths if length >= READABLE_BAR * total), default=total)
    return max(LAG_ALLOWED, min(LAG_OF_RUN * total, LAG_OF_BAR * shortest))


def description(run: Run) -> str:
    """Return the picture's figures as sentences."""
    if not run.exchanges:
        return "The server received no requests."
    compared = [
        f"{name} {given_seconds(time)}"
        for name, time in (("Predicted:", run.predicted), ("Theory:", run.theory), ("Before:", run.before))
        if time is not None
    ]
    rows = f"A timeline with a row for each {run.row_by or 'request'}"
    return ". ".join(filter(None, [rows, run.text, *compared, caption(run), *warnings(run)])) + "."
