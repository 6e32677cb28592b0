"""Complaints about what nobody looked after are collected and do not fill the cell."""

import asyncio

import aiohttp

from lab.checking.leftovers import complaints


def test_forgotten_session(caplog):
    """A session that was thrown away unclosed is complained of once, and not in the log."""

    async def scenario():
        with complaints() as found:
            aiohttp.ClientSession()
        return found

    assert asyncio.run(scenario()) == ["Unclosed client session"]
    assert not [record for record in caplog.records if "Unclosed" in record.getMessage()]


def test_closed_session():
    """A session that was closed is not complained of."""

    async def scenario():
        with complaints() as found:
            async with aiohttp.ClientSession():
                pass
        return found

    assert asyncio.run(scenario()) == []
