"""A panel runs one coroutine at a time, with the latest values, and reports errors."""

import asyncio
import threading
from functools import wraps

import aiohttp
import pytest
from ipywidgets import IntSlider

from lab import async_interact, watch
from mock_server import MockServer
from tests.lab.conftest import until
from tests.support.client import kill

pytestmark = pytest.mark.usefixtures("displayed")


def scenario(test):
    """Run a test that is a coroutine function."""

    @wraps(test)
    def run(*arguments, **fixtures):
        asyncio.run(test(*arguments, **fixtures))

    return run


def fetching(server, log=None, delay=0.05):
    """Return a coroutine function that makes `count` requests of `delay` seconds and logs its begin and end."""

    async def fetch_all(count, delay=delay):
        note(log, "begin", count)
        try:
            async with aiohttp.ClientSession(server.url) as session:
                await asyncio.gather(*(read(session, f"/delay/{delay}?n={n}") for n in range(count)))
        finally:
            note(log, "end", count)
        return count

    return fetch_all


def note(log, *entry):
    if log is not None:
        log.append(entry)


async def read(session, path):
    async with session.get(path) as response:
        return await response.read()


def widget(panel, name):
    return panel.controls.arguments[name]


async def quiet(panel):
    """Wait until the panel has noticed a move and all runs have ended."""
    await asyncio.sleep(0.02)
    await panel


