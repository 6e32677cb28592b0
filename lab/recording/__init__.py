"""The labs of a notebook, found and run at any position of their sliders under the controlled clock, with no kernel."""

from .labs import Lab, LabError, recording
from .positions import grid, positions
from .program import programs

__all__ = ["Lab", "LabError", "grid", "positions", "programs", "recording"]
