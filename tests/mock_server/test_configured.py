"""`configured` restores conditions, in whatever order its blocks end."""

import pytest

from mock_server import ConditionError, Conditions


def test_blocks_restore_conditions(server):
    """An inner block restores what it found, including what was configured inside the outer one."""
    with server.configured(latency=0.1, failure_rate=0.5):
        server.configure(latency=0.2)
        with server.configured(latency=0.3):
            assert server.conditions.latency == 0.3
        assert (server.conditions.latency, server.conditions.failure_rate) == (0.2, 0.5)
    assert server.conditions == Conditions()


def test_blocks_may_end_in_any_order(server):
    """A cancelled run's block ends after the next run's block has begun: it must not undo the next run's conditions."""
    cancelled, following = server.configured(latency=0.1, capacity=3), server.configured(latency=0.2, failure_rate=1.0)
    cancelled.__enter__()
    following.__enter__()
    cancelled.__exit__(None, None, None)
    assert (server.conditions.latency, server.conditions.failure_rate) == (0.2, 1.0)
    assert server.conditions.capacity == Conditions().capacity
    following.__exit__(None, None, None)
    assert server.conditions == Conditions()


def test_a_wrong_condition_opens_no_block(server):
    with pytest.raises(ConditionError), server.configured(latency=-1):
        pass
    with server.configured(latency=0.1):
        pass
    assert server.conditions == Conditions()
