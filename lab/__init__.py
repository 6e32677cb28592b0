"""What the lessons import: watch and draw runs, put functions on sliders, check exercises."""

from .check import check
from .drawing.comparison import compare
from .drawing.curves import curves
from .drawing.timeline import timeline
from .environment import EnvironmentProblem, set_up
from .fast_forward import fast_forward
from .runs.prediction import predictions
from .runs.run import Run
from .score.scoring import save, score
from .watch import watch
from .widgets.interact import async_interact

__all__ = [
    "EnvironmentProblem",
    "Run",
    "async_interact",
    "check",
    "compare",
    "curves",
    "fast_forward",
    "predictions",
    "save",
    "score",
    "set_up",
    "timeline",
    "watch",
]
