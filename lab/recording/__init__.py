"""Find a notebook's labs, and run them at any position of their sliders, under a controlled clock, without a kernel."""

from .labs import Lab, LabError, recording
from .positions import grid, positions
from .program import programs

__all__ = ["Lab", "LabError", "grid", "positions", "programs", "recording"]
