"""The colours of a picture."""

from __future__ import annotations

from itertools import combinations
from math import dist

import pytest

from lab.drawing.palette import COLOURS, HATCHINGS
from lab.runs.outcome import Outcome

# Colour blindness as matrices for linear RGB, from Machado, Oliveira and Fernandes, 2009.
SIGHTS = {
    "no red cones": [(0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)],
    "no green cones": [(0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)],
    "no blue cones": [(1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)],
    "all cones": [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)],
}
NOTICED = 2.3  # the smallest distance in CIELAB that people notice


def linear(colour: str) -> list[float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour: str) -> float:
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


@pytest.mark.parametrize("colour", COLOURS.values())
@pytest.mark.parametrize("ground", ["#ffffff", "#111111"])
def test_colours_contrast_with_the_background(colour: str, ground: str) -> None:
    """Each colour has a contrast of 3 on a light and on a dark background."""
    dark, light = sorted([luminance(colour), luminance(ground)])
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_outcomes_differ_without_colour() -> None:
    """Each outcome has its own hatching."""
    assert len({HATCHINGS.get(kind) for kind in Outcome}) == len(Outcome)


def in_lab(colour: list[float]) -> tuple[float, float, float]:
    red, green, blue = (min(1.0, max(0.0, part)) for part in colour)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    x, y, z = (part ** (1 / 3) if part > 0.00886 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_suit_colour_blindness(sight: str) -> None:
    """Any two outcomes differ clearly in colour, with each kind of colour blindness."""
    seen = [
        in_lab([sum(a * b for a, b in zip(row, linear(colour), strict=True)) for row in SIGHTS[sight]])
        for colour in COLOURS.values()
    ]
    assert min(dist(one, other) for one, other in combinations(seen, 2)) > 6 * NOTICED
