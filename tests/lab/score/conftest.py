"""Crawlers and folders for the tests of the board."""

import aiohttp
import pytest

from lab.copies import COPIES_FOLDER

PROGRAM = """import aiohttp


async def crawl(url, paths):
    async with aiohttp.ClientSession(url) as session:
        return [await (await session.get(path)).json() for path in paths]
"""


async def one_by_one(url, paths):
    """Return each document, one after the other."""
    async with aiohttp.ClientSession(url) as session:
        return [await (await session.get(path)).json() for path in paths]


@pytest.fixture
def copies(tmp_path, monkeypatch):
    """Work in a folder of a learner's own copies."""
    folder = tmp_path / COPIES_FOLDER
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder
