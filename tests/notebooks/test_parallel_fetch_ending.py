"""However parallel_fetch ends, it leaves nothing; and it never holds more than its window."""

import asyncio
import gc
from contextlib import aclosing, nullcontext

import aiohttp
import pytest

from mock_server import MockServer
from notebooks.parallel_fetch import Result, parallel_fetch
from tests.support.fetching import QUICK, connections, run

BROKEN = "?fault=truncate&fault_rate=0.3&failure_rate=0.3&latency=0.005&seed="


@pytest.fixture
def server():
    server = MockServer.start()
    server.configure(cancel_abandoned=True)
    return server


def mixture(server, count=40):
    return (f"{server.url}/items/{n}{BROKEN}{n}" for n in range(1, count + 1))


async def cut_off(fetch, steps, seconds):
    task = asyncio.create_task(fetch.all())
    for _ in range(steps):
        await asyncio.sleep(0)
    if seconds:
        await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.wait([task])
    return task.cancelled()


@pytest.mark.parametrize("options", [{}, {"rate": 30, "deadline": 5, "budget": 3}], ids=["plain", "limited"])
def test_cancelled_at_any_moment_it_leaves_no_task_and_no_connection(server, options):
    async def sweep():
        moments = [(steps, 0) for steps in range(40)] + [(0, n * 0.005) for n in range(1, 21)]
        cut = []
        for steps, seconds in moments:
            fetch = parallel_fetch(mixture(server), concurrency=8, **QUICK, **options)
            cut.append(await cut_off(fetch, steps, seconds))
            assert asyncio.all_tasks() == {asyncio.current_task()}
            await asyncio.sleep(0)
            assert connections(server) == 0
        return cut

    assert run(sweep(), server).count(True) > 40


def test_cancelled_twice_it_still_leaves_nothing(server):
    async def main():
        task = asyncio.create_task(parallel_fetch([f"{server.url}/delay/5"] * 5).all())
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    run(main(), server)


@pytest.mark.parametrize("taken", [0, 1, 7])
@pytest.mark.parametrize("session", [aiohttp.ClientSession, nullcontext], ids=["your session", "its own"])
def test_left_early_it_leaves_nothing(server, taken, session):
    async def main():
        async with session() as yours:
            async with parallel_fetch(mixture(server), session=yours, concurrency=4, **QUICK) as results:
                for _ in range(taken):
                    await anext(results)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main(), server)


def test_a_break_out_of_a_plain_loop_ends_it_in_the_next_rounds_of_the_event_loop(server):
    async def main():
        async for _ in parallel_fetch(mixture(server), **QUICK):
            break
        for _ in range(20):
            await asyncio.sleep(0)

    run(main(), server)


def test_a_session_of_yours_stays_open_and_brings_its_headers_and_base_url(server):
    async def main():
        async with aiohttp.ClientSession(server.url, headers={"X-Mine": "1"}, raise_for_status=True) as session:
            results = await parallel_fetch(
                ["/echo", "/echo?fault=empty", "/status/404"], session=session, tries=3, **QUICK
            )
            assert not session.closed
            return results

    good, bad, missing = run(main(), server)
    assert good.json()["headers"]["X-Mine"] == "1"
    assert bad.attempts == 3
    assert (missing.status, missing.error) == (404, "404 Not Found")  # also where the session would raise
    assert server.stats().exchanges == 1 + 3 + 1


def test_what_your_session_does_to_every_request_is_done(server):
    async def sign(request, handler):
        request.headers["Authorization"] = "Bearer let-me-in"
        return await handler(request)

    async def main():
        async with aiohttp.ClientSession(middlewares=[sign]) as session:
            return await parallel_fetch([f"{server.url}/auth"], session=session)

    (result,) = run(main(), server)
    assert result.ok


@pytest.mark.parametrize("kind", ["iterable", "async iterable"])
@pytest.mark.parametrize("window", [1, 2, 9])
def test_no_address_is_read_that_has_no_room_in_the_window(server, kind, window):
    read = 0

    def addresses():
        nonlocal read
        for address in mixture(server):
            read += 1
            yield address

    async def asynchronous():
        for address in addresses():
            await asyncio.sleep(0)
            yield address

    async def main():
        source = addresses() if kind == "iterable" else asynchronous()
        async with parallel_fetch(source, window=window, concurrency=3, **QUICK) as results:
            taken = 0
            async for _ in results:
                await asyncio.sleep(0.01)
                assert read <= taken + window
                taken += 1
        assert read == taken == 40

    run(main(), server)


def living():
    return sum(isinstance(each, Result) for each in gc.get_objects())


@pytest.fixture
def no_garbage_collection():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("fault", ["null", "truncate", "empty", "garbage"])
def test_no_more_results_live_than_the_window_however_many_addresses_there_are(server, fault, no_garbage_collection):
    async def main():
        before, most, taken = living(), 0, 0
        addresses = (f"{server.url}/items/{n}?fault={fault}&fault_rate=0.5" for n in range(1, 501))
        async with parallel_fetch(addresses, concurrency=5, window=10, tries=2, base=0) as results:
            async for _ in results:
                taken += 1
                if taken % 100 == 0:
                    most = max(most, living() - before)
        return most

    assert 1 <= run(main(), server) <= 10 + 1


def test_a_result_is_handed_over_while_the_next_address_is_still_awaited(server):
    async def main():
        taken = asyncio.Event()

        async def addresses():
            yield f"{server.url}/items/1"
            await taken.wait()
            yield f"{server.url}/items/2"

        async with asyncio.timeout(20), parallel_fetch(addresses()) as results:
            numbers = []
            async for result in results:
                numbers.append(result.json()["id"])
                taken.set()
        return numbers

    assert run(main(), server) == [1, 2]


def test_what_the_addresses_raise_comes_after_the_results_before_it(server):
    def addresses():
        yield from mixture(server, 5)
        raise LookupError("the file is torn")

    async def main():
        seen = []
        async with aclosing(aiter(parallel_fetch(addresses(), **QUICK))) as results:
            for _ in range(5):
                seen.append((await anext(results)).url)
            with pytest.raises(LookupError, match="torn"):
                await anext(results)
        return seen

    assert run(main(), server) == list(mixture(server, 5))


def test_progress_is_told_of_each_result_and_of_the_total_where_it_is_known(server):
    told = []
    run(parallel_fetch(list(mixture(server, 9)), progress=lambda *each: told.append(each), **QUICK).all(), server)
    run(parallel_fetch(mixture(server, 3), progress=lambda *each: told.append(each), **QUICK).all(), server)
    assert told == [(n, 9) for n in range(1, 10)] + [(n, None) for n in range(1, 4)]


def test_a_progress_that_raises_ends_the_call_with_its_error_and_leaves_nothing(server):
    def progress(done, total):
        if done > 2:
            raise LookupError(f"no bar for {done} of {total}")

    with pytest.raises(LookupError, match="no bar"):
        run(parallel_fetch(list(mixture(server)), progress=progress, concurrency=4, **QUICK).all(), server)
