"""Evidence that only the client has: the requests of a session, and the memory that it takes."""

import tracemalloc

from lab.exercises.client_side import PeakMemory


def test_memory_is_measured_at_its_peak():
    """Memory that is freed before the block ends counts; memory from before the block does not."""
    before = bytearray(3_000_000)
    with PeakMemory() as memory:
        del before
        for size in 1_000_000, 2_000_000, 500_000:
            bytearray(size)
    assert 2_000_000 <= memory.growth < 2_100_000
    assert not tracemalloc.is_tracing()


def test_a_trace_that_runs_already_goes_on():
    """Memory is measured, too, when Python already traces it."""
    tracemalloc.start()
    try:
        bytearray(3_000_000)
        with PeakMemory() as memory:
            bytearray(1_000_000)
        assert 1_000_000 <= memory.growth < 1_100_000
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()
