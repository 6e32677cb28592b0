"""A trial watches an answer and says what it did wrong."""

import asyncio

import pytest

from lab.checking.trial import NotYet, Trial
from tests.support.client import ask


def call(server, answer, *arguments, limit=5.0):
    trial = Trial(server, answer, limit)
    return asyncio.run(trial.call(*arguments)), trial.run


def symptom(server, answer, *arguments, limit=5.0):
    with pytest.raises(NotYet) as symptom:
        call(server, answer, *arguments, limit=limit)
    return str(symptom.value)


def test_a_generator_is_told_to_return(server):
    async def answer():
        yield 1

    assert symptom(server, answer) == "It has a `yield`, and so it is a generator. Return all the results at its end."


def test_an_answer_is_watched_and_its_result_returned(server):
    async def answer(path):
        return (await asyncio.to_thread(ask, server, path)).status

    result, run = call(server, answer, "/text")
    assert (result, run.hits) == (200, 1)


def test_tasks_that_an_answer_returns_instead_of_results_have_ended_when_it_is_told(server):
    async def answer():
        tasks.append(asyncio.create_task(asyncio.sleep(60)))
        return tasks

    async def scenario():
        with pytest.raises(NotYet, match="before the results were there"):
            await Trial(server, answer, 5.0).call()
        return [task.done() for task in tasks]

    tasks = []
    assert asyncio.run(scenario()) == [True]


def test_a_function_without_async_is_named_as_that(server):
    assert "async def" in symptom(server, lambda: 1)


def test_an_exception_is_told_with_its_message(server):
    async def answer():
        raise KeyError("result")

    assert symptom(server, answer) == "It raised KeyError: 'result'"


def test_wrong_arguments_are_told(server):
    async def answer(one, two):
        pass

    assert "missing 1 required positional argument: 'two'" in symptom(server, answer, 1)


def test_the_blank_is_told_from_a_failure(server):
    async def answer():
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        call(server, answer)


def test_an_answer_that_does_not_end_is_stopped_and_told(server):
    async def answer():
        await asyncio.sleep(60)

    assert symptom(server, answer, limit=0.2) == "It had not ended after 0.2 s, so it was stopped."


def test_the_run_of_an_answer_that_failed_is_kept(server):
    async def answer():
        await asyncio.to_thread(ask, server, "/text")
        raise ValueError

    trial = Trial(server, answer, 5.0)
    with pytest.raises(NotYet):
        asyncio.run(trial.call())
    assert trial.run.hits == 1
