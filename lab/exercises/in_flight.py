"""What the exercises of lesson 03 expect of the requests in flight."""

from __future__ import annotations

from ..checking.expectations import expect_in_flight
from ..checking.symptoms import NotYet, sentences
from ..runs.outcome import Outcome, outcome, over_for_client
from ..runs.run import Run

PROMPT = 0.005  # seconds; a request that starts within them starts at once

_NO_LIMIT = (
    "Does each request hold a slot of one shared semaphore until its response is read? Or are there too many workers?"
)


def expect_all_together(run: Run) -> None:
    """Expect that all requests start at once."""
    together = "Start them all together."
    expect_in_flight(run, run.hits, together)
    if (late := run.exchanges[-1].arrived - run.exchanges[0].arrived) > PROMPT:
        raise NotYet(f"The last request started {late:.2f} s after the first. {together}")


def expect_slots_in_use(run: Run, slots: int) -> None:
    """Expect that no more than `slots` requests are in flight, and that no slot is idle while paths are left."""
    peak, most = run.peak_in_flight, min(slots, run.hits)
    if peak > most:
        allowed = f"The server had {peak} requests in flight; at most {slots} were allowed"
        at_once = sum(exchange.arrived <= PROMPT for exchange in run.exchanges)
        raise NotYet(sentences(allowed, "" if most < at_once < run.hits else _NO_LIMIT))
    if peak < most:
        raise NotYet(f"The server had at most {peak} in flight; expected {most}.")
    free = [0.0] * slots + sorted(over_for_client(exchange, run.now) for exchange in run.exchanges)
    for at, (exchange, since) in enumerate(zip(run.exchanges, free, strict=False)):
        if (idle := exchange.arrived - since) > PROMPT:
            why = f"Start the first {most} requests at once." if at < slots else _why_idle(run, slots, since)
            raise NotYet(f"A slot was idle for {idle:.2f} s while paths were left. {why}")


def _why_idle(run: Run, slots: int, since: float) -> str:
    """Ask what may have kept a slot idle: failures, if as many requests failed just then as slots were idle."""
    until = since + PROMPT
    over = [(over_for_client(exchange, run.now), exchange) for exchange in run.exchanges]
    idle = slots - sum(exchange.arrived <= until < end for end, exchange in over)
    failed = sum(abs(end - since) <= PROMPT and outcome(exchange) is Outcome.FAILED for end, exchange in over)
    if failed >= idle:
        why = "It was idle after a request that failed. Does a failure end a worker, or keep its slot?"
    else:
        why = "Does the next request wait for a whole batch, the oldest request, a lock or a pause?"
    return f"{why} Or were the paths shared out beforehand?"
