"""What a picture says in words: its heading, its warnings, and the text for readers who do not see it."""

from __future__ import annotations

from ..runs.run import Run
from .scale import given_seconds, seconds

# A late server shifts a bar by as much as it was late. Up to 5 ms that is the noise of any machine; beyond,
# it misleads once it is a fiftieth of the run: 12 of the plot's 580 pixels, about the height of a bar.
LAG_ALLOWED = 0.005
LAG_SHARE = 0.02


def heading(run: Run) -> str:
    """Return the figure that matters."""
    so_far = "" if run.finished and not run.live else " so far"
    return f"{run.size} in {seconds(run.seconds)}{so_far}, {run.peak_in_flight:,} in flight at most"


def warnings(run: Run) -> list[str]:
    """Return what a reader of the picture must know first."""
    found = []
    if run.lag > max(LAG_ALLOWED, LAG_SHARE * run.seconds):
        found.append(f"timing not reliable: the server was late by {run.lag * 1000:.0f} ms")
    if run.dropped:
        found.append(f"not complete: the server no longer knows the first {run.dropped:,} requests")
    return found


def description(run: Run) -> str:
    """Return the picture's figures as sentences."""
    compared = [
        f"{name} {given_seconds(time)}"
        for name, time in (("Predicted:", run.predicted), ("Theory:", run.theory))
        if time is not None
    ]
    sentences = [f"A timeline with a row for each request. {run.text}", *compared, *warnings(run)]
    return ". ".join(sentences) + "."
