import asyncio
import time
from email.utils import parsedate_to_datetime

import aiohttp
from hypothesis import given
from hypothesis import strategies as st

from mock_server import Conditions
from mock_server.admission import ROUNDING, Capacity, RateLimit
from mock_server.retry_after import retry_after

from ..support.client import ask, connect, request_bytes, until

LONG = 0.6  # seconds; long enough for a few requests to arrive meanwhile


async def together(server, *paths):
    """Request all paths at once, and return the statuses."""
    async with aiohttp.ClientSession(server.url, connector=aiohttp.TCPConnector(limit=0)) as session:

        async def get(path):
            async with session.get(path) as response:
                await response.read()
                return response.status

        return await asyncio.gather(*map(get, paths))


def most_at_once(rows):
    """Return the highest number of requests that were served at the same time."""
    changes = sorted([(row.started, 1) for row in rows] + [(row.ended, -1) for row in rows])
    serving = most = 0
    for _, change in changes:
        serving += change
        most = max(most, serving)
    return most


def test_capacity_limits_requests_served(server):
    """The server serves no more requests at once than its capacity, and the others queue in order."""
    server.configure(capacity=3, latency=LONG)
    assert asyncio.run(together(server, *(f"/items/{n}" for n in range(1, 10)))) == [200] * 9
    rows = server.journal()
    assert most_at_once(rows) == 3
    assert [row.queued == 0 for row in rows] == [True] * 3 + [False] * 6
    assert [row.started for row in rows] == sorted(row.started for row in rows)
    assert [row.in_flight for row in rows] == list(range(1, 10))


def test_latency_starts_after_the_queue(server):
    """The latency of a queued request counts from the moment it leaves the queue."""
    server.configure(capacity=1, latency=LONG)
    asyncio.run(together(server, "/items/1", "/items/2"))
    first, second = server.journal()
    assert second.started >= first.ended
    assert second.ended - second.started >= LONG
    assert second.queued >= first.ended - second.arrived > 0  # the second arrived a little later


def test_full_queue_refuses_with_503(server):
    """A request that finds the queue full is refused with 503, and the journal says so."""
    server.configure(capacity=1, backlog=2, latency=LONG)
    assert sorted(asyncio.run(together(server, *(f"/items/{n}" for n in range(1, 7))))) == [200] * 3 + [503] * 3
    refused = [row for row in server.journal() if row.refused]
    assert [(row.status, row.started) for row in refused] == [(503, None)] * 3
    assert server.stats().refused == 3


def test_full_queue_sends_retry_after(server):
    """A refusal because of a full queue has a Retry-After header."""
    server.configure(capacity=1, backlog=0)
    with connect(server) as connection:
        connection.sendall(request_bytes("/delay/10"))
        until(lambda: server.stats().in_flight)
        assert ask(server, "/text").headers["Retry-After"] == "1"


def test_more_capacity_admits_the_queue(server):
    """When the capacity rises, queued requests are served at once."""
    server.configure(capacity=1)

    async def raise_capacity():
        waiting = asyncio.create_task(together(server, *(f"/delay/{LONG}?n={n}" for n in (1, 2, 3))))
        await asyncio.to_thread(until, lambda: server.stats().in_flight == 3)
        await asyncio.to_thread(server.configure, capacity=None)
        return await waiting

    assert asyncio.run(raise_capacity()) == [200] * 3
    assert most_at_once(server.journal()) == 3


def test_disconnected_client_in_the_queue(server):
    """A queued request is served even if its client has disconnected, unless `cancel_abandoned` is on."""
    for cancel in (False, True):
        server.reset()
        server.configure(capacity=1, cancel_abandoned=cancel)
        with connect(server) as first:
            first.sendall(request_bytes(f"/delay/{LONG}?n=1"))
            until(lambda: server.stats().in_flight == 1)
            with connect(server) as second:
                second.sendall(request_bytes("/delay/0?n=2"))
                until(lambda: server.stats().in_flight == 2)
            row = until(lambda: [row for row in server.journal() if row.disconnected is not None and row.ended])[0]
            assert row.status is None
            assert (row.started is None) == cancel
        assert ask(server, "/text").status == 200


def test_rate_limit_refuses_with_429(server):
    """Requests beyond the rate limit are refused with 429 until the second is over or the journal is cleared."""
    server.configure(rate_limit=5)
    assert sorted(asyncio.run(together(server, *(f"/items/{n}" for n in range(1, 9))))) == [200] * 5 + [429] * 3
    assert [(row.status, row.started) for row in server.journal() if row.refused] == [(429, None)] * 3
    refusal = ask(server, "/items/1")
    assert (refusal.status, refusal.headers["Retry-After"]) == (429, "1")
    server.clear()
    assert ask(server, "/items/1").status == 200


def test_waiting_for_retry_after_is_enough(server):
    """A client that waits as long as Retry-After says is admitted."""
    server.configure(rate_limit=1)
    ask(server, "/text")
    time.sleep(int(ask(server, "/text").headers["Retry-After"]))
    assert ask(server, "/text").status == 200


