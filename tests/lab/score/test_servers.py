"""The hostile servers, which do the same to every crawl."""

import asyncio
from inspect import getsource

import aiohttp

from lab.checking.trial import trial_of
from lab.score.crawlers import page_one
from lab.score.servers import ITEMS, SERVERS
from mock_server import Conditions
from tests.support import lessons


def test_each_server_has_one_hardship_more():
    """Each server keeps the conditions of the one before, and only the last has an outage."""
    kept = [{**server.conditions, "slow_items": server.slow_items} for server in SERVERS[1:]]
    for before, after in zip(kept, kept[1:], strict=False):
        assert {name: after[name] for name in before if before[name]} == {n: v for n, v in before.items() if v}
    assert [server.has_outage for server in SERVERS] == [False] * 4 + [True]


def test_paths_begin_with_the_slow_ones():
    """A crawl asks for each item once; the slow ones come first."""
    paths = SERVERS[4].paths(11)
    assert len(set(paths)) == ITEMS
    assert (paths[0], paths[39], paths[40]) == ("/items/11?latency=0.8", "/items/50?latency=0.8", "/items/51")


def test_an_outage_comes_and_goes():
    """From second 2 to 3 every response is 503 with Retry-After: 1; conditions are the same afterwards."""

    async def crawl(url, paths):
        found = []
        async with aiohttp.ClientSession(url) as session:
            for wait in (1.5, 0.9, 0.7):
                await asyncio.sleep(wait)
                async with session.get("/text?latency=0&fault=null") as response:
                    found.append((response.status, response.headers.get("Retry-After")))
        return found

    async def observe():
        server = SERVERS[4]
        async with trial_of(crawl, Conditions(**server.conditions)) as trial:
            before = trial.application.conditions
            async with server.begun(trial.application):
                found = await trial.call(trial.url, [])
            assert trial.application.conditions == before
            return found

    assert asyncio.run(observe()) == [(200, None), (503, "1"), (200, None)]


def test_page_one_is_the_same_in_lesson_and_lab():
    """The crawler that `score` runs as page one is the one that the lesson shows."""
    cells = [cell.source for cell in lessons.read(lessons.PATHS[0]).cells if cell.cell_type == "code"]
    [shown] = [source for source in cells if source.startswith("async def crawl(") and "documents" in source]
    own = getsource(page_one.crawl).replace('    """Return the document of each path, in order."""\n', "")
    assert shown == own.rstrip()
