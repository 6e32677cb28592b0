"""The board: which versions stand on it, what it says about each, and that it says the same each time."""

import asyncio
from inspect import getsource

import aiohttp
import pytest
import uvloop

from lab import save, score
from lab.score.competing import compete
from lab.score.crawlers import page_one
from lab.score.servers import SERVERS


async def one_by_one(url, paths):
    """Return each document, one after the other."""
    async with aiohttp.ClientSession(url) as session:
        return [await (await session.get(path)).json() for path in paths]


PROGRAM = "import aiohttp\n\n" + getsource(one_by_one).replace("one_by_one", "crawl")


def board(version, crawl, **others):
    return asyncio.run(score(version, crawl, **others))


def row(shown, name):
    """Return a version's cells by heading."""
    headings, *rows = [line.split() for line in shown.text.replace("peak in flight", "peak").splitlines()[1:]]
    headings = [*headings[:-2], "refused", "twice"] if headings[-2] == "done" else headings
    [cells] = [cells for cells in rows if cells[0] == name]
    return dict(zip(headings, cells, strict=False))


async def blank(url, paths):
    raise NotImplementedError


def test_page_one_dies_at_item_212():
    """The first crawler of the course gets 211 documents in 21.2 s and loses them all."""
    shown = board(0, page_one.crawl)
    [first, reference] = shown.versions
    assert (first.name, first.run.hits, first.lost, f"{first.seconds:.1f}") == ("page one", 212, 240, "21.2")
    assert first.ending == "ClientResponseError: 503, message='Service Unavailable', url='/items/212'"
    assert (reference.name, reference.lost, reference.refused) == ("reference", 0, 0)


@pytest.mark.parametrize("version", range(len(SERVERS)))
def test_the_reference_loses_nothing(version):
    """On each server the reference returns every document, is refused nothing and does nothing twice."""
    reference = board(version, blank).versions[-1]
    assert (reference.lost, reference.refused, reference.done_twice, reference.ending) == (0, 0, 0, "")


def test_the_text_is_the_same_each_time():
    """Two runs give the same text, because nbval compares it."""
    assert board(4, one_by_one).text == board(4, one_by_one).text


def test_a_blank_is_left_out():
    """A crawler that is not written yet gets a note instead of a lane."""
    shown = board(1, blank)
    assert [version.name for version in shown.versions] == ["page one", "reference"]
    assert shown.text.endswith("Your crawl is not written yet.")


def test_saved_versions_and_others_stand_on_the_board(copies):
    """In the learner's copies, the files of earlier lessons are run, too."""
    (copies / "crawler_01.py").write_text(PROGRAM)
    (copies / "crawler_02.py").write_text(PROGRAM)
    shown = board(2, one_by_one, another=one_by_one)
    names = [version.name for version in shown.versions]
    assert names == ["page one", "crawler_01.py", "your crawl", "another", "reference"]


def test_saved_versions_count_in_copies_only(tmp_path, monkeypatch):
    """The committed lessons look the same whatever lies beside them."""
    (tmp_path / "crawler_01.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)
    assert "crawler_01.py" not in board(2, blank).text


def test_a_saved_version_reads_controlled_time(copies):
    """A file that reads time.monotonic sees controlled time, as in the notebook."""
    source = "import asyncio\nfrom time import monotonic\n\n\nasync def crawl(url, paths):\n"
    source += (
        "    began = monotonic()\n    await asyncio.sleep(30)\n    assert monotonic() - began > 29\n    return []\n"
    )
    (copies / "crawler_01.py").write_text(source)
    [saved] = [version for version in board(2, blank).versions if version.name == "crawler_01.py"]
    assert (saved.ending, f"{saved.seconds:.1f}") == ("", "30.0")


def test_a_broken_file_is_named(copies):
    """A file that is not a crawler is left out, a note says why, and the others run."""
    (copies / "crawler_01.py").write_text("async def crawl(url, paths)\n")
    (copies / "crawler_02.py").write_text("import nowhere_to_be_found\n")
    shown = board(3, blank)
    assert [version.name for version in shown.versions] == ["page one", "reference"]
    assert shown.notes[:2] == [
        "crawler_01.py is left out: line 1 is not valid Python (expected ':').",
        "crawler_02.py is left out: it raised ModuleNotFoundError: No module named 'nowhere_to_be_found'.",
    ]


async def endless(url, paths):
    await asyncio.Event().wait()


def test_what_never_ends_is_stopped():
    """A version that never ends has a lane that ends, and says why."""
    shown = board(1, endless)
    [yours] = [version for version in shown.versions if version.name == "your crawl"]
    assert yours.ending.startswith("It waits for something that never happens, so it was stopped.")
    assert yours.seconds <= 60.1
    assert f"your crawl failed: {yours.ending}" in shown.text


def test_lost_documents_are_counted():
    """A document is lost if its place in the list is missing or holds another document."""

    async def shifted(url, paths):
        return (await one_by_one(url, paths))[1:]

    async def half(url, paths):
        return [*await one_by_one(url, paths[:60]), *[None] * 60]

    shown = board(1, shifted, half=half)
    assert [version.lost for version in shown.versions] == [0, 120, 60, 0]


def test_work_done_twice_is_counted():
    """A document that is read again, and an item that is created again, are work done twice."""

    async def twice(url, paths):
        await one_by_one(url, paths[:7])
        async with aiohttp.ClientSession(url) as session:
            for _ in range(3):
                await session.post("/items", json={"name": "crawl"})
        return await one_by_one(url, paths)

    yours = asyncio.run(compete("your crawl", twice, SERVERS[1]))
    assert yours.done_twice == 7 + 2


def test_an_abandoned_request_is_work():
    """The server goes on with a request whose client has gone, so asking again makes it work twice."""

    async def impatient(url, paths):
        async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=0.05)) as session:
            try:
                await session.get(paths[0])
            except TimeoutError:
                await asyncio.sleep(1)
        return await one_by_one(url, paths)

    yours = asyncio.run(compete("your crawl", impatient, SERVERS[1]))
    assert yours.done_twice == 1


def test_the_function_itself_is_wanted():
    """Anything but a function gets a note."""
    shown = board(1, [])
    assert shown.notes == ["Pass the function itself as your crawl, not []."]


def test_an_unknown_version_is_named():
    """The error lists the versions that exist."""
    with pytest.raises(ValueError, match=r"There is no version 5\. The versions are 0 \(page one\) to 4\."):
        board(5, one_by_one)


def test_another_event_loop_is_named():
    """Only asyncio's own loop has a clock that can be controlled."""
    shown = uvloop.run(score(1, one_by_one))
    assert shown.versions == []
    assert shown.notes[0].startswith("There is no board. Only asyncio's own event loop")


def test_what_is_not_right_is_not_saved(copies, capsys):
    """save judges first, and says what is not right yet."""
    asyncio.run(save(1, blank))
    assert capsys.readouterr().out == "crawler_01.py is not saved. 01.4: not tried yet\n"
    asyncio.run(save(1, one_by_one))
    assert capsys.readouterr().out.startswith("crawler_01.py is not saved. 01.4: not yet. It took 12.00 s")
    assert list(copies.iterdir()) == []