def test_retry_after_can_be_a_date(server):
    """Retry-After as a date is an HTTP date in the future."""
    server.configure(rate_limit=1, retry_after=7, retry_after_form="date")
    ask(server, "/text")
    refusal = ask(server, "/text")
    when, now = (parsedate_to_datetime(refusal.headers[name]) for name in ("Retry-After", "Date"))
    assert refusal.headers["Retry-After"].endswith(" GMT")
    assert 7 <= (when - now).total_seconds() <= 9


def test_retry_after_of_failures_is_optional(server):
    """A failure has a Retry-After header only if the condition `retry_after` is set."""
    assert ask(server, "/items/1?failure_rate=1").headers["Retry-After"] is None
    assert ask(server, "/items/1?failure_rate=1&retry_after=2.5").headers["Retry-After"] == "3"
    assert ask(server, "/status/503?retry_after=4").headers["Retry-After"] == "4"
    assert ask(server, "/status/500?retry_after=4").headers["Retry-After"] is None


@given(st.floats(0, 3600))
def test_retry_after_rounds_up(wait):
    """Retry-After in seconds is the wait, rounded up to whole seconds."""
    seconds = int(retry_after(Conditions(), 429, wait)["Retry-After"])
    assert wait <= seconds <= wait + 1


@given(st.integers(1, 100), st.floats(0, 1e6), st.integers(0, 5))
def test_the_exact_rate_is_admitted(limit, start, turns):
    """A client that sends at the limit's own rate is never refused, whatever the rounding of its times."""
    limiter, next_turn = RateLimit(), start
    for now in range(limit + turns):
        assert limiter.admit(limit, next_turn) == 0, now
        next_turn += 1 / limit


@given(st.integers(1, 5), st.lists(st.floats(0, 10), max_size=60))
def test_rate_limit_holds_in_every_second(limit, times):
    """No window of one second admits more than the limit, and a client that waits is admitted."""
    limiter, admitted = RateLimit(), []
    for now in sorted(times):
        wait = limiter.admit(limit, now)
        if wait == 0:
            admitted.append(now)
        else:
            assert 0 < wait <= 1 + 1e-9
            assert sum(now + wait < time + 1 - 1e-9 for time in admitted) < limit
    window = 1 - ROUNDING - 1e-9
    assert all(sum(start <= time < start + window for time in admitted) <= limit for start in admitted)


class Slots:
    """A Capacity, with the tasks that wait for a slot and those that hold one."""

    def __init__(self, capacity):
        self.normal = capacity
        self.capacity = Capacity()
        self.capacity.conditions = Conditions(capacity=capacity)
        self.waiting, self.holding = [], []

    def step(self, name):
        """Do one step of a request, or change the capacity."""
        if name == "acquire":
            self.waiting.append(asyncio.create_task(self.capacity.acquire()))
        elif name == "release" and self.holding:
            self.holding.pop()
            self.capacity.release()
        elif name == "cancel" and self.waiting:
            self.waiting[0].cancel()
        elif name in ("more", "less"):
            self.capacity.conditions = Conditions(capacity=self.normal + (name == "more"))
            self.capacity.admit_waiting()

    async def settle(self):
        """Let the tasks run, and sort them."""
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.holding += [task for task in self.waiting if task.done() and not task.cancelled()]
        self.waiting = [task for task in self.waiting if not task.done()]


@given(st.integers(1, 4), st.lists(st.sampled_from(["acquire", "release", "cancel", "more", "less"]), max_size=60))
def test_capacity_never_loses_a_slot(capacity, steps):
    """Whatever requests come, end or are cancelled, every slot is in use while requests wait, and all get one."""

    async def work():
        slots = Slots(capacity)
        for step in steps:
            slots.step(step)
            await slots.settle()
            assert not slots.waiting or len(slots.holding) >= slots.capacity.conditions.capacity
            assert len(slots.holding) <= capacity + 1
        for _ in range(len(slots.holding) + len(slots.waiting)):
            slots.step("release")
            await slots.settle()
        assert not slots.waiting
        assert not slots.holding

    asyncio.run(work())


def test_cancelled_request_frees_the_queue():
    """A cancelled request frees its place in the queue."""

    async def work():
        slots = Capacity()
        slots.conditions = Conditions(capacity=1, backlog=1)
        await slots.acquire()
        second = asyncio.create_task(slots.acquire())
        await asyncio.sleep(0)
        assert slots.is_full()
        second.cancel()
        await asyncio.wait([second])
        assert not slots.is_full()

    asyncio.run(work())


def test_cancelled_request_passes_its_slot_on():
    """A request that is cancelled just as it gets a slot passes the slot on."""

    async def work():
        slots = Capacity()
        slots.conditions = Conditions(capacity=1)
        await slots.acquire()
        second, third = asyncio.create_task(slots.acquire()), asyncio.create_task(slots.acquire())
        await asyncio.sleep(0)
        slots.release()
        second.cancel()
        async with asyncio.timeout(5):
            assert await third

    asyncio.run(work())
