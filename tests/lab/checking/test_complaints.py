"""Complaints about unclosed sessions are collected and not shown in the cell."""

import asyncio
import gc
import logging
import weakref

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


def test_only_what_is_new_is_collected():
    """Only the objects of the block are collected: a large kernel is no slower."""

    class Cycle:
        def __init__(self):
            self.me = self

    async def scenario():
        old = weakref.ref(Cycle())
        with complaints():
            new = weakref.ref(Cycle())
        assert new() is None
        return old() is not None

    gc.disable()  # its own collections would end the cycle before the block
    try:
        assert asyncio.run(scenario())
    finally:
        gc.enable()
    assert gc.get_freeze_count() == 0


def test_what_libraries_log_is_left_out(monkeypatch, capfd):
    """A library's log message, which Python prints if nobody has set up logging, is not printed in the block."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest has set it up

    async def scenario():
        with complaints():
            logging.getLogger("stamina").warning("a retry")
        logging.getLogger("stamina").warning("afterwards")

    asyncio.run(scenario())
    assert capfd.readouterr().err == "afterwards\n"
