"""The pictures of a panel show how each run differs from the previous one."""

import asyncio
import re

import aiohttp
import pytest

from lab import async_interact, predictions
from lab.drawing.timeline import axis_length
from lab.runs.prediction import forget_predictions, verdict
from tests.lab.conftest import until

pytestmark = pytest.mark.usefixtures("displayed")


def one_by_one(server):
    async def fetch(count, delay=0.1):
        async with aiohttp.ClientSession(server.url) as session:
            for n in range(count):
                async with session.get(f"/delay/{delay}?n={n}") as response:
                    await response.read()
        return {"fetched": count}

    return fetch


def pictures(displayed):
    return [o["data"]["image/svg+xml"] for o in displayed.outputs if "image/svg+xml" in o["data"]]


async def move(panel, name, value):
    panel.controls.arguments[name].value = value
    await asyncio.sleep(0.02)
    await panel


def test_the_previous_end_and_axis_stay(server):
    """A shorter run is drawn on the same axis with the previous end, and a longer one on a longer axis."""

    async def scenario():
        panel = await async_interact(one_by_one(server), count=(1, 9), delay=(0.0, 0.2, 0.02))
        first, axis = panel.run.seconds, axis_length(panel.run)
        assert panel.run.before is None
        await move(panel, "count", 4)
        assert (panel.run.before, axis_length(panel.run)) == (first, axis)
        await move(panel, "count", 8)
        assert axis_length(panel.run) > axis

    asyncio.run(scenario())


def test_the_axis_shrinks_after_two_runs(server):
    """The axis shrinks after two short runs: the first still shows how long the previous run was."""

    async def scenario():
        panel = await async_interact(one_by_one(server), count=(1, 9), delay=(0.0, 0.2, 0.02))
        axis = axis_length(panel.run)
        await move(panel, "count", 1)
        assert axis_length(panel.run) == axis
        await move(panel, "count", 2)
        assert axis_length(panel.run) < axis

    asyncio.run(scenario())


def test_all_pictures_have_the_same_height(server, displayed):
    """Pictures have the same height during a run, at all slider positions, and with a prediction."""

    async def scenario():
        panel = await async_interact(one_by_one(server), count=(1, 9), predict=True)
        panel.controls.prediction.field.value = "0.2"
        await move(panel, "count", 9)

    asyncio.run(scenario())
    heights = {re.search(r'height="(\d+)"', svg)[1] for svg in pictures(displayed)}
    assert len(pictures(displayed)) > 5
    assert len(heights) == 1


def test_the_caption_shows_the_result(server):
    """The caption is the given format string, or else the figures that the function returned."""

    async def scenario():
        returned = await async_interact(one_by_one(server), count=2)
        asked = await async_interact(
            one_by_one(server), count=2, caption="{run.connections} connection, {result[fetched]}"
        )
        return returned.run.caption, asked.run.caption

    assert asyncio.run(scenario()) == ("fetched: 2", "1 connection, 2")


def test_the_caption_names_the_exception(server):
    async def fails(count):
        raise ValueError("five is too many")

    async def scenario():
        return (await async_interact(fails, count=5, caption="{result[0]}")).run.caption

    assert asyncio.run(scenario()) == "raised ValueError: five is too many"


def test_a_cancelled_run_has_no_caption(server):
    ended = []

    async def hangs(count):
        try:
            await asyncio.sleep(9)
        finally:
            ended.append(True)

    async def scenario():
        panel = async_interact(hangs, count=(1, 9), caption="{result[0]}")
        await until(lambda: panel.run.live)
        await asyncio.sleep(0.05)
        panel.close()
        await panel
        return panel.run.caption, panel.error

    assert (asyncio.run(scenario()), ended) == (("", None), [True])


def test_the_next_run_judges_a_prediction(server):
    """The run after a prediction judges it, and later runs do not."""

    async def scenario():
        panel = await async_interact(one_by_one(server), count=(1, 9), delay=(0.0, 0.2, 0.02), predict=True)
        panel.controls.prediction.field.value = "0.8"
        await asyncio.sleep(0.02)
        await move(panel, "count", 8)
        judging = verdict(0.8, panel.run.seconds)
        await move(panel, "count", 1)
        return panel.run.predicted, panel.run.seconds, judging

    forget_predictions()
    predicted, last, judging = asyncio.run(scenario())
    assert (predicted, verdict(0.8, last)) == (0.8, "too long")
    assert predictions().startswith(f"You made 1 prediction: 1 {judging}.")
    forget_predictions()
