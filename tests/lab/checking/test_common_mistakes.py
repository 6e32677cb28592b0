"""The table of common mistakes."""

from itertools import combinations

from lab.checking.common_mistakes import HINTS


def test_each_hint_can_be_given():
    """No row is hidden by an earlier one that fits whatever it fits."""
    hidden = [
        later
        for earlier, later in combinations(HINTS, 2)
        if issubclass(later[0], earlier[0]) and earlier[1] in later[1]
    ]
    assert not hidden
