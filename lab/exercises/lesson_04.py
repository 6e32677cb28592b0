"""The exercises of lesson 04: retry and backoff."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import zip_longest
from math import inf
from statistics import median
from typing import Any

import aiohttp

from ..checking.lateness import lateness
from ..checking.limit import Endless
from ..checking.symptoms import NotYet
from ..checking.trial import Trial
from . import exercise
from .symptoms import expect_document, expect_requests, kind
from .tries import Dice, call_instead, caught, expect_tries, in_turn, together, waits
from .witnesses import seconds_before_the_date

HOPELESS = (404, 400, 401, 403, 422, 405, 409, 410, 501, 505)  # of 04.1: such an answer does not heal
OK = {"status": 200, "title": "OK"}
SLACK = 0.02  # seconds by which two clocks may differ
LATE = 0.6  # seconds that a busy machine may add to a wait; twice the longest wait of 04.1 is later still
CLIENTS = 30
PATIENCE = 5.0  # seconds
SOON = 2.0  # seconds: who gives up at once has given up by then
LATER = 8.0  # seconds: who waits between three tries as one likes has given up by then


@exercise("04.1")
async def retry_loop(trial: Trial) -> None:
    """What heals, what does not, how many tries, and how long between them."""
    broken = "/items/7?fault=truncate&fault_rate=0.5&seed=1"  # the first try's body breaks off, the second's does not
    healing = {"/status/503,500,429,502,200": 5, "/status/408,504,200": 3, "/status/425,503,200": 3}  # and their tries
    runs, waited, blocked = [], [], []
    async with aiohttp.ClientSession(trial.server.url) as session:
        for path, hits in healing.items():
            async with lateness() as late:
                await _heals(trial, session, path, hits, OK)
            runs.append(trial.run)
            waited.append(waits(trial.run, path))
            blocked.append(late.worst / (0.1 * 2 ** (hits - 2)))  # as a share of its longest wait
        trial.run = runs[0]
        if min(blocked) > 0.9:
            raise NotYet("The event loop stood still while it waited. Wait with `await asyncio.sleep(...)`.")
        # A busy machine makes a wait longer and never shorter: the shortest is nearest to what was written.
        _expect_doubling([min(same) for same in zip_longest(*waited, fillvalue=inf)])
        for status in HOPELESS:
            await _fails(trial, (session, f"/status/{status}", 3), status, hits=1, why="such an answer does not heal")
        await _fails(trial, (session, "/status/503", 3), 503, hits=3, why="it had 3 tries")
        async with session.get("/items/7") as response:
            item = await response.json()
        await _heals(trial, session, broken, 2, item)
        await _tries_again_when_dropped(trial, session)
        await _tries_again_when_timed_out(trial)
        if min([await _seconds_of_one_try(trial, session) for _ in range(9)]) > 0.08:
            raise NotYet("It slept after its last try, when there was nothing left to wait for. Raise at once.")
    trial.run = runs[0]


@exercise("04.2")
async def full_jitter(trial: Trial) -> None:
    """Thirty clients fail together, three times; each draws its waits from a generator of its own."""
    base, cap = 0.3, 0.9
    ceilings = [base, 2 * base, cap]
    paths = [f"/status/503,503,503,200?client={number}" for number in range(CLIENTS)]
    dice = [Dice(number) for number in range(CLIENTS)]
    async with aiohttp.ClientSession(trial.server.url) as session:
        calls = [(session, path, base, cap, rng) for path, rng in zip(paths, dice, strict=True)]
        results = await call_instead(trial, together(trial.answer, calls))
    main = trial.run
    expect_requests(trial.run, paths * 4)
    _expect_draws(dice[0].ranges, ceilings)
    late, of_each = [], [waits(trial.run, path) for path in paths]
    for waited, rng in zip(of_each, dice, strict=True):
        if any(wait < drawn - SLACK for wait, drawn in zip(waited, rng.drawn, strict=False)):
            raise NotYet("A client came back before the time that it had drawn. Wait as long as `rng.uniform` says.")
        late.append(sum(waited) - sum(rng.drawn))
    # Of thirty, one has drawn next to nothing.
    whole = all(min(same) > 0.9 * ceiling for same, ceiling in zip(zip(*of_each, strict=True), ceilings, strict=True))
    if whole or median(late) > sum(ceilings) / 2:
        raise NotYet("The clients waited longer than they had drawn. What is drawn is the whole wait, and no extra.")
    for result in results:
        expect_document(result, OK)
    async with aiohttp.ClientSession(trial.server.url) as session:
        call = (session, "/status/503", 0.02, 0.02)
        await _fails(trial, (*call, Dice(0)), 503, hits=5, why="it tries up to five times")
        result = await call_instead(trial, caught(trial.answer, within=SOON), *call, Dice(0, then=LATER))
    if isinstance(result, Endless) and trial.run.hits == 5:
        raise NotYet("It waited after its fifth try, when there was nothing left to wait for. Raise at once.")
    trial.run = main


@exercise("04.3", limit=8.0)
async def retry_after(trial: Trial) -> None:
    """Retry-After as seconds, as a date, not at all, and longer than the client's patience."""
    forms = {
        "": "/status/503,200",
        "1": "/status/429,200?retry_after=1",
        "a date": "/status/503,200?retry_after=1&retry_after_form=date",
    }
    paths = list(forms.values())
    async with aiohttp.ClientSession(trial.server.url) as session:
        results = await call_instead(trial, together(trial.answer, [(session, path, PATIENCE) for path in paths]))
        main = trial.run
        expect_requests(trial.run, paths * 2)
        for form, path in forms.items():
            if form and waits(trial.run, path)[0] < 1 - SLACK:
                raise NotYet(f"The server said Retry-After: {form}, and was asked again before that.")
        without = waits(trial.run, paths[0])
        for result in results:
            expect_document(result, OK)
        for _ in range(3):
            call = (session, "/status/503", PATIENCE)
            await _fails(trial, call, 503, hits=3, why="it tries three times at most", within=PATIENCE)
            without += waits(trial.run, "/status/503")
        if not 0.1 - SLACK <= (wait := min(without)) < 0.1 + LATE:
            raise NotYet(f"The server sent no Retry-After, and was asked again after {wait:.2f} s; expected 0.1 s.")
        for path in ("/status/503?retry_after=60", "/status/503?retry_after=60&retry_after_form=date"):
            await _gives_up(trial, session, path)
    await _expect_all_of_the_wait_for_a_date(trial, forms["a date"])
    trial.run = main