def overlaps(log):
    """Return whether a run began before the previous one ended."""
    return [kind for kind, _ in log] != ["begin", "end"] * (len(log) // 2)


@scenario
async def test_awaiting_finishes_the_first_run(server, displayed):
    """Awaiting the panel finishes the first run and draws it."""
    panel = await async_interact(fetching(server), count=(1, 9))
    assert (panel.result, panel.run.hits, panel.run.finished, panel.error) == (5, 5, True, None)
    assert displayed.titles[-1].startswith("count 5, delay 0.05: 5 requests")


@scenario
async def test_the_last_of_many_moves_counts(server):
    """Many moves in a row start one run, with the last value."""
    log = []
    panel = await async_interact(fetching(server, log), count=(1, 99))
    for value in range(60, 20, -1):
        widget(panel, "count").value = value
        await asyncio.sleep(0.002)
    await quiet(panel)
    assert (panel.result, panel.run.hits) == (21, 21)
    first, *between, last = [count for kind, count in log if kind == "begin"]
    assert (first, last) == (50, 21)
    assert len(between) <= 2, "the machine stood still between two moves"


@scenario
async def test_a_move_cancels_the_previous_run(server):
    """A move cancels the previous run and waits for its end."""
    log = []

    async def slow_to_end(count):
        log.append(("begin", count))
        try:
            await asyncio.sleep(30 if count == 5 else 0)
        finally:
            await asyncio.sleep(0.3)
            log.append(("end", count))

    panel = async_interact(slow_to_end, count=(1, 9))
    await until(lambda: log)
    widget(panel, "count").value = 7
    await quiet(panel)
    assert log == [("begin", 5), ("end", 5), ("begin", 7), ("end", 7)]


@scenario
async def test_a_run_may_swallow_its_cancellation(server):
    """The panel reports a run that swallows its cancellation, and waits for its end."""
    log = []

    async def stubborn(count):
        log.append(("begin", count))
        for _ in range(3 if count == 5 else 0):
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                log.append(("swallowed", count))
        log.append(("end", count))

    panel = async_interact(stubborn, count=(1, 9))
    await until(lambda: log)
    widget(panel, "count").value = 7
    await until(lambda: "cancelled but is still running" in panel.message)
    await quiet(panel)
    assert log == [("begin", 5), *[("swallowed", 5)] * 3, ("end", 5), ("begin", 7), ("end", 7)]
    assert panel.message == ""


@scenario
async def test_a_move_during_cancellation_counts(server):
    """A move while the previous run ends replaces the move before it."""
    log, may_end = [], asyncio.Event()

    async def slow_to_end(count):
        log.append(count)
        try:
            await asyncio.sleep(30 if count == 5 else 0)
        finally:
            log.append("ending")
            await may_end.wait()

    panel = async_interact(slow_to_end, count=(1, 9))
    await until(lambda: log)
    widget(panel, "count").value = 6
    await until(lambda: "ending" in log)
    widget(panel, "count").value = 7
    await asyncio.sleep(0)
    may_end.set()
    await quiet(panel)
    assert log == [5, "ending", 7, "ending"]


@scenario
async def test_moves_may_come_from_threads(server):
    """A slider may report from another thread."""
    panel = await async_interact(fetching(server), count=(1, 9))
    thread = threading.Thread(target=lambda: setattr(widget(panel, "count"), "value", 8))
    thread.start()
    await asyncio.to_thread(thread.join)
    await quiet(panel)
    assert (panel.result, panel.run.hits, panel.error) == (8, 8, None)


@scenario
async def test_two_panels_take_turns(server):
    log = []
    f, g = fetching(server, log), fetching(server, log)
    g.__qualname__ = "another"
    first = async_interact(f, count=(3, 3))
    second = async_interact(g, count=(4, 4))
    await asyncio.gather(first, second)
    assert not overlaps(log)
    assert (first.run.hits, second.run.hits) == (3, 4)


@scenario
async def test_an_exception_names_the_line(server):
    """An exception is shown with the learner's line until the next run."""

    async def fails(count):
        if count == 5:
            raise ValueError("five <is> too many")

    panel = await async_interact(fails, count=(1, 9))
    assert isinstance(panel.error, ValueError)
    assert "ValueError: five &lt;is&gt; too many" in panel.message
    assert "raise ValueError(" in panel.message
    widget(panel, "count").value = 6
    await quiet(panel)
    assert (panel.message, panel.error) == ("", None)


@scenario
async def test_a_self_cancelled_run_is_reported(server):
    """A coroutine that cancels itself is reported."""

    async def gives_up(count):
        raise asyncio.CancelledError

    panel = await async_interact(gives_up, count=(1, 9))
    assert "it cancelled itself" in panel.message


@scenario
async def test_a_failing_theory_is_reported(server):
    """An exception in `theory` is shown."""
    panel = await async_interact(fetching(server), count=(1, 9), theory=lambda count, delay: count / 0)
    assert "ZeroDivisionError" in panel.message


@scenario
async def test_a_prediction_starts_no_run(server, displayed):
    """A new prediction is drawn without another run."""
    log = []
    panel = await async_interact(fetching(server, log), count=(1, 9), predict=True)
    assert panel.run.predicted is None
    begun, drawn = list(log), len(displayed.titles)
    panel.controls.prediction.field.value = "0.7"
    await until(lambda: len(displayed.titles) > drawn)
    assert panel.run.predicted == 0.7
    await asyncio.sleep(0.3)
    assert log == begun


@scenario
async def test_an_interrupt_ends_the_run(server):
    """An interrupt of the cell ends the run, and the sliders still work."""
    log = []
    cell = asyncio.create_task(wait_for(fetching(server, log, delay=6)))
    await until(lambda: server.stats().in_flight == 5)
    cell.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cell
    assert log == [("begin", 5), ("end", 5)]
    assert len(asyncio.all_tasks()) == 1

    panel = panels[-1]
    widget(panel, "delay").value = 0.0
    await quiet(panel)
    assert (panel.run.hits, panel.run.finished) == (5, True)


panels = []


async def wait_for(f):
    panels.append(async_interact(f, count=(5, 5), delay=(0.0, 6.0)))
    await panels[-1]


@scenario
async def test_a_closed_panel_leaves_nothing(server):
    """A closed panel has no run, no task and no widget."""
    log = []
    panel = async_interact(fetching(server, log, delay=6), count=(1, 9))
    await until(lambda: log)
    count = widget(panel, "count")
    count.value = 6
    panel.close()
    count.value = 7
    await asyncio.sleep(0.4)
    assert log == [("begin", 5), ("end", 5)]
    assert {part.comm for part in (panel.controls.box, *panel.controls.box.children)} == {None}
    assert len(asyncio.all_tasks()) == 1


@scenario
async def test_a_kept_widget_works_again(server):
    """A learner's own widget works when its cell runs again."""
    kept = IntSlider(value=3, min=1, max=9)
    await async_interact(fetching(server), count=kept)
    panel = await async_interact(fetching(server), count=kept)
    assert kept.comm is not None
    kept.value = 4
    await quiet(panel)
    assert panel.result == 4


@scenario
async def test_watch_stops_the_run(server):
    """`watch` stops the run, and its requests are not counted in the panel."""
    panel = async_interact(fetching(server, delay=6), count=(5, 5), delay=(0.0, 6.0))
    await until(lambda: panel.run.hits == 5)
    with watch(server) as run:
        async with aiohttp.ClientSession(server.url) as session:
            await read(session, "/text")
    await panel
    assert [exchange.path for exchange in run.exchanges] == ["/text"]
    assert "/text" not in [exchange.path for exchange in panel.run.exchanges]
    assert "another cell needed the server" in panel.message


@scenario
async def test_a_move_waits_for_watch(server):
    """A move during a watched block waits for the end of the block."""
    panel = await async_interact(fetching(server), count=(1, 9))
    with watch(server) as run:
        widget(panel, "count").value = 8
        await until(lambda: "Waiting for another run" in panel.message)
        async with aiohttp.ClientSession(server.url) as session:
            await read(session, "/text")
    assert run.hits == 1
    await panel
    assert (panel.run.hits, panel.message) == (8, "")


@scenario
async def test_a_run_may_watch_itself(server):
    async def watching(count):
        with watch(server) as run:
            await fetching(server)(count)
        return run.hits

    panel = await async_interact(watching, count=(1, 9))
    assert (panel.result, panel.error) == (5, None)


@scenario
async def test_a_killed_server_is_explained(server):
    """If the server dies, the panel says to run the set-up cell, and works again afterwards."""

    async def fetch_all(count, delay=6):
        await fetching(MockServer.running())(count, delay)

    panel = async_interact(fetch_all, count=(5, 5), delay=(0.0, 6.0))
    await until(lambda: panel.run.hits == 5)
    kill(server)
    await panel
    assert "Run the set-up cell again" in panel.message

    assert MockServer.start() is not server
    widget(panel, "delay").value = 0.0
    await quiet(panel)
    assert (panel.run.hits, panel.message) == (5, "")


@scenario
async def test_a_run_is_drawn_live(server, displayed):
    """A run is drawn while it goes on, and its text alternative never changes."""
    await async_interact(fetching(server), count=(3, 3), delay=(2.0, 2.0))
    during = [title for title in displayed.titles if "so far" in title]
    assert len(during) > 2
    assert "so far" not in displayed.titles[-1]
    assert [title for title in displayed.titles[1:] if "no requests" in title] == []
    texts = {o["data"]["text/plain"] for o in displayed.outputs if "image/svg+xml" in o["data"]}
    assert texts == {"<timeline of fetch_all>"}


@scenario
async def test_the_previous_picture_stays(server, displayed):
    """The previous picture stays until the run's first request."""

    async def late(delay=0.3):
        await asyncio.sleep(delay)
        await fetching(server)(1)

    panel = await async_interact(late)
    assert [title for title in displayed.titles[1:] if "no requests" in title] == []
    assert panel.run.hits == 1
