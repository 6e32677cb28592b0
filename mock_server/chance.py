"""Chance without a die: every draw is a pure function of what it is drawn for."""

import hashlib


def draw(purpose: str, seed: int, method: str, path: str, attempt: int) -> float:
    """Return a number from 0 up to, not including, 1: always the same for the same arguments, on any machine.

    A purpose of its own for each question ("failure", "latency") keeps the answers independent.
    """
    key = f"{purpose}\0{seed}\0{method}\0{path}\0{attempt}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(key, digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def normal(uniform: float) -> float:
    """Turn a draw into one of the standard normal distribution."""
    from statistics import NormalDist  # here, since its import takes longer than all of this package's own

    return NormalDist().inv_cdf(min(max(uniform, 1e-12), 1 - 1e-12))