# The fault breaks the answers to the POSTs 1 and 3, not those to 2 and 4.
@exercise("04.4", limit=10.0, fault="empty", fault_rate=0.5, seed=89)
async def post_once(trial: Trial) -> None:
    """Two orders of the same item, and each loses its first answer after the work is done."""
    item = {"name": "a lamp", "price": 20}
    async with aiohttp.ClientSession(trial.server.url) as session:
        before = await _count(session)
        try:
            results = await call_instead(trial, in_turn(trial.answer, [(session, item)] * 2))
        except NotYet as symptom:
            lost = symptom.__cause__
            if isinstance(lost, aiohttp.ClientConnectionError) and trial.run.hits == 1:
                raise NotYet(f"{symptom}. The first answer to each call is lost. Did it try again?") from lost
            raise
        expect_requests(trial.run, ["/items"] * 4)
        created, main = await _count(session) - before, trial.run
    if created == 1:
        raise NotYet("Two calls left one item. Each call is an order of its own, and needs a key of its own.")
    if created != 2:
        raise NotYet(
            f"Two calls left {created} items in the store: a try whose answer is lost has done its work. "
            "Send the same Idempotency-Key with every try of a call."
        )
    for result, number in zip(results, (before + 1, before + 2), strict=True):
        expect_document(result, {"id": number, **item})
    async with aiohttp.ClientSession(trial.server.url) as session:
        with trial.server.configured(fault="reset", fault_rate=1.0):  # lost in another way than before
            lost = await call_instead(trial, caught(trial.answer, within=LATER), session, item)
    if isinstance(lost, Endless) and trial.run.hits <= 3:
        raise NotYet(f"Each answer was lost, and it {_did(lost)}.")
    expect_tries(trial.run, "/items", 3, "each answer was lost, and it tries up to three times")
    if not isinstance(lost, aiohttp.ClientConnectionError):
        raise NotYet(f"Three answers were lost, and it {_did(lost)}. Raise the ClientConnectionError of the last try.")
    await _expect_refusal_raised_at_once(trial, item)
    trial.run = main


async def _expect_refusal_raised_at_once(trial: Trial, item: Any) -> None:
    async with aiohttp.ClientSession(trial.server.url) as session:
        with trial.server.configured(fault=None, failure_rate=1.0, failure_statuses=[422]):
            refused = await call_instead(trial, caught(trial.answer, within=LATER), session, item)
    expect_tries(trial.run, "/items", 1, "it refused the item with 422, and that does not heal")
    if not isinstance(refused, aiohttp.ClientResponseError):
        raise NotYet(f"The server refused the item with 422, and it {_did(refused)}. Raise its ClientResponseError.")


async def _heals(trial: Trial, session: aiohttp.ClientSession, path: str, hits: int, wanted: Any) -> None:
    result = await call_instead(trial, caught(trial.answer), session, path, 5)
    expect_tries(trial.run, path, hits, f"try {hits} is answered")
    if isinstance(result, Exception):
        raise NotYet(f"It raised {type(result).__name__}, though try {hits} was answered.")
    expect_document(result, wanted)


