"""The instruments: watch a run, draw it, turn sliders into runs, check an exercise."""

from .check import check
from .curves import curves
from .environment import EnvironmentProblem, set_up
from .interact import async_interact
from .run import Run
from .timeline import timeline
from .watch import watch

__all__ = ["EnvironmentProblem", "Run", "async_interact", "check", "curves", "set_up", "timeline", "watch"]
