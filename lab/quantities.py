"""Quantities as text: counts with their nouns, and times with their unit."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return a number and its noun: `1 document`, or `1,200 documents`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def times(number: int) -> str:
    """Return how often: `once`, or `5 times`."""
    return "once" if number == 1 else counted(number, "time")


def seconds(time: float) -> str:
    """Return a measured time as text, with its significant digits: `2.03 s`, `0.105 s`."""
    return f"{time:.2f} s" if time >= 1 else f"{time:.3f} s"


def given_seconds(time: float) -> str:
    """Return a stated time as text, without trailing zeros: `0.5 s`, `2 s`."""
    return f"{time:.3f}".rstrip("0").rstrip(".") + " s"
