"""`watch` records what the server saw of a block, however the block ends."""

import asyncio

import pytest

from lab import predictions, watch
from lab.runs.prediction import forget_predictions
from lab.watch import Watched
from mock_server import MockServer, MockServerError
from tests.lab.conftest import until
from tests.support.client import ask, kill
from tests.support.runs import together


def test_only_the_blocks_requests_count(server):
    """The run holds the requests of the block and no others."""
    ask(server, "/text?before")
    with watch(server, predict=0.5, theory=0.4, title="three") as run:
        for n in range(3):
            ask(server, f"/text?{n}")
    ask(server, "/text?after")
    assert [exchange.path for exchange in run.exchanges] == [f"/text?{n}" for n in range(3)]
    assert (run.predicted, run.theory, run.title) == (0.5, 0.4, "three")
    assert run.text == "3 requests, 3 × 200, 1 in flight at most, 3 connections"


def test_a_failed_block_is_recorded(server):
    """The run is filled even if the block raises."""

    def block(run):
        runs.append(run)
        ask(server, "/status/503")
        raise ValueError("in the block")

    runs = []
    with pytest.raises(ValueError, match="in the block"), watch(server) as run:
        block(run)
    assert runs[0].statuses == {503: 1}


def test_a_cancelled_block_is_recorded(server):
    """The run is filled even if the block is cancelled."""
    runs = []

    async def block():
        with watch(server) as run:
            runs.append(run)
            await asyncio.to_thread(ask, server, "/text")
            await asyncio.sleep(60)

    async def scenario():
        task = asyncio.create_task(block())
        await until(lambda: server.stats().exchanges == 1)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(scenario())
    assert runs[0].hits == 1


def test_a_dead_server_is_explained():
    """If the server is gone, the message says to run the set-up cell again."""
    server = MockServer.start()
    kill(server)
    with pytest.raises(MockServerError, match="Run the set-up cell again"), watch(server):
        pass


def test_a_notebook_shows_text_and_picture():
    """A notebook shows the run's text and its picture."""
    bundle = Watched(together(3))._repr_mimebundle_()
    assert bundle["text/plain"] == "3 requests, 3 × 200, 3 in flight at most, 3 connections"
    assert bundle["image/svg+xml"].startswith("<svg ")


def test_the_caption_is_formatted(server):
    """The caption is a format string with the run's figures."""
    with watch(server, caption="{run.connections} connections, {run.methods[GET]} GET") as run:
        ask(server, "/text")
        ask(server, "/text")
    assert run.caption == "2 connections, 2 GET"


def test_a_prediction_counts_in_the_summary(server):
    """A prediction counts in the summary; None, with which a lesson begins, does not."""
    forget_predictions()
    for predicted in (None, 60.0):
        with watch(server, predict=predicted):
            ask(server, "/text")
    assert predictions().startswith("You made 1 prediction: 1 too long.")
    forget_predictions()