async def _fails(trial: Trial, call: tuple[Any, ...], status: int, hits: int, why: str, within: float = SOON) -> None:
    result = await call_instead(trial, caught(trial.answer, within=within), *call)
    if isinstance(result, Endless) and trial.run.hits <= hits:
        raise NotYet(f"Each answer was {status}, and it {_did(result)}.")
    expect_tries(trial.run, call[1], hits, why)
    if not isinstance(result, aiohttp.ClientResponseError) or result.status != status:
        raise NotYet(
            f"The last answer was {status}, and it {_did(result)}. Raise the ClientResponseError of that answer."
        )


async def _tries_again_when_dropped(trial: Trial, session: aiohttp.ClientSession) -> None:
    """Expect three tries; aiohttp itself may repeat one of them on a connection that had been used before."""
    result = await call_instead(trial, caught(trial.answer), session, "/fault/empty", 3)
    if trial.run.hits < 3:
        raise NotYet("The server dropped the connection, and it did not try again. That may heal: it had 3 tries.")
    if not isinstance(result, aiohttp.ClientConnectionError):
        raise NotYet(f"The last connection was dropped, and it {_did(result)}. Raise that ClientConnectionError.")


async def _tries_again_when_timed_out(trial: Trial) -> None:
    """Expect two tries of a session whose time is always up when the head of the answer is there."""

    late = 0

    async def too_late(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        nonlocal late
        late += 1
        (await send(request)).close()
        raise TimeoutError

    async with aiohttp.ClientSession(trial.server.url, middlewares=[too_late]) as session:
        result = await call_instead(trial, caught(trial.answer), session, "/status/200", 2)
    if not late:  # it has a session or middlewares of its own
        return
    if trial.run.hits < 2:
        raise NotYet("It met a TimeoutError, and it did not try again. That may heal: it had 2 tries.")
    expect_tries(trial.run, "/status/200", 2, "it met a TimeoutError each time, and had 2 tries")
    if not isinstance(result, TimeoutError):
        raise NotYet(f"The last try met a TimeoutError, and it {_did(result)}. Raise that TimeoutError.")


def _did(result: Any) -> str:
    if isinstance(result, Endless):
        return f"had not ended after {result.seconds:g} s"
    if isinstance(result, Exception):
        return f"raised {type(result).__name__}"
    return f"returned {result}" if result is None or isinstance(result, int | float) else f"returned {kind(result)}"


async def _gives_up(trial: Trial, session: aiohttp.ClientSession, path: str) -> None:
    result = await call_instead(trial, caught(trial.answer, within=SOON), session, path, PATIENCE)
    if trial.run.hits > 1 or isinstance(result, Endless):
        did = "waited" if trial.run.hits == 1 else "asked again before that"
        raise NotYet(f"The server said: not before 60 s. That is past its patience of {PATIENCE:g} s, and it {did}.")
    if not isinstance(result, aiohttp.ClientResponseError):
        raise NotYet(f"It gave up and {_did(result)}. Raise the ClientResponseError of the answer.")


async def _expect_all_of_the_wait_for_a_date(trial: Trial, path: str) -> None:
    early = list[float]()
    async with aiohttp.ClientSession(trial.server.url, trace_configs=[seconds_before_the_date(early)]) as session:
        await asyncio.sleep(-time.time() % 1 + 0.01)  # a second has just begun: the date will be nearly two off
        await call_instead(trial, trial.answer, session, path, PATIENCE)
    if early and early[0] > SLACK:
        before = f"The server said Retry-After: a date, and was asked again {early[0]:.1f} s before that."
        raise NotYet(f"{before} Is the wait a whole number?")


async def _seconds_of_one_try(trial: Trial, session: aiohttp.ClientSession) -> float:
    clock = asyncio.get_running_loop().time
    start = clock()
    await call_instead(trial, caught(trial.answer), session, "/status/503", 1)
    return clock() - start


async def _count(session: aiohttp.ClientSession) -> int:
    async with session.get("/items?per_page=1&fault=null") as response:
        return int(response.headers["X-Total-Count"])


def _expect_doubling(seconds: Sequence[float]) -> None:
    for number, (wait, wanted) in enumerate(zip(seconds, (0.1, 0.2, 0.4, 0.8), strict=True), start=1):
        if not wanted - SLACK <= wait < wanted + LATE:
            raise NotYet(f"Try {number + 1} came {wait:.2f} s after try {number} failed; expected {wanted:g} s.")


def _expect_draws(ranges: Sequence[tuple[float, float]], ceilings: Sequence[float]) -> None:
    if not ranges:
        raise NotYet("`rng.uniform` was never called: draw each wait with it.")
    if len(ranges) != len(ceilings):
        raise NotYet(f"After {len(ceilings)} failures it had drawn {len(ranges)} times. Draw once for each wait.")
    for number, ((low, high), ceiling) in enumerate(zip(ranges, ceilings, strict=True), start=1):
        if (round(low, 6), round(high, 6)) != (0, round(ceiling, 6)):
            drew = f"from {low:g} to {high:g}"
            raise NotYet(f"After failure {number} it drew a wait {drew} s; full jitter draws from 0 to {ceiling:g} s.")
