"""A connector that looks up names without DNS."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult


def names(port: int | None = None, seconds: float = 0.0, *, failures: int = 0) -> aiohttp.TCPConnector:
    """Return a connector for which each name is that of a port of this machine.

    Args:
        port: the port; None means that there is no such name.
        seconds: how long a lookup takes.
        failures: how many lookups fail first.
    """
    return aiohttp.TCPConnector(resolver=_Names(port, seconds, failures))


class _Names(AbstractResolver):
    def __init__(self, port: int | None, seconds: float, failures: int) -> None:
        self._port, self._seconds, self._failures = port, seconds, failures

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        """Return the address of the port; raise OSError if the lookup fails."""
        await asyncio.sleep(self._seconds)
        self._failures -= 1
        if self._port is None or self._failures >= 0:
            raise OSError(f"there is no {host}")
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=self._port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Do nothing."""
