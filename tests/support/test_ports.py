"""Kernels that start at the same time use different ports."""

from jupyter_client.connect import LocalPortCache

from tests.support.ports import BLOCKS, OwnPorts, bound


def test_jupyter_client_uses_own_ports():
    """jupyter_client takes its ports from this process's block."""
    assert isinstance(LocalPortCache.instance(), OwnPorts)


def test_two_processes_have_a_block_each():
    one, other = OwnPorts(), OwnPorts()
    blocks = [{of.find_available_port("127.0.0.1") for _ in range(BLOCKS.step - 1)} for of in (one, other)]
    assert all(blocks)
    assert not blocks[0] & blocks[1]


def test_a_used_port_is_skipped():
    """A port in use, whoever uses it, is skipped."""
    ports = OwnPorts()
    first = ports.find_available_port("127.0.0.1")
    taken = bound(first + 1)
    assert ports.find_available_port("127.0.0.1") > first + 1
    if taken:
        taken.close()
