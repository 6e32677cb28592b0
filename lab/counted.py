"""Numbers with their nouns."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return a number and its noun: `1 document`, or `1,200 documents`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def times(number: int) -> str:
    """Return how often: `once`, or `5 times`."""
    return "once" if number == 1 else counted(number, "time")
