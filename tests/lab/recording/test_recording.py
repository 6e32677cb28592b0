"""The labs of any notebook can be run without a kernel, with exact times."""

import asyncio

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lab.recording import LabError, recording

SET_UP = """
from lab import async_interact, set_up
import asyncio, random, time
import aiohttp, requests

server = set_up()
"""
ASK = """
async def ask(latency):
    async with aiohttp.ClientSession(server.url) as session, session.get(f"/delay/{latency}") as response:
        await response.read()
"""
INTERACT = "panel = await async_interact(lab, n=(1, 3))"


def run(tmp_path, *cells, n=2):
    """The first run of the last lab in a notebook with these cells; a text that begins with # is Markdown."""
    made = [new_markdown_cell(text) if text.startswith("#") else new_code_cell(text) for text in (SET_UP, *cells)]
    path = tmp_path / "lesson.ipynb"
    nbformat.write(new_notebook(cells=made), path)

    async def first_run():
        async with recording(path) as labs:
            return await labs[-1].run({"n": n})

    return asyncio.run(first_run())


def test_only_needed_statements_run(tmp_path):
    """Only the statements above a lab that define the names it uses are run."""
    lab = "async def lab(n):\n    await ask(n * step)"
    seen = run(tmp_path, ASK, "1 / 0\nstep = 9", "## A", "step = 0.1", "print(1 / 0)", "%%bash\nexit 1", lab, INTERACT)
    assert seen.seconds == pytest.approx(0.2, abs=0.001)


def test_latest_definition_counts(tmp_path):
    """A lab uses the latest definition above it, and none below it."""
    lab = "async def lab(n):\n    await ask(n * step)"
    seen = run(tmp_path, "step = 1", ASK, lab, "step = 0.2", INTERACT, "step = 2")
    assert seen.seconds == pytest.approx(0.4, abs=0.001)


def test_conditions_of_the_section_hold(tmp_path):
    """The server has the conditions of the lab's own section, not those of another."""
    lab = "async def lab(n):\n    await ask(0)"
    own = ("## A", "server.configure(latency=0.9)", "## B", "server.configure(latency=0.3)", lab, INTERACT)
    assert run(tmp_path, ASK, *own).seconds == pytest.approx(0.3, abs=0.001)


def test_blocking_request_takes_its_time(tmp_path):
    """A lab that blocks the event loop gets its responses one by one, at exact times."""
    lab = """
async def blocks(k):
    requests.get(f"{server.url}/delay/0.2?k={k}")

async def lab(n):
    await asyncio.gather(*(blocks(k) for k in range(n)))
"""
    seen = run(tmp_path, lab, INTERACT, n=3)
    assert [exchange.arrived for exchange in seen.exchanges] == pytest.approx([0, 0.2, 0.4], abs=0.002)
    assert seen.peak_in_flight == 1


def test_server_goes_on_during_a_sleep(tmp_path):
    """While `time.sleep` blocks a lab, the server continues to respond."""
    lab = """
async def lab(n):
    asked = asyncio.create_task(ask(0.1))
    await asyncio.sleep(0.05)
    time.sleep(0.5)
    await asked
"""
    assert run(tmp_path, ASK, lab, INTERACT).seconds == pytest.approx(0.1, abs=0.002)


def test_random_draws_are_repeatable(tmp_path):
    """A lab gets the same random numbers each time, even from an unseeded generator of a class that it kept."""
    lab = "async def lab(n):\n    await ask(kept().random() + random.random())"
    first, again = (run(tmp_path, "kept = random.Random", ASK, lab, INTERACT).exchanges[0].path for _ in range(2))
    assert first == again


def test_failing_lab_is_named(tmp_path):
    """The error names a lab that raises, with its arguments, or the failing statement that it needs."""
    with pytest.raises(LabError, match=r"lab\(n 2\) raised ZeroDivisionError"):
        run(tmp_path, "async def lab(n):\n    1 / 0", INTERACT)
    with pytest.raises(LabError, match=r"lesson.ipynb, cell .+: `step = 1 / 0` raised"):
        run(tmp_path, "step = 1 / 0", "async def lab(n):\n    step", INTERACT)
