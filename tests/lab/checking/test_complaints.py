"""Complaints about unclosed sessions are collected and not shown in the cell."""

import asyncio

import aiohttp

from lab.checking.leftovers import complaints


def test_forgotten_session(caplog):
    """A session that was never closed gives one complaint, and none in the log."""

    async def scenario():
        with complaints() as found:
            aiohttp.ClientSession()
        return found

    assert asyncio.run(scenario()) == ["Unclosed client session"]
    assert not [record for record in caplog.records if "Unclosed" in record.getMessage()]


def test_closed_session():
    """A closed session gives no complaint."""

    async def scenario():
        with complaints() as found:
            async with aiohttp.ClientSession():
                pass
        return found

    assert asyncio.run(scenario()) == []
