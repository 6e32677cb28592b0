"""Reproducible randomness: each draw is a pure function of its arguments."""

import hashlib


def draw(purpose: str, seed: int, method: str, path: str, attempt: int) -> float:
    """Return a number of at least 0 and less than 1, the same for the same arguments on every machine.

    Each use has its own `purpose` ("failure", "latency"), so that the draws are independent.
    """
    key = f"{purpose}\0{seed}\0{method}\0{path}\0{attempt}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(key, digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def normal(uniform: float) -> float:
    """Turn a uniform draw into a draw from the standard normal distribution."""
    from statistics import NormalDist  # imported here because it takes longer than the rest of the package

    return NormalDist().inv_cdf(min(max(uniform, 1e-12), 1 - 1e-12))
