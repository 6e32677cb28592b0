"""The learner's files: where they are written, what is kept, and how they are read."""

import asyncio
import linecache
from functools import partial

import pytest

from lab import save
from lab.score.cell import NoProgram, source_of
from lab.score.files import Unusable, file_of, load, write

RIGHT = """import asyncio

import aiohttp


async def crawl(url, paths):
    async with aiohttp.ClientSession(url) as session:
        return await asyncio.gather(*(fetch(session, path) for path in paths))


async def fetch(session, path):
    async with session.get(path) as response:
        return await response.json()
"""


def cell(source, name="<cell>"):
    """Return the function `crawl` of a cell, as a notebook defines it."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    space = {"__name__": "__main__"}
    exec(compile(source, name, "exec"), space)
    return space["crawl"]


def saved(version, crawl, capsys):
    asyncio.run(save(version, crawl))
    return capsys.readouterr().out


def test_the_whole_cell_is_saved(copies, capsys):
    """The file is the cell: imports, the function and its helpers."""
    assert saved(1, cell(RIGHT), capsys) == "crawler_01.py is saved.\n"
    assert (copies / "crawler_01.py").read_text() == RIGHT
    assert load(file_of(1)).__name__ == "crawl"


def test_an_earlier_version_is_kept(copies, capsys):
    """A new version takes the name, and the old one gets the next free name; saving the same one changes nothing."""
    (copies / "crawler_01.py").write_text("mine")
    (copies / "crawler_01_old1.py").write_text("older")
    said = "crawler_01.py is saved. The previous version is now crawler_01_old2.py.\n"
    assert saved(1, cell(RIGHT), capsys) == said
    assert saved(1, cell(RIGHT), capsys) == "crawler_01.py is saved.\n"
    kept = {path.name: path.read_text() for path in copies.iterdir()}
    assert kept == {"crawler_01.py": RIGHT, "crawler_01_old1.py": "older", "crawler_01_old2.py": "mine"}


def test_nothing_is_written_elsewhere(tmp_path, monkeypatch, capsys):
    """In any folder but the learner's copies, a right crawler is not saved."""
    monkeypatch.chdir(tmp_path)
    assert "not one of your copies, which are in my-course/" in saved(1, cell(RIGHT), capsys)
    assert list(tmp_path.iterdir()) == []


def test_a_cell_that_needs_another_is_not_saved(copies, capsys):
    """A file must stand alone, so a helper of another cell is named."""
    crawl = cell(RIGHT.partition("async def fetch")[0], "<other>")
    crawl.__globals__.update(fetch=cell(RIGHT).__globals__["fetch"])
    assert "Its cell does not define `fetch`." in saved(1, crawl, capsys)
    assert list(copies.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("crawl = print\n", "cannot be found"),
        ("async def crawler(url, paths): ...\ncrawl = crawler\n", ""),
        ("async def other(url, paths): ...\nglobals()['crawl'] = other\n", "does not define `crawl`"),
        ("async def crawl(url, paths):\n    return somewhere.get(url)\n", "does not define `somewhere`"),
        ("class Crawl:\n    size: int = 3\n    async def __call__(self, url, paths): ...\ncrawl = Crawl()\n", ""),
        ("from asyncio import *\nasync def crawl(url, paths):\n    await sleep(1)\n", ""),
        ("def f(x=[n for n in range(3)]): return [y for y in x]\nasync def crawl(url, paths): f()\n", ""),
    ],
)
def test_a_program_is_told_from_a_fragment(source, why):
    """The cell must define `crawl` and all that its code uses."""
    crawl = cell(source)
    if why:
        with pytest.raises(NoProgram, match=why):
            source_of(crawl, "crawl")
    else:
        assert source_of(crawl, "crawl") == source


def test_a_top_level_await_cannot_be_saved():
    """A notebook may await at the top level, a file may not."""
    crawl = cell(RIGHT, "<await>")
    text = RIGHT + "await crawl('', [])\n"
    linecache.cache["<await>"] = (len(text), None, text.splitlines(keepends=True), "<await>")
    with pytest.raises(NoProgram, match="Line 14 of its cell is not plain Python"):
        source_of(partial(crawl), "crawl")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"crawl = 3\n", "it raised TypeError: `crawl` is not a function."),
        (b"x = 1\n", "it does not define `crawl`."),
        (b"\xff\xfe\xfa", "it is not a text file that can be read."),
        (b"raise SystemExit(3)\n", "it raised SystemExit: 3."),
        (b"import os\nos.nothing\n", "it raised AttributeError: module 'os' has no attribute 'nothing'."),
        (b"<<<<<<< HEAD\n", "line 1 is not valid Python (invalid syntax)."),
    ],
)
def test_a_foreign_file_is_named(tmp_path, content, why):
    """A file that is not a crawler gets a sentence that says why."""
    path = tmp_path / "crawler_01.py"
    path.write_bytes(content)
    with pytest.raises(Unusable) as raised:
        load(path)
    assert str(raised.value) == f"crawler_01.py is left out: {why}"


def test_loading_writes_nothing(tmp_path):
    """No __pycache__ appears next to the learner's notebooks."""
    path = tmp_path / "crawler_01.py"
    write(path, RIGHT)
    load(path)
    assert [each.name for each in tmp_path.iterdir()] == ["crawler_01.py"]
