"""The colours and hatchings of a picture, and the text and ground that follow the theme."""

from __future__ import annotations

from ..runs.outcome import Outcome

# Okabe and Ito's colours as far as they stand out on white and on black alike, and a grey for the rest.
# With the usual forms of colour blindness, too, any two stay apart; and the hatchings differ.
COLOURS = {
    Outcome.SERVED: "#0072B2",
    Outcome.FAILED: "#D55E00",
    Outcome.REFUSED: "#CC79A7",
    Outcome.CUT_OFF: "#666666",
    Outcome.RUNNING: "#009E73",
}

# Lines across a tile of 6 by 6, in the colour of the ground.
HATCHINGS = {
    Outcome.FAILED: "M-1 7L7 -1M-1 1L1 -1M5 7L7 5",
    Outcome.REFUSED: "M0 3H6",
    Outcome.CUT_OFF: "M-1 -1L7 7M-1 5L1 7M5 -1L7 1",
    Outcome.RUNNING: "M3 0V6",
}

# A notebook shows a picture as an image, which no style of the page reaches; but the colour scheme that it prefers
# does, and JupyterLab sets that with its theme. The card's ground is its own, so it can be read on any page.
GROUND, TEXT, QUIET, RULE = (f"var(--course-{name})" for name in ("ground", "text", "quiet", "rule"))
LIGHT = {GROUND: "#fff", TEXT: "#222", QUIET: "#666", RULE: "#ddd"}
DARK = {GROUND: "#181818", TEXT: "#eee", QUIET: "#aaa", RULE: "#444"}
FONT = "system-ui, sans-serif"


def style() -> str:
    """Return the style sheet of a picture, whose root is of the class `course`."""
    return f"<style>{_rule(LIGHT)}@media (prefers-color-scheme: dark) {{{_rule(DARK)}}}</style>"


def _rule(scheme: dict[str, str]) -> str:
    return ".course {" + ";".join(f"{name[4:-1]}:{colour}" for name, colour in scheme.items()) + "}"


def paint(outcome: Outcome, prefix: str) -> str:
    """Return what to stroke a bar with."""
    return f"url(#{prefix}{outcome.name})" if outcome in HATCHINGS else COLOURS[outcome]


def hatching(outcome: Outcome, prefix: str) -> str:
    """Return the pattern that `paint` refers to; nothing for a plain colour."""
    if outcome not in HATCHINGS:
        return ""
    return (
        f'<pattern id="{prefix}{outcome.name}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<path d="M0 0H6V6H0Z" fill="{COLOURS[outcome]}"/>'
        f'<path d="{HATCHINGS[outcome]}" stroke="{GROUND}" stroke-width="0.9" opacity="0.75"/></pattern>'
    )
