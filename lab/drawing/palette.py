"""The colours and hatchings of a picture; the colours of text and background follow the theme."""

from __future__ import annotations

from ..runs.outcome import Outcome

# A grey, and those of Okabe and Ito's colours that stand out on both white and black.
# Readers with the usual forms of colour blindness can tell any two apart, and the hatchings differ, too.
COLOURS = {
    Outcome.SERVED: "#0072B2",
    Outcome.FAILED: "#D55E00",
    Outcome.REFUSED: "#CC79A7",
    Outcome.CUT_OFF: "#666666",
    Outcome.RUNNING: "#009E73",
}

# Lines across a tile of 6 by 6 pixels, in the background colour.
HATCHINGS = {
    Outcome.FAILED: "M-1 7L7 -1M-1 1L1 -1M5 7L7 5",
    Outcome.REFUSED: "M0 3H6",
    Outcome.CUT_OFF: "M-1 -1L7 7M-1 5L1 7M5 -1L7 1",
    Outcome.RUNNING: "M3 0V6",
}

# A notebook shows a picture as an image, to which the page's styles do not apply. The preferred colour scheme does
# apply, and JupyterLab sets it with its theme. The canvas has its own background, so it is readable on any page.
GROUND, TEXT, QUIET, RULE = (f"var(--course-{name})" for name in ("ground", "text", "quiet", "rule"))
LIGHT = {GROUND: "#fff", TEXT: "#222", QUIET: "#666", RULE: "#ddd"}
DARK = {GROUND: "#181818", TEXT: "#eee", QUIET: "#aaa", RULE: "#444"}
FONT = "system-ui, sans-serif"


def style() -> str:
    """Return the style sheet of a picture whose root has the class `course`."""
    return f"<style>{_rule(LIGHT)}@media (prefers-color-scheme: dark) {{{_rule(DARK)}}}</style>"


def _rule(scheme: dict[str, str]) -> str:
    return ".course {" + ";".join(f"{name[4:-1]}:{colour}" for name, colour in scheme.items()) + "}"


def paint(outcome: Outcome, prefix: str) -> str:
    """Return the colour or the pattern of a bar."""
    return f"url(#{prefix}{outcome.name})" if outcome in HATCHINGS else COLOURS[outcome]


def hatching(outcome: Outcome, prefix: str) -> str:
    """Return the pattern that `paint` refers to; "" for a plain colour."""
    if outcome not in HATCHINGS:
        return ""
    return (
        f'<pattern id="{prefix}{outcome.name}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<path d="M0 0H6V6H0Z" fill="{COLOURS[outcome]}"/>'
        f'<path d="{HATCHINGS[outcome]}" stroke="{GROUND}" stroke-width="0.9" opacity="0.75"/></pattern>'
    )
